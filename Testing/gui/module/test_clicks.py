"""Correcting by a click: real mouse events in real views, a scripted answer, one undo for mask and click."""

from functools import partial

import numpy as np
import pytest

from Testing.support.clicking import beside, center, click, point_at, requests, tumor, view_at, volume
from Testing.support.scripted_worker import truth
from Testing.support.view_pixels import pixels
from VSSegmentationLib.models import default_refiner


@pytest.mark.parametrize(("name", "across"), [("Red", 2), ("Yellow", 0), ("Green", 1)])
def test_a_click_in_any_view_means_the_place_under_it_and_one_undo_takes_back_mask_and_click(
    armed, hands, worker, name, across
):
    before, was = volume(armed), tumor(armed)
    place = center(truth(1)) + np.where(np.arange(3) == across, 0.0, 6.0)
    click(hands, view_at(name, place), place)
    hands.wait(lambda: volume(armed) != before)
    (request,) = requests(worker)
    (said,) = request["interactions"]
    assert said["sign"] == "add"
    assert np.subtract(said["points_ras_mm"], [place]) == pytest.approx(np.zeros((1, 3)), abs=0.6)
    examination = armed.session.examination
    assert (tumor(armed) & ~was).any()
    assert (tumor(armed) >= was).all()
    assert len(examination.corrections) == 1
    edit = examination.log.edits[-1]
    assert edit.tool.startswith("add here (R ")
    assert edit.voxels_added == int((tumor(armed) & ~was).sum())
    armed.editPanel.editor.undo()
    hands.wait(lambda: volume(armed) == before)
    np.testing.assert_array_equal(tumor(armed), was)
    assert examination.corrections == ()
    armed.editPanel.editor.redo()
    hands.wait(lambda: len(examination.corrections) == 1)


def test_a_drag_is_one_scribble_in_its_slice_and_remove_removes(armed, hands, worker):
    hands.click(armed.editPanel.ui.removeHereButton)
    assert not armed.editPanel.ui.addHereButton.checked
    middle, before = center(truth(1)), volume(armed)
    hands.drag(view_at("Red", middle), middle, beside(5.0, 0.0, 0.0))
    hands.wait(lambda: volume(armed) < before)
    ((said,),) = [each["interactions"] for each in requests(worker)]
    points = np.array(said["points_ras_mm"])
    assert said["sign"] == "remove"
    assert len(points) > 3
    assert np.ptp(points[:, 2]) < 1e-6
    assert np.ptp(points[:, 0]) == pytest.approx(5.0, abs=0.6)


def test_two_quick_clicks_are_two_clicks_and_no_view_is_maximized(armed, hands, worker):
    import slicer

    layout, before = slicer.app.layoutManager().layout, volume(armed)
    place = beside(0.0, 6.0, 0.0)
    view = view_at("Red", place)
    heard = []
    view.interactor().AddObserver("LeftButtonDoubleClickEvent", lambda *_: heard.append("double"), 0.5)
    click(hands, view, place, twice=True)
    hands.wait(lambda: volume(armed) != before and not armed.editPanel.corrections.pending)
    assert sum(len(each["interactions"]) for each in requests(worker)) == 2
    assert heard == []
    assert slicer.app.layoutManager().layout == layout
    hands.click(armed.editPanel.ui.addHereButton)  # no longer armed: Slicer has its double click again
    click(hands, view, place, twice=True)
    assert heard == ["double"]


def test_with_a_key_held_or_another_button_the_views_do_what_they_always_do(armed, hands, worker):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    place = beside(0.0, 6.0, 0.0)
    view = view_at("Red", place)
    heard = []
    for event in ("LeftButtonPressEvent", "RightButtonPressEvent"):
        view.interactor().AddObserver(event, lambda _caller, event: heard.append(event), 0.5)
    click(hands, view, place, modifier=Qt.KeyboardModifier.ShiftModifier)
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=point_at(view, place))
    hands.process()
    assert heard == ["LeftButtonPressEvent", "RightButtonPressEvent"]
    assert requests(worker) == []
    click(hands, view, place)
    assert heard == ["LeftButtonPressEvent", "RightButtonPressEvent"]
    assert len(requests(worker)) == 1
    hands.wait(lambda: not armed.editPanel.corrections.pending)


def test_keys_choose_the_sign_only_while_clicks_are_taken_and_a_view_has_the_keyboard(armed, hands):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    view = view_at("Red", center(truth(1)))
    view.setFocus()
    hands.process()
    QTest.keyClick(view, Qt.Key.Key_X)
    hands.process()
    assert armed.editPanel.ui.removeHereButton.checked
    QTest.keyClick(view, Qt.Key.Key_A)
    hands.process()
    assert armed.editPanel.ui.addHereButton.checked
    QTest.keyClick(view, Qt.Key.Key_Escape)
    hands.process()
    assert not armed.editPanel.clicks.views.isArmed
    assert not armed.editPanel.ui.addHereButton.checked
    QTest.keyClick(view, Qt.Key.Key_A)
    hands.process()
    assert not armed.editPanel.clicks.views.isArmed


def test_the_sign_goes_with_the_cursor_and_is_gone_when_nothing_is_armed(armed, hands):
    from PySide6.QtCore import QPoint
    from PySide6.QtTest import QTest

    middle = center(truth(1))
    view = view_at("Red", middle)
    place = point_at(view, middle)
    hands.click(armed.editPanel.ui.addHereButton)
    QTest.mouseMove(view, place)
    hands.process()
    plain = pixels(view)
    hands.click(armed.editPanel.ui.addHereButton)
    QTest.mouseMove(view, place + QPoint(1, 0))
    hands.process()
    drawn = np.argwhere(np.abs(pixels(view) - plain).sum(axis=2) > 60)
    assert len(drawn) > 20
    at = np.array([view.height - 1 - place.y(), place.x()])
    assert np.abs(drawn - at).max() < 60
    hands.click(armed.editPanel.ui.addHereButton)
    assert (np.abs(pixels(view) - plain).sum(axis=2) > 60).sum() == 0


@pytest.fixture
def one_view(slicer_host):
    """The layout with the red slice alone, until the test is over."""
    import slicer

    manager = slicer.app.layoutManager()
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    yield
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)


@pytest.mark.usefixtures("one_view")
def test_another_effect_another_layout_and_leaving_the_module(armed, hands, worker, slicer_host):
    hands.process()
    place, before = beside(0.0, 6.0, 0.0), volume(armed)
    click(hands, view_at("Red", place), place)
    hands.wait(lambda: volume(armed) != before)
    armed.editPanel.editor.setActiveEffectByName("Paint")
    hands.process()
    assert not armed.editPanel.clicks.views.isArmed
    hands.click(armed.editPanel.ui.addHereButton)
    slicer_host.window.moduleSelector().selectModule("")
    assert not armed.editPanel.clicks.views.isArmed
    assert armed.editPanel.clicks.flash.node is None


def on_screen(view, ras):
    """Where a place of the world is in a 3D view."""
    from PySide6.QtCore import QPoint

    renderer = view.renderWindow().GetRenderers().GetFirstRenderer()
    renderer.SetWorldPoint(*ras, 1.0)
    renderer.WorldToDisplay()
    x, y, _ = renderer.GetDisplayPoint()
    return QPoint(round(x), view.height - 1 - round(y))


def test_a_click_on_the_surface_removes_there_and_a_drag_rotates(armed, hands, worker):
    import slicer
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    hands.click(armed.editPanel.ui.removeHereButton)
    view = slicer.app.layoutManager().threeDWidget(0).threeDView()
    view.resetFocalPoint()
    view.forceRender()
    place, before = on_screen(view, center(truth(1))), volume(armed)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=place)
    for step in range(1, 6):
        QTest.mouseMove(view, place + QPoint(4 * step, 0))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place + QPoint(20, 0))
    hands.process()
    assert requests(worker) == []
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=on_screen(view, center(truth(1))))
    hands.wait(lambda: volume(armed) < before)
    ((said,),) = [each["interactions"] for each in requests(worker)]
    (point,) = said["points_ras_mm"]
    labelmap = truth(1)
    surface = np.argwhere(labelmap.array > 0) @ labelmap.dhw_to_ras[:3, :3].T + labelmap.dhw_to_ras[:3, 3]
    assert np.linalg.norm(surface - point, axis=1).min() < 2.0


def test_what_changed_flashes_and_is_never_saved_and_painted_voxels_and_clicks_go_along(armed, hands, worker):
    import slicer

    from VSSegmentationLib.scene import write_labelmap

    labelmap = armed.session.examination.labelmap
    array = labelmap.array.copy()
    painted = tuple(np.argwhere(array > 0)[0])
    array[painted] = 0
    armed.editPanel.editor.saveStateForUndo()
    write_labelmap(armed.session.examination.segmentationNode, labelmap.with_array(array))
    hands.wait(lambda: not armed.session.live.isOutdated)
    array[painted] = labelmap.array[painted]
    write_labelmap(armed.session.examination.segmentationNode, labelmap.with_array(array))
    hands.wait(lambda: not armed.session.live.isOutdated)
    place, before = beside(0.0, 6.0, 0.0), volume(armed)
    view = view_at("Red", place)
    flash = armed.editPanel.clicks.flash
    flash._timer.setInterval(3_600_000)  # however slow this machine is, it is seen
    click(hands, view, place)
    hands.wait(lambda: volume(armed) != before)
    node = flash.node
    assert node is not None
    assert not node.GetSaveWithScene()
    assert armed.session.examination.segmentationNode is not node
    assert "painted" in requests(worker)[0]
    flash._timer.start(1)
    hands.wait(lambda: flash.node is None)
    assert node not in slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    click(hands, view, beside(0.0, -6.0, 0.0))
    hands.wait(lambda: len(requests(worker)) == 2)
    assert requests(worker)[1]["earlier"] == requests(worker)[0]["interactions"]


def test_a_missed_tumor_is_started_by_a_click(refiner, widget, hands, worker, load_sample):
    worker.labelmap = truth(1).with_array(np.zeros(truth(1).shape, np.uint8))
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    ui = widget.editPanel.ui
    assert ui.addHereButton.text == "There is a tumor here"
    assert not ui.removeHereButton.enabled
    hands.click(ui.addHereButton)
    place = center(truth(1))
    click(hands, view_at("Red", place), place)
    hands.wait(lambda: tumor(widget).any())
    assert volume(widget) == pytest.approx(4 / 3 * np.pi * 0.3**3, rel=0.15)
    assert ui.addHereButton.text == "Add here"
    assert ui.removeHereButton.enabled


def test_the_report_says_with_how_many_interactions(armed, hands):
    from VSSegmentationPanels.ReportContents import reportContent

    place, before = beside(0.0, 6.0, 0.0), volume(armed)
    click(hands, view_at("Red", place), place)
    hands.wait(lambda: volume(armed) != before)
    told = reportContent(armed.session).provenance.corrections
    assert told.sentence.startswith("Corrected with 1 interaction (1 to add, 0 to remove)")
    assert told.volume_before_cm3 < told.volume_after_cm3


def test_without_a_model_the_buttons_say_what_is_missing(segmented, tmp_path, monkeypatch):
    from VSSegmentationPanels import ClickControls

    monkeypatch.setattr(
        ClickControls, "default_refiner", partial(default_refiner, folder=tmp_path / "nothing embedded")
    )
    segmented.editPanel.update()
    for button in (segmented.editPanel.ui.addHereButton, segmented.editPanel.ui.removeHereButton):
        assert not button.enabled
        assert "needs a model of the role refiner" in button.toolTip

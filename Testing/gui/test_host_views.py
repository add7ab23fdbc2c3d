"""The views of the host are Slicer's own: they draw the scene, and the mouse reaches the real interactor styles."""

import numpy as np
import pytest

from Testing.gui.test_host_module import EXAMPLE, add_volume
from Testing.support.view_pixels import second_of_two_clicks


@pytest.fixture
def qt(slicer_host):
    import qt

    return qt


@pytest.fixture
def shown(slicer_host):
    """A volume with a segmented box, shown in all views."""
    import slicer

    volume = add_volume("scan")
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Tumor")
    segmentation.CreateDefaultDisplayNodes()
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segment = segmentation.GetSegmentation().AddEmptySegment("tumor", "Tumor", [1.0, 0.0, 0.0])
    mask = slicer.util.arrayFromVolume(volume) > 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask.astype(np.uint8), segmentation, segment, volume)
    segmentation.CreateClosedSurfaceRepresentation()
    slicer.util.setSliceViewerLayers(background=volume)
    slicer_host.process_events()
    slicer.util.resetSliceViews()
    slicer.modules.markups.logic().JumpSlicesToLocation(2.8, 2.7, -8.0, True)  # the middle of the box
    slicer_host.process_events()
    slicer.util.resetThreeDViews()
    return volume


def pixels(widget) -> np.ndarray:
    """Return what a widget shows, (height, width, 3), 0 to 255."""
    image = widget.grab().toImage().convertToFormat(widget.grab().toImage().Format.Format_RGBX8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), :3].astype(int)


def redness(picture: np.ndarray) -> int:
    """Count the pixels that are clearly red."""
    return int(((picture[..., 0] > 120) & (picture[..., 0] - picture[..., 1] > 50)).sum())


def test_four_views_stand_with_slicers_names_and_orientations(slicer_host):
    import slicer

    manager = slicer.app.layoutManager()
    assert set(manager.sliceViewNames()) == {"Red", "Yellow", "Green"}
    assert manager.threeDViewCount == 1
    nodes = {name: manager.sliceWidget(name).mrmlSliceNode() for name in manager.sliceViewNames()}
    assert {name: node.GetOrientation() for name, node in nodes.items()} == {
        "Red": "Axial",
        "Yellow": "Sagittal",
        "Green": "Coronal",
    }


@pytest.mark.parametrize("name", ["Red", "Yellow", "Green"])
def test_a_segment_is_drawn_in_every_slice_view(shown, slicer_host, name):
    import slicer

    view = slicer.app.layoutManager().sliceWidget(name).sliceView()
    view.forceRender()
    assert redness(pixels(view)) > 200


def test_a_segment_is_drawn_in_3d(shown, slicer_host):
    import slicer

    view = slicer.app.layoutManager().threeDWidget(0).threeDView()
    view.forceRender()
    assert redness(pixels(view)) > 50


def test_the_wheel_moves_the_slice(shown, slicer_host, qt):
    import slicer

    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    logic = slicer.app.layoutManager().sliceWidget("Red").sliceLogic()
    before = logic.GetSliceOffset()
    middle = qt.QPointF(view.width / 2, view.height / 2)
    event = qt.QWheelEvent(
        middle,
        view.mapToGlobal(middle),
        qt.QPoint(0, 0),
        qt.QPoint(0, 120),
        qt.Qt.NoButton,
        qt.Qt.NoModifier,
        qt.Qt.NoScrollPhase,
        False,
    )
    slicer.app.sendEvent(view, event)
    assert abs(logic.GetSliceOffset() - before) == pytest.approx(1.5)  # the distance of the slices


def test_a_control_point_follows_the_mouse(shown, slicer_host, qt, qtbot):
    import slicer

    line = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", "diameter")
    line.CreateDefaultDisplayNodes()
    line.AddControlPointWorld(2.8, 2.7, -8.0)
    line.AddControlPointWorld(12.8, 2.7, -8.0)
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    view.forceRender()
    slicer_host.process_events()

    def place(ras):
        x, y, _ = view.convertRASToXYZ(ras)
        return qt.QPoint(round(x), view.height - 1 - round(y))

    start, end = place((12.8, 2.7, -8.0)), place((12.8, 12.7, -8.0))
    qtbot.mouseMove(view, start)
    qtbot.mousePress(view, qt.Qt.LeftButton, pos=start)
    for step in range(1, 11):
        qtbot.mouseMove(view, start + (end - start) * step / 10)
    qtbot.mouseRelease(view, qt.Qt.LeftButton, pos=end)
    moved = np.array(line.GetNthControlPointPositionWorld(1))
    assert moved == pytest.approx((12.8, 12.7, -8.0), abs=0.5)
    assert line.GetLineLengthWorld() == pytest.approx(np.hypot(10, 10), abs=0.7)


def test_double_clicks_and_keys_reach_vtk(shown, slicer_host, qt, qtbot):
    import slicer

    view, heard = slicer.app.layoutManager().sliceWidget("Red").sliceView(), []
    for event in ("LeftButtonPressEvent", "LeftButtonDoubleClickEvent", "KeyPressEvent", "KeyReleaseEvent"):
        view.interactor().AddObserver(
            event, lambda caller, name: heard.append((name, caller.GetKeySym() if "Key" in name else "")), 0.5
        )
    qtbot.mouseClick(view, qt.Qt.LeftButton, pos=qt.QPoint(20, 20))
    second_of_two_clicks(view, qt.QPoint(20, 20))
    assert heard == [("LeftButtonPressEvent", ""), ("LeftButtonDoubleClickEvent", "")]
    heard.clear()
    qtbot.keyClick(view, qt.Qt.Key_Escape)
    qtbot.keyClick(view, "m")
    names = ["Escape", "Escape", "m", "m"]
    assert [key for _name, key in heard] == names
    assert {name for name, _key in heard} == {"KeyPressEvent", "KeyReleaseEvent"}


def test_points_are_converted_between_world_and_view(shown, slicer_host):
    import slicer

    view = slicer.app.layoutManager().sliceWidget("Yellow").sliceView()
    assert view.convertXYZToRAS(view.convertRASToXYZ((3.0, 5.0, -7.0))) == pytest.approx((3.0, 5.0, -7.0))


def test_another_layout_shows_other_views(slicer_host):
    import slicer

    manager, heard = slicer.app.layoutManager(), []
    manager.connect("layoutChanged(int)", heard.append)
    try:
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
        assert heard == [slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView]
        assert manager.sliceWidget("Red").isVisible()
        assert not manager.sliceWidget("Green").isVisible()
    finally:
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    assert manager.sliceWidget("Green").isVisible()


def test_the_picture_of_the_window_has_the_panel_and_the_drawn_views(shown, module_widget, slicer_host, tmp_path):
    import slicer

    widget = module_widget(EXAMPLE)
    widget._parameterNode.inputVolume = shown
    slicer_host.screenshot(tmp_path / "window.png")
    window = slicer_host.window
    picture = pixels(window)
    assert picture.shape == (window.height, window.width, 3)
    for view in (*(slicer.app.layoutManager().sliceWidget(name) for name in ("Red", "Yellow", "Green")),):
        corner = view.mapTo(window, view.rect.topLeft())
        part = picture[corner.y() : corner.y() + view.height, corner.x() : corner.x() + view.width]
        assert redness(part[20:]) > 200
    button = widget.ui.applyButton
    corner = button.mapTo(window, button.rect.topLeft())
    part = picture[corner.y() : corner.y() + button.height, corner.x() : corner.x() + button.width]
    assert part.std() > 5  # a frame and a text

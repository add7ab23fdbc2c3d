"""Clicks beside everything else that goes on: computing, other layouts, saved scenes, two ears, foreign masks."""

import numpy as np
import pytest

from Testing.support.clicking import beside, center, click, requests, tumor, view_at, volume
from Testing.support.scripted_worker import truth, with_ball
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.scene import add_segmentation, write_labelmap


def report_of(widget):
    from VSSegmentationPanels.ReportContents import reportContent

    return reportContent(widget.session)


def test_clicks_made_while_one_is_computed_are_answered_together(armed, hands, worker):
    view = view_at("Red", center(truth(1)))
    ask = armed.client.do
    held = []
    armed.client.do = held.append  # the worker is at work on the first click for as long as we like
    for place in ((0.0, 6.0, 0.0), (6.0, 0.0, 0.0), (0.0, -6.0, 0.0)):
        click(hands, view, beside(*place))
    assert len(held) == 1
    assert armed.editPanel.corrections.pending == 3
    assert "2 clicks wait" in armed.editPanel.ui.clickLabel.text
    armed.client.do = ask
    ask(held[0])
    hands.wait(lambda: not armed.editPanel.corrections.pending)
    assert [len(each["interactions"]) for each in requests(worker)] == [1, 2]
    assert requests(worker)[1]["earlier"] == requests(worker)[0]["interactions"]
    assert len(armed.session.examination.corrections) == 3


def test_an_answer_to_a_mask_that_was_painted_on_meanwhile_is_dropped_and_asked_again(armed, hands, worker):
    examination = armed.session.examination
    erased = tuple(np.argwhere(truth(1).array == Label.EXTRAMEATAL)[0])
    ask = armed.client.do
    held = []
    armed.client.do = held.append
    click(hands, view_at("Red", center(truth(1))), beside(0.0, 6.0, 0.0))
    array = truth(1).array.copy()
    array[erased] = 0
    write_labelmap(examination.segmentationNode, truth(1).with_array(array))
    hands.wait(lambda: examination.labelmap.array[erased] == 0)
    armed.client.do = ask
    ask(held[0])
    hands.wait(lambda: not armed.editPanel.corrections.pending)
    assert len(requests(worker)) == 2
    assert requests(worker)[0]["interactions"] == requests(worker)[1]["interactions"]
    assert len(examination.corrections) == 1
    assert examination.labelmap.array[erased] == 0  # what was erased meanwhile stays erased


def test_a_layout_that_changes_while_armed_brings_views_that_take_clicks(armed, hands, worker):
    import slicer

    manager = slicer.app.layoutManager()
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpYellowSliceView)
    hands.process()
    assert armed.editPanel.clicks.views.isArmed
    before, place = volume(armed), beside(0.0, 6.0, 0.0)
    click(hands, view_at("Yellow", place), place)
    hands.wait(lambda: volume(armed) != before)
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    hands.process()
    click(hands, view_at("Green", place), beside(0.0, -6.0, 0.0))
    hands.wait(lambda: len(requests(worker)) == 2)


def test_clicks_come_back_with_a_saved_scene_and_the_next_one_obeys_them(armed, hands, worker, tmp_path):
    import slicer

    before, place = volume(armed), beside(0.0, 6.0, 0.0)
    click(hands, view_at("Red", place), place)
    hands.wait(lambda: volume(armed) != before)
    corrections, labels = armed.session.examination.corrections, armed.session.examination.labelmap.array.copy()
    told = report_of(armed).provenance.corrections
    assert told.model.name == "toy-refiner"

    path = tmp_path / "scene.mrb"
    assert slicer.util.saveScene(str(path))
    slicer.mrmlScene.Clear(0)
    assert not armed.editPanel.clicks.views.isArmed
    slicer.util.loadScene(str(path))

    again = armed.session.examination
    assert again.corrections == corrections
    np.testing.assert_array_equal(again.labelmap.array, labels)
    assert report_of(armed).provenance.corrections == told
    armed.editPanel.ui.editSection.collapsed = False
    hands.click(armed.editPanel.ui.addHereButton)
    now = volume(armed)
    click(hands, view_at("Red", place), beside(0.0, -6.0, 0.0))
    hands.wait(lambda: volume(armed) != now)
    assert requests(worker)[-1]["earlier"] == requests(worker)[0]["interactions"]


def large_ball(labelmap, said):
    return with_ball(labelmap, said, radius_mm=14.0)


def test_a_second_tumor_in_the_other_ear_is_started_likewise_and_no_side_is_told_that_is_not_its_own(
    armed, hands, worker
):
    side = armed.casePanel.ui.sideBox
    assert side.currentText == "left"
    other = center(truth(1)) * np.array([-1.0, 1.0, 1.0])
    before = volume(armed)
    worker.refine = large_ball  # larger than the one that was found
    click(hands, view_at("Red", other), other)
    hands.wait(lambda: volume(armed) != before)
    told = report_of(armed)
    assert told.side == "right"
    assert told.provenance.side.source == "the tumors of both ears"
    assert told.findings.startswith("The largest tumor that is marked is not the one that the model found")
    assert side.currentText == "not determined"  # nobody has stated it
    armed.editPanel.editor.undo()
    hands.wait(lambda: volume(armed) == before)
    assert side.currentText == "left"
    assert report_of(armed).findings == "A tumor was found on the patient's left side."


def test_a_side_that_a_person_stated_holds_when_a_click_on_the_same_tumor_is_taken_back(armed, hands, worker):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    before, place, side = volume(armed), beside(0.0, 6.0, 0.0), armed.casePanel.ui.sideBox
    click(hands, view_at("Red", place), place)
    hands.wait(lambda: volume(armed) != before)
    hands.show(side)
    side.setFocus()
    QTest.keyClick(side, Qt.Key.Key_Down)
    hands.process()
    assert side.currentText == "right"
    armed.editPanel.editor.undo()
    hands.wait(lambda: volume(armed) == before)
    assert side.currentText == "right"
    assert report_of(armed).side == "right"


def test_a_report_on_a_tumor_that_a_click_has_started_does_not_say_that_there_is_none(
    refiner, widget, hands, worker, load_sample
):
    worker.labelmap = truth(1).with_array(np.zeros(truth(1).shape, np.uint8))
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    hands.click(widget.editPanel.ui.addHereButton)
    place = center(truth(1))
    click(hands, view_at("Red", place), place)
    hands.wait(lambda: tumor(widget).any())
    told = report_of(widget)
    assert told.findings == "The model found no tumor; the one that is marked was drawn by a person."
    assert told.provenance.corrections.volume_before_cm3 == 0
    assert told.provenance.corrections.volume_after_cm3 > 0


def test_a_mask_that_no_model_made_is_corrected_too(refiner, widget, hands, worker, load_sample):
    import slicer

    node = load_sample(1)
    whole = truth(1).with_array(np.where(truth(1).array > 0, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0)))
    add_segmentation(slicer.mrmlScene, whole, node, name="drawn by hand")
    widget.exit()
    widget.enter()
    hands.wait(lambda: widget.session.examination is not None)
    hands.click(widget.editPanel.ui.addHereButton)
    before, was = volume(widget), tumor(widget)
    place = beside(0.0, 6.0, 0.0)
    click(hands, view_at("Red", place), place)
    hands.wait(lambda: volume(widget) != before)
    assert (tumor(widget) & ~was).any()
    assert report_of(widget).provenance.corrections.model.name == "toy-refiner"


def test_smoothing_keeps_the_volume_and_is_one_step_of_undo(segmented, hands):
    examination, ui = segmented.session.examination, segmented.editPanel.ui
    array = truth(1).array.copy()
    spike = np.argwhere(array == Label.EXTRAMEATAL)[-1]
    array[spike[0], spike[1], spike[2] : spike[2] + 8] = Label.EXTRAMEATAL
    write_labelmap(examination.segmentationNode, truth(1).with_array(array))
    hands.wait(lambda: np.array_equal(examination.labelmap.array, array))
    before = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(array)
    hands.click(ui.smoothButton)
    after = tumor(segmented)
    assert after.sum() == pytest.approx(before.sum(), rel=0.01)
    assert not after[spike[0], spike[1], spike[2] + 6]
    assert examination.log.edits[-1].tool == "smooth"
    segmented.editPanel.editor.undo()
    hands.wait(lambda: np.array_equal(tumor(segmented), before))


def test_there_is_nothing_to_smooth_without_a_tumor(widget, hands, worker, load_sample):
    worker.labelmap = truth(1).with_array(np.zeros(truth(1).shape, np.uint8))
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    assert not widget.editPanel.ui.smoothButton.enabled
    assert widget.editPanel.ui.smoothButton.toolTip == "There is no tumor to smooth."

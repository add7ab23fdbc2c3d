"""Correcting by hand: numbers that follow, parts that stay where they were painted, and one step of undo for all."""

import numpy as np
import pytest

from Testing.support.scripted_worker import truth
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.scene import labelmap_of, write_labelmap


def volumes(widget):
    return {m.id: m.value for m in widget.session.numbers.measurements if m.id.startswith("vol_")}


def paint(widget, labelmap, *, tool="paint"):
    """Do to the segments what an effect of the Segment Editor does: keep the state for undo, then write."""
    editor = widget.editPanel.editor
    editor.setActiveEffectByName(tool.capitalize())
    editor.saveStateForUndo()
    write_labelmap(widget.session.examination.segmentationNode, labelmap)


def with_voxels(labelmap, where, label):
    array = labelmap.array.copy()
    array[where] = label
    return labelmap.with_array(array)


@pytest.mark.parametrize(("button", "toward_brain"), [("plusButton", True), ("minusButton", False)])
def test_moving_the_plane_moves_volume_between_the_parts_and_changes_no_whole(segmented, hands, button, toward_brain):
    before = volumes(segmented)
    for _ in range(3):
        hands.click(getattr(segmented.editPanel.ui, button))
    after = volumes(segmented)
    assert after["vol_total"] == pytest.approx(before["vol_total"], rel=1e-12)
    assert (after["vol_im"] > before["vol_im"]) is toward_brain
    assert np.array_equal(
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(segmented.session.examination.labelmap.array),
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(truth(1).array),
    )


def test_a_step_of_the_plane_is_half_a_millimeter_along_its_normal(segmented, hands):
    from VSSegmentationLib.scene import meatal_plane_of

    before = meatal_plane_of(segmented.session.examination.planeNode)
    hands.click(segmented.editPanel.ui.plusButton)
    after = meatal_plane_of(segmented.session.examination.planeNode)
    moved = np.subtract(after.origin_ras_mm, before.origin_ras_mm)
    assert moved == pytest.approx(0.5 * np.array(before.normal_ras), abs=1e-6)


def test_flipping_exchanges_the_parts(segmented, hands):
    hands.click(segmented.editPanel.ui.plusButton)
    before = volumes(segmented)
    hands.click(segmented.editPanel.ui.flipButton)
    after = volumes(segmented)
    assert after["vol_em"] == pytest.approx(before["vol_im"])
    assert after["vol_im"] == pytest.approx(before["vol_em"])


def test_refitting_brings_the_division_of_the_model_back(segmented, hands):
    for _ in range(4):
        hands.click(segmented.editPanel.ui.minusButton)
    hands.click(segmented.editPanel.ui.refitButton)
    assert np.array_equal(segmented.session.examination.labelmap.array, truth(1).array)
    assert segmented.session.examination.userPlane is None


def test_one_undo_takes_back_mask_plane_and_numbers_and_redo_brings_them_again(segmented, hands):
    from VSSegmentationLib.scene import meatal_plane_of

    examination = segmented.session.examination
    before = volumes(segmented), meatal_plane_of(examination.planeNode)
    hands.click(segmented.editPanel.ui.plusButton)
    after = volumes(segmented), meatal_plane_of(examination.planeNode)
    assert after[0] != before[0]

    segmented.editPanel.editor.undo()
    hands.wait(lambda: volumes(segmented) == before[0])
    assert meatal_plane_of(examination.planeNode).origin_ras_mm == pytest.approx(before[1].origin_ras_mm)
    assert np.array_equal(examination.labelmap.array, truth(1).array)

    segmented.editPanel.editor.redo()
    hands.wait(lambda: volumes(segmented) == after[0])
    assert meatal_plane_of(examination.planeNode).origin_ras_mm == pytest.approx(after[1].origin_ras_mm)


def test_ctrl_z_takes_the_plane_back(segmented, hands):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from VSSegmentationLib.scene import meatal_plane_of

    before, plane = volumes(segmented), meatal_plane_of(segmented.session.examination.planeNode)
    hands.click(segmented.editPanel.ui.plusButton)
    hands.wait(lambda: volumes(segmented) != before)  # else there would be nothing to take back
    QTest.keyClick(segmented.editPanel.ui.plusButton, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hands.wait(lambda: volumes(segmented) == before)
    back = meatal_plane_of(segmented.session.examination.planeNode)
    assert back.origin_ras_mm == pytest.approx(plane.origin_ras_mm)


def test_an_edit_grays_the_numbers_at_once_and_they_are_measured_again_by_themselves(segmented, hands):
    before = volumes(segmented)
    labelmap = segmented.session.examination.labelmap
    somewhere = tuple(np.argwhere(labelmap.array == Label.EXTRAMEATAL)[0])
    paint(segmented, with_voxels(labelmap, somewhere, 0), tool="erase")
    assert not segmented.measurementsPanel.ui.measurementTable.enabled
    assert segmented.resultPanel.ui.stateLabel.text == "Measuring …"
    assert not segmented.resultPanel.ui.headlineLabel.enabled
    hands.wait(lambda: volumes(segmented) != before)
    assert segmented.measurementsPanel.ui.measurementTable.enabled
    voxel_cm3 = np.prod(labelmap.spacing_dhw_mm) / 1000
    assert volumes(segmented)["vol_em"] == pytest.approx(before["vol_em"] - voxel_cm3)


def test_what_was_painted_by_hand_keeps_its_part_when_the_plane_moves_later(segmented, hands):
    examination = segmented.session.examination
    brain_end = np.argwhere(truth(1).array == Label.EXTRAMEATAL)[-1]
    paint(segmented, with_voxels(truth(1), tuple(brain_end), Label.INTRAMEATAL))
    hands.wait(lambda: not segmented.session.live.isOutdated)
    for _ in range(2):
        hands.click(segmented.editPanel.ui.minusButton)
    assert examination.labelmap.array[tuple(brain_end)] == Label.INTRAMEATAL
    hands.click(segmented.editPanel.ui.refitButton)
    assert examination.labelmap.array[tuple(brain_end)] == Label.INTRAMEATAL


def test_after_undo_a_voxel_is_not_taken_for_painted(segmented, hands):
    examination = segmented.session.examination
    voxel = tuple(np.argwhere(truth(1).array == Label.EXTRAMEATAL)[-1])
    paint(segmented, with_voxels(truth(1), voxel, Label.INTRAMEATAL))
    hands.wait(lambda: not segmented.session.live.isOutdated)
    segmented.editPanel.editor.undo()
    hands.wait(lambda: np.array_equal(examination.labelmap.array, truth(1).array))
    hands.click(segmented.editPanel.ui.minusButton)
    assert examination.labelmap.array[voxel] == Label.EXTRAMEATAL


def test_undo_of_an_erasure_is_no_painting(segmented, hands):
    examination = segmented.session.examination
    voxel = tuple(np.argwhere(truth(1).array == Label.INTRAMEATAL)[0])
    paint(segmented, with_voxels(truth(1), voxel, 0), tool="erase")
    hands.wait(lambda: examination.labelmap.array[voxel] == 0)
    hands.wait(lambda: not segmented.session.live.isOutdated)
    segmented.editPanel.editor.undo()
    hands.wait(lambda: examination.labelmap.array[voxel] == Label.INTRAMEATAL)
    hands.click(segmented.editPanel.ui.plusButton)
    hands.click(segmented.editPanel.ui.flipButton)
    assert examination.labelmap.array[voxel] == Label.EXTRAMEATAL


def test_edits_go_into_the_log_with_tool_part_and_voxels(segmented, hands):
    voxel = tuple(np.argwhere(truth(1).array == Label.EXTRAMEATAL)[0])
    paint(segmented, with_voxels(truth(1), voxel, 0), tool="erase")
    hands.wait(lambda: not segmented.session.live.isOutdated)
    hands.click(segmented.editPanel.ui.plusButton)
    first, second = segmented.session.examination.log.edits
    assert (first.tool, first.segment, first.voxels_added, first.voxels_removed) == ("erase", "extrameatal", 0, 1)
    assert second.tool == "porus plane"
    assert second.plane_before != second.plane_after
    assert segmented.editPanel.ui.logLabel.text == "Changes by hand so far: 2. Each is listed in the report."


def test_dragging_the_plane_in_the_scene_divides_anew_and_is_one_step_of_undo(segmented, hands):
    examination = segmented.session.examination
    before, node = volumes(segmented), examination.planeNode
    hands.tick(segmented.editPanel.ui.showPlaneBox)
    assert node.GetDisplayVisibility()
    node.InvokeEvent(node.PointStartInteractionEvent)
    origin, normal = np.zeros(3), np.zeros(3)
    node.GetOriginWorld(origin)
    node.GetNormalWorld(normal)
    for step in (0.4, 0.8, 1.2):
        node.SetOriginWorld(origin + step * normal)
        hands.wait(lambda: not segmented.session.live.isOutdated)
    node.InvokeEvent(node.PointEndInteractionEvent)
    after = volumes(segmented)
    assert after["vol_im"] > before["vol_im"]
    assert after["vol_total"] == pytest.approx(before["vol_total"], rel=1e-12)
    assert len(examination.log.edits) == 1
    segmented.editPanel.editor.undo()
    hands.wait(lambda: volumes(segmented) == before)


def test_the_models_answer_stays_untouched_beside_the_edits(segmented, hands):
    from VSSegmentationLib.scene import automatic_of

    hands.click(segmented.editPanel.ui.plusButton)
    examination = segmented.session.examination
    kept = labelmap_of(automatic_of(examination.segmentationNode), examination.volumeNode)
    assert np.array_equal(kept.array, truth(1).array)


def test_leaving_the_module_leaves_no_effect_and_no_keys(segmented, slicer_host, hands):
    before = volumes(segmented)
    hands.click(segmented.editPanel.ui.plusButton)
    moved = volumes(segmented)
    segmented.editPanel.editor.setActiveEffectByName("Paint")
    slicer_host.window.moduleSelector().selectModule("")
    assert segmented.editPanel.editor.activeEffect() is None
    slicer_host.window.moduleSelector().selectModule("VSSegmentation")
    assert segmented.session.examination is not None
    assert volumes(segmented) == moved != before


def test_a_removed_segmentation_leaves_a_usable_module(segmented):
    import slicer

    slicer.mrmlScene.RemoveNode(segmented.session.examination.segmentationNode)
    assert segmented.session.examination is None
    assert segmented.segmentPanel.ui.segmentButton.enabled
    assert not segmented.resultPanel.widget.visible


def test_a_segment_that_a_person_adds_is_named_as_not_measured(segmented, hands):
    from VSSegmentationPanels.ReportContents import reportContent

    segmented.editPanel.unfold()
    label = segmented.editPanel.ui.unmeasuredLabel
    assert not label.visible
    before = volumes(segmented)
    segmented.session.examination.segmentationNode.GetSegmentation().AddEmptySegment("Segment_1", "Cyst")
    hands.wait(lambda: label.visible)
    assert "Not measured, as no part of the tumor: Cyst." in label.text
    assert volumes(segmented) == before
    assert any("Cyst" in each for each in reportContent(segmented.session).warnings)
    segmented.session.examination.segmentationNode.GetSegmentation().RemoveSegment("Segment_1")
    hands.wait(lambda: not label.visible)


def test_only_slices_that_a_stroke_has_touched_are_looked_at(segmented):
    from VSSegmentationPanels.Examination import changedSlices

    examination = segmented.session.examination
    before = examination.labelmap
    assert changedSlices(before.array, before.array) == slice(0, 0)
    after = with_voxels(before, np.s_[14:17, 60:63, 70:74], Label.EXTRAMEATAL)
    after = with_voxels(after, np.s_[14:17, 10:12, 10:12], Label.INTRAMEATAL)
    assert changedSlices(before.array, after.array) == slice(14, 17)
    paint(segmented, after)
    segmented.session.live.catchUp()
    assert np.array_equal(examination.labelmap.array, after.array)
    added = {edit.segment: edit.voxels_added for edit in examination.log.edits}
    assert added["intrameatal"] == 3 * 2 * 2
    assert added["extrameatal"] == np.count_nonzero(before.array[14:17, 60:63, 70:74] != Label.EXTRAMEATAL)

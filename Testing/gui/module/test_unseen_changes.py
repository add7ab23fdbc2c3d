"""What a person paints where the module does not measure, or does not look: never told as the model's own answer."""

import numpy as np
import pytest

from Testing.support.scripted_worker import truth
from VSSegmentationLib.labels import Label
from VSSegmentationLib.scene import write_labelmap

CYST = (20, 70, 60)


def paint_further(node, shape=(3, 4, 5)):
    """Add a segment of one's own and paint into it, on the grid of the scan, away from the tumor."""
    import slicer

    volume = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
    identity = node.GetSegmentation().AddEmptySegment("Segment_1", "Cyst")
    array = np.zeros(truth(1).array.shape, np.uint8)
    array[tuple(slice(a, a + n) for a, n in zip(CYST, shape, strict=True))] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, identity, volume)
    return identity


def content(widget):
    from VSSegmentationPanels.ReportContents import reportContent

    return reportContent(widget.session)


def check(widget, hands):
    for box in (widget.reportPanel.ui.maskCheck, widget.reportPanel.ui.boundaryCheck):
        hands.tick(box)
    assert content(widget).status == "reviewed"


def test_painting_into_a_segment_of_ones_own_is_a_change_by_hand(segmented, hands):
    examination = segmented.session.examination
    assert not content(segmented).is_edited
    check(segmented, hands)
    before = segmented.session.numbers.measurements
    paint_further(examination.segmentationNode)
    hands.wait(lambda: not segmented.session.live.isOutdated and examination.log.edits)
    told = content(segmented)
    assert told.is_edited
    assert told.status == "draft"
    (edit,) = told.edit_log.edits
    assert (edit.segment, edit.voxels_added, edit.voxels_removed) == ("further segments, not measured", 60, 0)
    assert [m.value for m in told.measurements] == [m.value for m in before]
    assert any("Cyst" in each for each in told.warnings)
    limits = {m.id: m.uncertainty for m in told.measurements if m.uncertainty is not None}
    assert {each.value for each in limits.values()} == {None}
    assert limits["vol_total"].source == "no limit: the mask was edited and not yet checked"


def test_an_empty_segment_of_ones_own_is_no_change(segmented, hands):
    segmented.session.examination.segmentationNode.GetSegmentation().AddEmptySegment("Segment_1", "Cyst")
    hands.wait(lambda: not segmented.session.live.isOutdated)
    assert not content(segmented).is_edited


def test_a_result_with_a_segment_of_ones_own_is_kept_when_the_scan_is_segmented_again(segmented, hands):
    former = segmented.session.examination.segmentationNode
    paint_further(former)
    hands.wait(lambda: segmented.session.examination.log.edits)
    hands.click(segmented.segmentPanel.ui.segmentButton)
    hands.wait(lambda: segmented.session.examination.segmentationNode is not former)
    assert former.GetScene() is not None
    assert former.GetSegmentation().GetSegment("Segment_1") is not None


@pytest.mark.parametrize("how", ["own part", "further segment"])
def test_what_is_changed_while_another_scan_is_chosen_is_an_edit_too(segmented, hands, load_sample, how):
    first = segmented.session.examination
    check(segmented, hands)
    load_sample(2)
    hands.wait(lambda: segmented.session.examination is None)
    if how == "own part":
        array = truth(1).array.copy()
        array[tuple(np.argwhere(array == Label.EXTRAMEATAL)[0])] = 0
        write_labelmap(first.segmentationNode, truth(1).with_array(array))
    else:
        paint_further(first.segmentationNode)
    segmented.casePanel.ui.inputSelector.setCurrentNode(first.volumeNode)
    hands.wait(lambda: segmented.session.examination is not None)
    told = content(segmented)
    assert [edit.tool for edit in told.edit_log.edits] == ["a change outside the module"]
    assert told.status == "draft"


def test_going_to_another_scan_and_back_is_no_edit(segmented, hands, load_sample):
    first = segmented.session.examination
    hands.click(segmented.editPanel.ui.plusButton)
    check(segmented, hands)
    load_sample(2)
    hands.wait(lambda: segmented.session.examination is None)
    segmented.casePanel.ui.inputSelector.setCurrentNode(first.volumeNode)
    hands.wait(lambda: segmented.session.examination is not None)
    assert [edit.tool for edit in content(segmented).edit_log.edits] == ["porus plane"]
    assert content(segmented).status == "reviewed"


def test_an_earlier_examination_that_was_changed_elsewhere_is_compared_as_an_edited_one(compared):
    (earlier, _days), *_ = compared.followUpPanel._earlier()
    array = truth(1).array.copy()
    array[tuple(np.argwhere(array == Label.EXTRAMEATAL)[0])] = 0
    write_labelmap(earlier, truth(1).with_array(array))
    growth = compared.followUpPanel.growth()
    assert any("edited" in each.text for each in growth.warnings)

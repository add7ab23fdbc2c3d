"""What was typed for one scan stands in its report alone, whichever way the other scan is reached."""

import pytest

from Testing.support.scripted_worker import truth
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.reporting import UserFields, read_report_json


@pytest.fixture
def typed(segmented, hands):
    """The first scan segmented, with everything that can be typed for it."""
    panel, ui = segmented.reportPanel, segmented.reportPanel.ui
    ui.reportSection.collapsed = ui.moreBox.collapsed = False
    for each, box in panel.formatBoxes.items():
        box.checked = each is OutputFormat.REPORT_JSON
    hands.type(segmented.casePanel.ui.caseNameEdit, "case A")
    ui.koosBox.setCurrentIndex(ui.koosBox.findText("IV"))
    hands.type(ui.commentEdit, "comment of A")
    hands.type(ui.decisionEdit, "decision of A")
    hands.type(ui.readerEdit, "reader of A")
    ui.treatmentBox.setCurrentIndex(ui.treatmentBox.findText("surgery"))
    return segmented


@pytest.fixture
def other(typed, worker, hands, load_sample):
    """The second scan, chosen and segmented after that."""
    worker.labelmap = truth(2)
    load_sample(2)
    hands.wait(lambda: typed.session.examination is None)
    hands.wait(lambda: not typed.client.isBusy)
    hands.click(typed.segmentPanel.ui.segmentButton)
    hands.wait(lambda: typed.session.examination is not None)
    return typed


def shown(widget) -> tuple[str, ...]:
    ui = widget.reportPanel.ui
    return (
        widget.casePanel.ui.caseNameEdit.text, ui.koosBox.currentText, ui.commentEdit.text, ui.decisionEdit.text,
        ui.readerEdit.text, ui.treatmentBox.currentText,
    )  # fmt: skip


OF_A = ("case A", "IV", "comment of A", "decision of A", "reader of A", "surgery")
NOTHING = ("", "not given", "", "", "", "none")


def exported(widget, hands, folder):
    widget.reportPanel.ui.exportFolderButton.directory = str(folder)
    before = set(folder.glob("*/report.json"))
    hands.click(widget.reportPanel.ui.exportButton)
    (written,) = set(folder.glob("*/report.json")) - before
    return read_report_json(written)


def test_nothing_of_scan_a_stands_in_the_report_of_scan_b(other, hands, tmp_path):
    assert shown(other) == NOTHING
    report = exported(other, hands, tmp_path)
    assert report.case == ""
    assert report.user_fields == UserFields()
    assert " of A" not in (tmp_path / "vs_report" / "report.json").read_text()


def test_a_surgery_of_scan_a_leaves_the_headline_of_scan_b_alone(other, hands, tmp_path):
    assert exported(other, hands, tmp_path).headline.measurement_id == "em_max_axial"
    assert other.session.numbers.headline.measurement_id == "em_max_axial"


def test_each_scan_has_its_own_fields_back_when_it_is_chosen_again(other, hands, tmp_path):
    import slicer

    first, second = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    selector = other.casePanel.ui.inputSelector
    hands.type(other.casePanel.ui.caseNameEdit, "case B")
    selector.setCurrentNode(first)
    assert shown(other) == OF_A
    report = exported(other, hands, tmp_path)
    assert (report.case, report.user_fields.koos) == ("case A", "IV")
    assert report.headline.measurement_id != "em_max_axial"  # after surgery the whole tumor leads
    selector.setCurrentNode(second)
    assert shown(other) == ("case B", *NOTHING[1:])


def test_a_scan_that_is_not_segmented_shows_its_own_fields_too(typed, load_sample):
    load_sample(2)
    assert shown(typed) == NOTHING


def test_undo_and_redo_take_no_field_to_another_scan(other, hands):
    import slicer

    first, second = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    hands.type(other.reportPanel.ui.commentEdit, "comment of B")
    hands.click(other.editPanel.ui.plusButton)
    other.editPanel.editor.undo()
    other.editPanel.editor.redo()
    assert shown(other)[2] == "comment of B"
    other.casePanel.ui.inputSelector.setCurrentNode(first)
    assert shown(other) == OF_A
    other.casePanel.ui.inputSelector.setCurrentNode(second)
    assert shown(other)[2] == "comment of B"


def test_segmenting_a_scan_again_keeps_what_was_typed_for_it(typed, hands):
    segmentation = typed.session.examination.segmentationNode
    hands.wait(lambda: not typed.client.isBusy)
    hands.click(typed.segmentPanel.ui.segmentButton)
    hands.wait(lambda: typed.session.examination.segmentationNode is not segmentation)
    assert shown(typed) == OF_A


def test_a_closed_scene_leaves_nothing_for_the_next_patient(typed, load_sample):
    import slicer

    slicer.mrmlScene.Clear(0)
    assert shown(typed) == NOTHING
    load_sample(2)
    assert shown(typed) == NOTHING


def test_a_scan_that_is_removed_takes_its_fields_along(typed, load_sample):
    import slicer

    slicer.mrmlScene.RemoveNode(typed.session.volumeNode)
    assert shown(typed) == NOTHING
    load_sample(2)
    assert shown(typed) == NOTHING


def test_a_scan_chosen_while_the_module_is_left_shows_its_own_fields(typed, load_sample):
    import slicer

    node = typed.session.parameterNode
    typed.exit()
    second = slicer.util.loadVolume(str(_sample(2)))
    node.inputVolume = second
    typed.enter()
    assert shown(typed) == NOTHING


def test_every_letter_is_with_its_scan_at_once_so_that_a_scene_saved_now_has_it(other, hands):
    import slicer
    from VSSegmentationPanels.SegmentationAttributes import readFields

    first, second = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    hands.type(other.reportPanel.ui.commentEdit, "comment of B")
    assert readFields(second)["comment"] == "comment of B"
    other.casePanel.ui.inputSelector.setCurrentNode(first)
    hands.type(other.reportPanel.ui.commentEdit, ", added later")
    assert readFields(first)["comment"] == "comment of A, added later"
    assert readFields(second)["comment"] == "comment of B"


def _sample(number: int):
    from Testing.support.scripted_worker import SAMPLE

    return SAMPLE / f"exam{number}_t2.nii.gz"

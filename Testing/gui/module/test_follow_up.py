"""Two examinations of one patient: values, change, curve, and both scans side by side."""

import pytest

from Testing.support.scripted_worker import truth
from VSSegmentationLib.measurement import measure


def test_without_an_earlier_examination_the_panel_says_how_to_add_one(segmented):
    assert "Segment the earlier scan" in segmented.followUpPanel.ui.followUpLabel.text
    assert segmented.followUpPanel.growth() is None


def test_the_segmentation_at_hand_cannot_be_its_own_earlier_one(segmented):
    ui = segmented.followUpPanel.ui
    ui.priorSelector.setCurrentNode(segmented.session.examination.segmentationNode)
    assert not ui.addPriorButton.enabled
    assert "choose an earlier one" in ui.addPriorButton.toolTip


def test_without_days_nothing_is_added_and_the_change_is_told_without_a_rate(compared, hands):
    import slicer

    ui, first = compared.followUpPanel.ui, compared.followUpPanel._earlier()[0][0]
    ui.growthTable.selectRow(0)
    hands.click(ui.removePriorButton)
    ui.priorSelector.setCurrentNode(None)
    ui.priorSelector.setCurrentNode(first)
    assert ui.daysEdit.text == ""
    assert not ui.addPriorButton.enabled
    assert "how many days" in ui.addPriorButton.toolTip
    then, now = ({m.id: m.value for m in measure(truth(number))}["vol_total"] for number in (1, 2))
    assert f"{100 * (now / then - 1):+.1f}\u00a0%" in ui.followUpLabel.text
    assert "year" not in ui.followUpLabel.text
    for nonsense in ("0", "-3", "1.5", "a year"):
        ui.daysEdit.clear()
        hands.type(ui.daysEdit, nonsense)
        assert not ui.addPriorButton.enabled, nonsense
    assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode")


def test_days_come_from_the_dates_of_dicom_studies_where_both_have_one(compared, hands):
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    ui, first = compared.followUpPanel.ui, compared.followUpPanel._earlier()[0][0]
    for node, date in zip(
        slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"), ("20240229", "20250301"), strict=True
    ):
        study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "study")
        hierarchy.SetItemAttribute(study, "DICOM.StudyDate", date)
        hierarchy.SetItemParent(hierarchy.GetItemByDataNode(node), study)
    ui.priorSelector.setCurrentNode(None)
    ui.priorSelector.setCurrentNode(first)
    assert ui.daysEdit.text == "366"


def test_scans_of_different_case_names_are_compared_only_on_request(compared, hands):
    import slicer

    first, second = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    ui, selector = compared.followUpPanel.ui, compared.casePanel.ui.inputSelector
    selector.setCurrentNode(first)
    hands.type(compared.casePanel.ui.caseNameEdit, "case A")
    selector.setCurrentNode(second)
    assert compared.followUpPanel.growth() is not None  # a scan without a name is of no other case
    hands.type(compared.casePanel.ui.caseNameEdit, "case B")
    selector.setCurrentNode(first)
    selector.setCurrentNode(second)
    assert compared.followUpPanel.growth() is None
    assert "different case names" in ui.followUpLabel.text
    hands.tick(ui.otherCaseCheck)
    growth = compared.followUpPanel.growth()
    assert [each.case for each in growth.examinations] == ["case A", "case B"]
    assert "The case names differ" in ui.growthWarningsLabel.text
    hands.tick(ui.otherCaseCheck)
    assert compared.followUpPanel.growth() is None


def test_values_and_change_are_those_of_both_masks(compared):
    values = [{m.id: m.value for m in measure(truth(number))} for number in (1, 2)]
    growth = compared.followUpPanel.growth()
    assert [each.days for each in growth.examinations] == [0, 400]
    assert [m.value for m in growth.of("vol_total").measurements] == pytest.approx([v["vol_total"] for v in values])
    table = compared.followUpPanel.ui.growthTable
    percent = 100 * (values[1]["vol_total"] / values[0]["vol_total"] - 1)
    assert table.item(2, 2).text() == f"{percent:+.1f} %"
    assert table.item(0, 0).text() == "−400 d"
    longer = values[1]["em_max_axial"] - values[0]["em_max_axial"]
    assert table.item(2, 1).text() == f"{longer:+.1f} mm"
    assert f"{longer:+.1f}\u00a0mm over 400 days" in compared.followUpPanel.ui.followUpLabel.text


def test_every_column_of_the_table_is_in_view_however_narrow_the_panel(compared, slicer_host):
    from PySide6.QtGui import QFontMetrics

    table = compared.followUpPanel.ui.growthTable
    for side in (380, 500):
        slicer_host.window.centralWidget().setSizes([side, 1500 - side])
        slicer_host.process_events()
        right = table.columnViewportPosition(table.columnCount - 1) + table.columnWidth(table.columnCount - 1)
        assert table.columnCount == 5
        assert right <= table.viewport().width
        assert table.horizontalScrollBar().maximum == 0
        cells = [(row, column) for row in range(table.rowCount) for column in range(table.columnCount)]
        room = {c: table.columnWidth(c) for c in range(table.columnCount)}
        cut = [table.item(*cell).text() for cell in cells
               if table.fontMetrics().horizontalAdvance(table.item(*cell).text()) + 6 > room[cell[1]]]  # fmt: skip
        assert cut == []
        metrics = [QFontMetrics(table.horizontalHeaderItem(c).font()) for c in range(1, 5)]
        titles = [table.horizontalHeaderItem(c).text() for c in range(1, 5)]
        widest = [max(m.horizontalAdvance(line) for line in title.split("\n"))
                  for m, title in zip(metrics, titles, strict=True)]  # fmt: skip
        assert [title for n, title in enumerate(titles, start=1) if widest[n - 1] > room[n]] == []


def test_the_curve_is_drawn_as_wide_as_the_panel_with_one_graph_below_the_other(compared):
    picture = compared.followUpPanel.ui.curveLabel.pixmap
    assert picture.width() > 300
    assert picture.height() > picture.width()


def test_an_edit_changes_the_comparison(compared, hands):
    before = compared.followUpPanel.growth().of("vol_im").measurements[1].value
    hands.click(compared.editPanel.ui.plusButton)
    assert compared.followUpPanel.growth().of("vol_im").measurements[1].value > before


def test_going_back_to_the_first_scan_brings_its_own_segmentation(compared, hands):
    import slicer

    first, second = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    compared.casePanel.ui.inputSelector.setCurrentNode(first)
    assert compared.session.examination.volumeNode is first
    assert compared.followUpPanel.growth() is None
    compared.casePanel.ui.inputSelector.setCurrentNode(second)
    assert compared.followUpPanel.growth() is not None


def test_mask_and_lines_of_one_scan_are_not_drawn_over_another_and_come_back_with_it(compared):
    import slicer

    def shown(kind):
        return {node.GetID() for node in slicer.util.getNodesByClass(kind) if node.GetDisplayVisibility()}

    def both():
        return shown("vtkMRMLMarkupsLineNode"), shown("vtkMRMLSegmentationNode")

    first, second = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    selector = compared.casePanel.ui.inputSelector
    lines, masks = of_second = both()
    assert masks == {compared.session.examination.segmentationNode.GetID()}
    selector.setCurrentNode(first)
    assert len(lines) == 1
    assert len(both()[0]) == 1
    assert both()[0] != lines
    assert both()[1] == {compared.session.examination.segmentationNode.GetID()} != masks
    selector.setCurrentNode(second)
    assert both() == of_second


def test_an_examination_is_taken_out_again(compared, hands):
    compared.followUpPanel.ui.growthTable.selectRow(0)
    hands.click(compared.followUpPanel.ui.removePriorButton)
    assert compared.followUpPanel.growth() is None

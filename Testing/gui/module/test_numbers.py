"""The table, the lines and the sentence."""

import numpy as np
import pytest


def row_of(widget, name):
    return next(i for i, m in enumerate(widget.session.numbers.measurements) if m.id == name)


def click_row(widget, hands, row):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    table = widget.measurementsPanel.ui.measurementTable
    hands.show(table)
    table.scrollToItem(table.item(row, 1))
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(table.item(row, 1)).center())


def labels_of(line):
    return [line.GetNthControlPointLabel(number) for number in range(2)]


def test_the_headline_stands_above_with_its_policy_and_reason(segmented):
    ui, headline = segmented.resultPanel.ui, segmented.session.numbers.headline
    assert f"{headline.value_mm:.1f} mm" in ui.headlineLabel.text
    assert "policy “KCL 2023”" in ui.reasonLabel.text


def test_another_policy_is_named_at_once(segmented):
    box = segmented.measurementsPanel.ui.policyBox
    box.setCurrentIndex(box.findText("Kanzaki"))
    assert segmented.session.numbers.headline.policy == "Kanzaki"
    assert "policy “Kanzaki”" in segmented.resultPanel.ui.reasonLabel.text


def test_what_cannot_be_measured_says_why(segmented):
    table = segmented.measurementsPanel.ui.measurementTable
    missing = [i for i, m in enumerate(segmented.session.numbers.measurements) if m.value is None]
    assert missing
    for row in missing:
        assert table.item(row, 1).text() == "not measurable"
        assert table.item(row, 1).toolTip() == segmented.session.numbers.measurements[row].reason


def test_after_a_segmentation_the_views_show_the_slice_of_the_headline(segmented):
    import slicer

    numbers = segmented.session.numbers
    line = next(m for m in numbers.measurements if m.id == numbers.headline.measurement_id)
    middle = np.mean(line.end_points_ras_mm, axis=0)
    for name in ("Red", "Yellow", "Green"):
        view = slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode()
        normal = [view.GetSliceToRAS().GetElement(axis, 2) for axis in range(3)]
        assert view.GetSliceOffset() == pytest.approx(np.dot(normal, middle), abs=0.01)


def test_a_click_on_a_row_jumps_to_the_middle_of_its_line(segmented, hands):
    import slicer

    row = row_of(segmented, "em_max_axial")
    click_row(segmented, hands, row)
    middle = np.mean(segmented.session.numbers.measurements[row].end_points_ras_mm, axis=0)
    for name in ("Red", "Green", "Yellow"):
        view = slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode()
        to_ras = view.GetSliceToRAS()
        normal = np.array([to_ras.GetElement(i, 2) for i in range(3)])
        origin = np.array([to_ras.GetElement(i, 3) for i in range(3)])
        assert normal @ (origin - middle) == pytest.approx(0, abs=0.01)


def test_a_tick_shows_the_line_of_a_measurement(segmented):
    from PySide6.QtCore import Qt

    row = row_of(segmented, "whole_max_axial")
    item = segmented.measurementsPanel.ui.measurementTable.item(row, 0)
    line = segmented.session.live.lines.nodeOf("whole_max_axial")
    item.setCheckState(Qt.CheckState.Checked)
    assert line.GetDisplayVisibility()
    item.setCheckState(Qt.CheckState.Unchecked)
    assert not line.GetDisplayVisibility()


def test_the_headline_line_is_shown_at_first_and_lines_are_locked_and_follow_edits(segmented, hands):
    name = segmented.session.numbers.headline.measurement_id
    line = segmented.session.live.lines.nodeOf(name)
    assert line.GetDisplayVisibility()
    assert line.GetLocked()
    hands.click(segmented.editPanel.ui.minusButton)
    hands.click(segmented.editPanel.ui.minusButton)
    measurement = next(m for m in segmented.session.numbers.measurements if m.id == name)
    end = [0.0] * 3
    line.GetNthControlPointPositionWorld(1, end)
    assert end == pytest.approx(measurement.end_points_ras_mm[1])
    assert line.GetName().endswith(f": {measurement.value:.1f} mm")
    assert f"{measurement.value:.1f} mm" in labels_of(line)


def test_a_copy_of_a_line_is_dragged_and_its_length_stands_beside_the_automatic_value(segmented, hands):
    ui, row = segmented.measurementsPanel.ui, row_of(segmented, "em_max_axial")
    assert not ui.manualButton.enabled
    click_row(segmented, hands, row)
    hands.click(ui.manualButton)
    value = segmented.session.numbers.measurements[row].value
    ends = segmented.session.numbers.measurements[row].end_points_ras_mm
    assert ui.measurementTable.item(row, 3).text() == f"{np.linalg.norm(np.subtract(*ends)):.1f}"
    assert ui.measurementTable.item(row, 2).text() == "mm"

    node = segmented.session.live.lines.addManual(segmented.session.numbers.measurements[row])
    assert not node.GetLocked()
    direction = np.subtract(ends[1], ends[0]) / np.linalg.norm(np.subtract(ends[1], ends[0]))
    node.SetNthControlPointPositionWorld(1, *(np.array(ends[1]) + 2 * direction))
    hands.wait(lambda: ui.measurementTable.item(row, 3).text() == f"{np.linalg.norm(np.subtract(*ends)) + 2:.1f}")
    assert segmented.session.numbers.measurements[row].value == value
    assert sorted(labels_of(node)) == ["", f"{np.linalg.norm(np.subtract(*ends)) + 2:.1f} mm"]


def test_the_sentence_is_copied(segmented, hands, slicer_host):
    hands.click(segmented.measurementsPanel.ui.copyButton)
    text = slicer_host.app.clipboard().text()
    assert text.startswith("Left VS")
    assert "DRAFT" in text


def test_the_table_node_holds_the_same_numbers(segmented, hands):
    from VSSegmentationPanels import SegmentationAttributes

    hands.click(segmented.editPanel.ui.plusButton)
    table = SegmentationAttributes.tableNode(segmented.session.examination.segmentationNode).GetTable()
    values = [table.GetValueByName(row, "Value").ToString() for row in range(table.GetNumberOfRows())]
    shown = [f"{m.value:.3f}" for m in segmented.session.numbers.measurements if m.id == "vol_im"]
    assert values[row_of(segmented, "vol_im")] == shown[0]

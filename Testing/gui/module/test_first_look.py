"""What a surgeon sees: first steps, the result below the button, sections that stay as they were left, the table."""

import pytest

from Testing.gui.module.conftest import MODULE
from Testing.gui.module.test_pictures import open_all


def bottom(widget, window):
    from PySide6.QtCore import QPoint

    return widget.mapTo(window, QPoint(0, widget.height)).y()


def compare_with_first(widget, hands, load_sample):
    """Segment both examinations of the sample and compare the second with the first."""
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    first = widget.session.examination.segmentationNode
    hands.wait(lambda: not widget.client.isBusy)
    load_sample(2)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    ui = widget.followUpPanel.ui
    widget.followUpPanel.unfold()
    ui.priorSelector.setCurrentNode(first)
    ui.daysEdit.clear()
    hands.type(ui.daysEdit, "400")
    hands.click(ui.addPriorButton)


def test_headline_and_volumes_stand_in_view_at_1000_pixels_without_scrolling(widget, slicer_host, hands):
    slicer_host.window.resize(1400, 1000)
    hands.click(widget.casePanel.ui.sampleButton)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    slicer_host.process_events()
    ui, window = widget.resultPanel.ui, slicer_host.window
    assert bottom(widget.segmentPanel.ui.segmentButton, window) < bottom(ui.headlineLabel, window)
    assert bottom(ui.headlineLabel, window) < bottom(ui.volumesLabel, window) < 1000
    area = widget.reportPanel.widget
    assert bottom(area, window) < 1000, "everything folded fits, too"
    main = widget.session.examination.task.main_volumes
    shown = [f"<b>{m.value:.3f}</b>" for m in widget.session.numbers.measurements if m.id in main]
    assert len(shown) == len(main)
    assert all(text in ui.volumesLabel.text for text in shown)


def test_sections_are_folded_until_needed_and_stay_as_they_were_left(widget, slicer_host, module_widget, hands):
    sections = {type(panel).__name__: panel._section for panel in widget.panels if panel._section is not None}
    opened = {name for name, section in sections.items() if not section.collapsed}
    assert opened == {"CasePanel", "SegmentPanel"}
    widget.editPanel._section.click()
    widget.casePanel._section.click()
    slicer_host.unload_module("VSSegmentation")
    again = slicer_host.load_module(MODULE)
    assert not again.editPanel._section.collapsed
    assert again.casePanel._section.collapsed


def test_without_a_scan_the_two_first_steps_are_offered(widget, hands, monkeypatch):
    import slicer
    from VSSegmentationPanels.Samples import loadSample

    ui = widget.casePanel.ui
    assert (ui.sampleButton.visible, ui.chooseButton.visible) == (True, True)
    monkeypatch.setattr(slicer.util, "openAddDataDialog", loadSample)
    hands.click(ui.chooseButton)
    assert widget.session.volumeNode is not None
    assert (ui.sampleButton.visible, ui.chooseButton.visible) == (False, False)


def test_a_dialog_that_was_left_without_a_scan_changes_nothing(widget, hands):
    hands.click(widget.casePanel.ui.chooseButton)  # the host's dialog gives no files
    assert widget.session.volumeNode is None
    assert widget.casePanel.ui.chooseButton.visible


@pytest.mark.parametrize("state", ["empty", "segmented"])
def test_every_disabled_control_says_why_in_its_tool_tip_and_in_its_panel(
    widget, hands, load_sample, slicer_host, state
):
    from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton

    if state == "segmented":
        load_sample(1)
        hands.click(widget.segmentPanel.ui.segmentButton)
        hands.wait(lambda: widget.session.examination is not None)
    open_all(widget)
    slicer_host.process_events()
    silent = []
    for panel in widget.panels:
        shown = [each.text for each in panel.widget.findChildren(QLabel) if each.visible]
        controls = [each for kind in (QPushButton, QCheckBox, QComboBox) for each in panel.widget.findChildren(kind)]
        disabled = [each for each in controls if each.visible and not each.enabled]
        silent += [each.objectName for each in disabled if not any(each.toolTip in text for text in shown)]
        assert all(each.toolTip.endswith(".") for each in disabled)
    assert silent == []


@pytest.mark.parametrize(
    ("index", "words"),
    [(0, "spvpa_t2_synthetic"), (1, "cet1"), (2, "none for T1"), (3, "by the image, or you are asked")],
)
def test_the_model_box_names_what_will_be_used(widget, load_sample, index, words):
    from VSSegmentationLib.models import default_model

    load_sample(1)
    widget.casePanel.ui.modalityBox.currentIndex = index
    text = widget.segmentPanel.ui.modelBox.itemText(0)
    assert words in text.lower() or words in text
    if index < 2:
        assert text == f"Automatic: {default_model(('T2', 'ceT1')[index])}"


def test_a_change_since_the_earlier_examination_stands_in_the_row_of_its_measurement(widget, hands, load_sample):
    compare_with_first(widget, hands, load_sample)
    table = widget.measurementsPanel.ui.measurementTable
    assert not table.isColumnHidden(5)
    for row, measurement in enumerate(widget.session.numbers.measurements):
        if measurement.id == "vol_total":
            before = next(s for s in widget.session.growth.series if s.id == "vol_total").measurements[-2].value
            now = measurement.value
            assert table.item(row, 5).text() == f"{now - before:+.3f}\n({100 * (now - before) / before:+.1f} %)"
            assert table.item(row, 5).text().replace("\n", " ") in widget.resultPanel.ui.volumesLabel.text
    assert "in 400 days" in widget.resultPanel.ui.headlineNameLabel.text


@pytest.mark.parametrize("side_area", [400, 500])
def test_names_wrap_little_and_no_word_is_cut_with_every_column(widget, hands, load_sample, slicer_host, side_area):
    compare_with_first(widget, hands, load_sample)
    table = widget.measurementsPanel.ui.measurementTable
    open_all(widget)
    slicer_host.window.centralWidget().setSizes([side_area, 1400 - side_area])
    for width in (1390, 1400):
        slicer_host.window.resize(width, 1000)
        slicer_host.process_events()
    metrics, room = table.fontMetrics(), table.columnWidth(0)
    for row in range(table.rowCount):
        name = table.item(row, 0).text()
        longest = max(metrics.horizontalAdvance(word) for word in name.split())
        assert longest + 30 <= room, f"{name}: a word is cut"  # beside the tick
        assert table.rowHeight(row) <= 4 * metrics.height(), f"{name}: more than three lines"
    for row in range(table.rowCount):
        item = table.item(row, 1)
        assert item.textAlignment() & 0x2, "values stand at the right"


def test_widgets_are_connected_once_however_often_the_module_is_opened(widget, slicer_host, monkeypatch):
    calls = []
    node = type(widget._parameterNode)
    monkeypatch.setattr(node, "connectGui", lambda self, gui: calls.append(gui) or 0)
    selector = slicer_host.window.moduleSelector()
    for _ in range(30):
        selector.selectModule("")
        selector.selectModule("VSSegmentation")
    assert calls == []
    assert widget._parameterNode is widget.logic.getParameterNode()


def test_the_folder_of_an_export_is_opened(segmented, hands, tmp_path, monkeypatch):
    import qt

    ui = segmented.reportPanel.ui
    segmented.reportPanel.unfold()
    assert not ui.openFolderButton.visible
    ui.exportFolderButton.directory = str(tmp_path)
    for each, box in segmented.reportPanel.formatBoxes.items():
        box.checked = each == "csv"
    hands.click(ui.exportButton)
    opened = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    hands.click(ui.openFolderButton)
    assert opened == [str(tmp_path / "vs_report")]

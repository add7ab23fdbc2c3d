"""Pictures of every panel and of the whole window: nothing cut off, in light and dark, and with larger letters.

With the variable VS_SEGMENTATION_PICTURES set to a folder, the pictures stay there to be looked at.
"""

import os
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kept = os.environ.get("VS_SEGMENTATION_PICTURES")
    return Path(kept) if kept else tmp_path


@pytest.fixture
def look(slicer_host):
    """The application, with its palette and font given back at the end."""
    app = slicer_host.app
    palette, font = app.palette(), app.font()
    yield app
    app.setPalette(palette)
    app.setFont(font)


def dark_palette():
    """Slicer's own dark colors (Base/QTGUI/qSlicerDarkStyle.cxx)."""
    from PySide6.QtGui import QColor, QPalette

    palette, roles = QPalette(), QPalette.ColorRole
    for role, color in (
        (roles.Window, "#323232"), (roles.WindowText, "white"), (roles.Base, "#1e1e1e"), (roles.Text, "white"),
        (roles.AlternateBase, "#323232"), (roles.ToolTipBase, "white"), (roles.ToolTipText, "#323232"),
        (roles.Button, "#323232"), (roles.ButtonText, "white"), (roles.Light, "#828284"), (roles.Midlight, "#5a5a5b"),
        (roles.Dark, "#232323"), (roles.Mid, "#2b2b2b"), (roles.Shadow, "#141414"), (roles.Highlight, "#3ca4ff"),
        (roles.HighlightedText, "white"), (roles.Link, "#3ca4ff"),
    ):  # fmt: skip
        palette.setColor(role, QColor(color))
    for role, color in (
        (roles.WindowText, "#6d6d6d"), (roles.Text, "#6d6d6d"), (roles.ButtonText, "#b4b4b4"),
        (roles.Highlight, "#505050"), (roles.HighlightedText, "#6d6d6d"),
    ):  # fmt: skip
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(color))
    half = QColor("white")
    half.setAlpha(128)
    palette.setColor(roles.PlaceholderText, half)  # Qt derives it from the text where a style does not set it
    return palette


def open_all(widget):
    for panel in widget.panels:
        for child in panel.widget.children():
            if child.className() == "ctkCollapsibleButton":
                child.collapsed = False


def cut_off(widget):
    """Buttons and boxes in view whose text has no room."""
    from PySide6.QtWidgets import QCheckBox, QPushButton

    kinds = (QPushButton, QCheckBox)
    buttons = [each for panel in widget.panels for kind in kinds for each in panel.widget.findChildren(kind)]
    return [b.text for b in buttons if b.visible and b.width < b.fontMetrics().horizontalAdvance(b.text)]


def too_low(widget):
    """Wrapped words in view that have less height than their lines need."""
    from PySide6.QtWidgets import QLabel

    labels = [each for panel in widget.panels for each in panel.widget.findChildren(QLabel)]
    return [b.name for b in labels if b.visible and b.text and b.height < b.heightForWidth(b.width)]


def cut_off_titles(table):
    header, columns = table.horizontalHeader(), range(table.columnCount)
    narrow = [column for column in columns if header.sectionSize(column) < header.sectionSizeHint(column)]
    return [table.horizontalHeaderItem(column).text() for column in narrow]


def names_cut_short(table):
    """Measurements whose name, wrapped into its column, needs more height than its row has."""
    rows = range(table.rowCount)
    return [table.item(row, 0).text() for row in rows if table.rowHeight(row) < table.sizeHintForRow(row)]


@pytest.mark.parametrize("style", ["light", "dark", "large"])
def test_no_text_is_cut_off(segmented, slicer_host, look, folder, style):
    if style == "dark":
        look.setPalette(dark_palette())
    if style == "large":
        font = look.font()
        font.setPointSizeF(1.25 * font.pointSizeF())
        look.setFont(font)
    open_all(segmented)
    if style == "large":
        slicer_host.window.centralWidget().setSizes([500, 900])  # as wide in letters as the usual 400 are
    for width in (1390, 1400):  # the height that wrapped words need follows from the width, a round later
        slicer_host.window.resize(width, 1000)
        slicer_host.app.processEvents()
    slicer_host.screenshot(folder / f"window_{style}.png")
    assert cut_off(segmented) == []
    assert too_low(segmented) == []
    assert cut_off_titles(segmented.measurementsPanel.ui.measurementTable) == []
    assert names_cut_short(segmented.measurementsPanel.ui.measurementTable) == []
    widest = {type(panel).__name__: panel.widget.minimumSizeHint().width() for panel in segmented.panels}
    room = (500 if style == "large" else 400) - 20  # of the side area, beside its scroll bar
    assert {name: width for name, width in widest.items() if width > room} == {}
    for panel in segmented.panels:
        path = folder / f"{type(panel).__name__}_{style}.png"
        assert panel.widget.grab().save(str(path))
        assert path.stat().st_size > 2000


def test_the_empty_module_has_words_in_every_panel(widget, slicer_host, folder):
    open_all(widget)
    slicer_host.screenshot(folder / "window_empty.png")
    ui = {type(panel).__name__: panel.ui for panel in widget.panels}
    for words in (
        ui["CasePanel"].scanLabel.text, ui["SegmentPanel"].whyLabel.text, ui["EditPanel"].editEmptyLabel.text,
        ui["MeasurementsPanel"].stateLabel.text, ui["FollowUpPanel"].followUpLabel.text,
        ui["ReportPanel"].whyLabel.text,
    ):  # fmt: skip
        assert words


def test_every_button_that_does_nothing_now_says_why(widget):
    from PySide6.QtWidgets import QPushButton

    open_all(widget)
    buttons = [each for panel in widget.panels for each in panel.widget.findChildren(QPushButton)]
    assert [b.name for b in buttons if b.visible and not b.enabled and not b.toolTip.endswith(".")] == []


def contrast(one, other):
    """Ratio of two colors' luminances (WCAG 2.2, 1.4.3: 4.5 is the least for text)."""

    def luminance(color):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("style", ["light", "dark"])
def test_a_comparison_is_readable(compared, slicer_host, look, folder, style):
    from PySide6.QtGui import QColor

    if style == "dark":
        look.setPalette(dark_palette())
    open_all(compared)
    slicer_host.process_events()
    panels = (compared.segmentPanel, compared.measurementsPanel, compared.followUpPanel)
    for panel in panels:
        assert panel.widget.grab().save(str(folder / f"{type(panel).__name__}_compared_{style}.png"))
    paper = compared.followUpPanel.ui.curveLabel.grab().toImage().pixelColor(2, 2)
    assert contrast(QColor("#111"), paper) >= 4.5  # the ink of the curve


def test_why_a_button_of_the_follow_up_is_disabled_stands_directly_below_it(compared):
    ui = compared.followUpPanel.ui
    assert not ui.addPriorButton.enabled
    assert ui.whyLabel.text
    assert 0 <= ui.whyLabel.y - (ui.addPriorButton.y + ui.addPriorButton.height) <= 20


def test_no_line_ends_between_a_number_and_its_unit(compared):
    import re

    labels = (
        compared.resultPanel.ui.headlineNameLabel, compared.resultPanel.ui.reasonLabel,
        compared.followUpPanel.ui.followUpLabel, compared.editPanel.ui.planeLabel,
        compared.segmentPanel.ui.statusLabel,
    )  # fmt: skip
    for label in labels:
        assert re.search(r"\d", label.text), label.name
        assert re.findall(r"\d (?:mm|cm³|%|s\b).*", label.text) == [], label.name

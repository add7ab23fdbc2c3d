"""Who uses the keyboard or a screen reader: the order of the Tab key is that of the eye, and every field has a name."""

import pytest

FIELDS = (
    "QAbstractButton", "QComboBox", "QLineEdit", "QAbstractSpinBox", "QAbstractSlider", "QAbstractItemView",
)  # fmt: skip


def open_all(widget):
    for panel in widget.panels:
        for child in panel.widget.children():
            if child.className() in ("ctkCollapsibleButton", "ctkCollapsibleGroupBox"):
                child.collapsed = False


@pytest.fixture
def fields(segmented, slicer_host):
    """What takes the keyboard in the panels, but for Slicer's own Segment Editor."""
    from PySide6 import QtWidgets
    from PySide6.QtCore import Qt

    open_all(segmented)
    slicer_host.process_events()
    kinds = tuple(getattr(QtWidgets, name) for name in FIELDS)
    frame = segmented.editPanel.ui.editorFrame
    return {
        type(panel).__name__: [
            each
            for each in panel.widget.findChildren(QtWidgets.QWidget)
            if isinstance(each, kinds)
            and each.visible
            and each.focusPolicy & Qt.FocusPolicy.TabFocus
            and not frame.isAncestorOf(each)
            and each.name  # those without are parts of widgets of CTK and Slicer
            and not isinstance(each.parentWidget(), kinds)
        ]
        for panel in segmented.panels
    }


def test_every_field_tells_a_screen_reader_what_it_is(fields):
    from PySide6.QtGui import QAccessible

    def name(field):
        return QAccessible.queryAccessibleInterface(field).text(QAccessible.Text.Name)

    nameless = [f"{panel}: {each.name or each}" for panel, found in fields.items() for each in found if not name(each)]
    assert nameless == []


def test_every_field_explains_itself(fields):
    silent = [f"{panel}: {each.name}" for panel, found in fields.items() for each in found if not each.toolTip]
    assert [each for each in silent if "Section" not in each] == []


def test_tab_goes_from_top_to_bottom_through_the_report_and_out_of_a_table(segmented, fields, slicer_host):
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    slicer_host.window.activateWindow()
    for panel in ("ReportPanel", "MeasurementsPanel"):
        fields[panel][0].setFocus()
        whole, tops = getattr(segmented, panel[0].lower() + panel[1:]).widget, []
        for _ in range(6):
            at = slicer_host.app.focusWidget()
            tops.append(at.mapTo(whole, QPoint(0, 0)).y())
            QTest.keyClick(at, Qt.Key.Key_Tab)
        assert tops == sorted(tops), panel
        assert len(set(tops)) > 3, "the Tab key stays where it is"

"""Keys of the Segment Editor act where a person edits and nowhere else; what must not be used of it is hidden."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest


def press(widget, key, modifier=Qt.KeyboardModifier.NoModifier):
    widget.setFocus()
    QTest.keyClick(widget, key, modifier)


def active(segmented):
    effect = segmented.editPanel.editor.activeEffect()
    return None if effect is None else effect.name


def with_focus(segmented, slicer_host):
    slicer_host.window.activateWindow()
    segmented.editPanel.unfold()
    segmented.measurementsPanel.unfold()
    slicer_host.process_events()


def test_digits_and_space_act_in_the_views(segmented, slicer_host):
    with_focus(segmented, slicer_host)
    view = slicer_host.app.layoutManager().sliceWidget("Red").sliceView()
    view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    press(view, Qt.Key.Key_1)
    assert active(segmented) == "Paint"
    press(view, Qt.Key.Key_Space)
    assert active(segmented) is None


def test_a_table_and_a_button_keep_their_keys(segmented, slicer_host, hands):
    with_focus(segmented, slicer_host)
    table = segmented.measurementsPanel.ui.measurementTable
    hands.show(table)
    for key in (Qt.Key.Key_1, Qt.Key.Key_Space, Qt.Key.Key_Escape, Qt.Key.Key_I):
        press(table, key)
    assert active(segmented) is None
    button, pressed = segmented.editPanel.ui.plusButton, []
    button.connect("clicked()", lambda: pressed.append(True))
    hands.show(button)
    press(button, Qt.Key.Key_Space)
    assert pressed == [True]
    assert active(segmented) is None


def test_only_what_changes_measured_segments_is_offered(segmented):
    from Testing.support.host.standin import state

    editor = segmented.editPanel.editor
    assert not editor.addRemoveSegmentButtonsVisible
    assert not editor.maskingSectionVisible
    assert not editor.specifyGeometryButtonVisible
    segmented.editPanel.unfold()
    parts = state(editor)["parts"]
    assert [each.visible for each in (parts.add, parts.remove, parts.masking, parts.switch)] == [False] * 4
    assert parts.show_3d.visible


def test_show_3d_changes_no_number(segmented, hands):
    from Testing.support.host.standin import state

    before = segmented.session.numbers.measurements
    segmented.editPanel.unfold()
    button = state(segmented.editPanel.editor)["parts"].show_3d
    for _ in range(2):
        hands.click(button)
        segmented.session.live.catchUp()
        assert segmented.session.numbers.measurements == before
    assert segmented.session.examination.log.edits == ()

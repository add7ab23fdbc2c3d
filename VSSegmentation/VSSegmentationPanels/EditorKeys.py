"""The keys of the Segment Editor, which Slicer gives to the whole window: here only where a person is editing.

Space, digits and letters belong to whoever has the keyboard: to a table, which they scroll and select in, to a button,
which Space presses. So they are on while a view or the editor has it. Undo and redo are on in the whole section, too:
after a click on a button that moves the plane they take that back.
"""

from collections.abc import Callable
from typing import Any

import slicer

_FOCUS_CHANGED = "focusChanged(QWidget*,QWidget*)"


class EditorKeys:
    """Keys of one editor widget."""

    def __init__(self, editor: Any, section: Any, escaped: Callable[[], None]) -> None:
        """Install nothing yet.

        Args:
            editor: The qMRMLSegmentEditorWidget.
            section: The panel that it lies in, which will hold the shortcuts.
            escaped: Told of Esc: that key is the editor's, and two shortcuts for it would block each other.
        """
        self._editor, self._section, self._escaped = editor, section, escaped
        self._isInstalled = False

    def install(self) -> None:
        """Make the keys, and listen to where the keyboard goes."""
        if not self._isInstalled:
            self._isInstalled = True
            slicer.app.connect(_FOCUS_CHANGED, self._onFocus)
        self._editor.installKeyboardShortcuts(self._section)
        for each in self._section.children():
            if each.className() == "QShortcut" and str(each.key.toString()) == "Esc":
                each.connect("activated()", self._escaped)
        self._onFocus(None, slicer.app.focusWidget())

    def uninstall(self) -> None:
        """Take the keys away."""
        if self._isInstalled:
            self._isInstalled = False
            slicer.app.disconnect(_FOCUS_CHANGED, self._onFocus)
        self._editor.uninstallKeyboardShortcuts()

    def _onFocus(self, _before: Any, now: Any) -> None:
        inSection = now is not None and self._section.isAncestorOf(now)
        isEditing = now is not None and any(
            place is not None and (place.isAncestorOf(now) or place == now)
            for place in (self._editor, slicer.app.layoutManager().viewport())
        )
        for each in self._section.children():
            if each.className() == "QShortcut":
                isWithControl = "Ctrl" in str(each.key.toString())
                each.enabled = isEditing or (inSection and isWithControl)

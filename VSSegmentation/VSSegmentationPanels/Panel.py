"""What all panels are: a section of the module with its own .ui file."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import qt
import slicer

from VSSegmentationPanels.Session import Session

_FOLDED_SETTING = "VSSegmentation/folded/{name}"


class Panel:
    """One section; children load their file, connect their widgets and show what the session has."""

    uiName: ClassVar[str]

    def __init__(self, session: Session, resourcePath: Callable[[str], str]) -> None:
        self.session = session
        self.widget = slicer.util.loadUI(resourcePath(f"UI/{self.uiName}.ui"))
        self.ui: Any = slicer.util.childWidgetVariables(self.widget)
        self.widget.setMRMLScene(slicer.mrmlScene)
        self._reasons: dict[str, str] = {}
        self._section = next(
            (each for each in self.widget.children() if each.className() == "ctkCollapsibleButton"), None
        )
        if self._section is not None:
            self._addReasons()
        self.setup()
        if self._section is not None:
            self._rememberFolding()
        session.examinationChanged.connect(self.update)

    def setup(self) -> None:
        """Fill and connect the widgets; called once."""

    def update(self) -> None:
        """Show what the session has now."""

    def enter(self) -> None:
        """Take up work when the user opens the module."""

    def exit(self) -> None:
        """Leave nothing active when the user opens another module."""

    def sceneCloses(self) -> None:
        """Let go of nodes before the scene closes."""

    def cleanup(self) -> None:
        """Let go of everything before the module goes."""

    def unfold(self) -> None:
        """Open the section, where something is waiting for the user."""
        self._section.collapsed = False

    def enable(self, widget: Any, reason: str, toolTip: str) -> None:
        """Enable a widget unless there is a reason against it, which then is its tool tip and stands in the panel."""
        enable(widget, reason, toolTip)
        self._reasons[str(widget.objectName)] = reason
        reasons = dict.fromkeys(each for each in self._reasons.values() if each)
        self.ui.whyLabel.text = "\n".join(reasons)
        self.ui.whyLabel.visible = bool(reasons)

    @contextmanager
    def attempt(self, what: str, problem: str) -> Iterator[None]:
        """Show a wait cursor, and what goes wrong in a message box; keep it in the journal.

        Args:
            what: Is tried, for the journal.
            problem: What a user reads if it does not work.
        """
        with slicer.util.tryWithErrorDisplay(problem, waitCursor=True):
            try:
                yield
            except Exception as error:
                self.session.journal.raised(what, error)
                raise

    def _addReasons(self) -> None:
        """Make the line at the end of the section that says why something in it is disabled."""
        if getattr(self.ui, "whyLabel", None) is None:
            label = self.ui.whyLabel = qt.QLabel()
            label.objectName = "whyLabel"
            label.wordWrap = True
            label.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Preferred)
            layout = self._section.layout()
            add = layout.addRow if layout.className() == "QFormLayout" else layout.addWidget
            add(label)
        self.ui.whyLabel.visible = False

    def _rememberFolding(self) -> None:
        setting = _FOLDED_SETTING.format(name=self.uiName)
        remembered = self.session.settings.value(setting)
        if remembered in ("0", "1"):
            self._section.collapsed = remembered == "1"
        self._section.connect(
            "contentsCollapsed(bool)",
            lambda folded: self.session.settings.setValue(setting, "1" if folded else "0"),
        )


def unbroken(text: str) -> str:
    """Return a sentence in which no line ends between a number and its unit."""
    return re.sub(r"(?<=\d) (?=(?:mm|cm³|s)\b|%)", "\N{NO-BREAK SPACE}", text)


def enable(widget: Any, reason: str, toolTip: str) -> None:
    """Enable a widget unless there is a reason against it, which is then its tool tip.

    Args:
        widget: A button, as a rule.
        reason: Why it cannot be used now; empty where it can.
        toolTip: What it does.
    """
    widget.enabled = not reason
    widget.toolTip = reason or toolTip

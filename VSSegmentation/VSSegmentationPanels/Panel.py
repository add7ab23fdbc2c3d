"""What all panels are: a section of the module with its own .ui file."""

from collections.abc import Callable
from typing import Any, ClassVar

import slicer

from VSSegmentationPanels.Session import Session


class Panel:
    """One section; children load their file, connect their widgets and show what the session has."""

    uiName: ClassVar[str]

    def __init__(self, session: Session, resourcePath: Callable[[str], str]) -> None:
        self.session = session
        self.widget = slicer.util.loadUI(resourcePath(f"UI/{self.uiName}.ui"))
        self.ui: Any = slicer.util.childWidgetVariables(self.widget)
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.setup()
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


def enable(widget: Any, reason: str, toolTip: str) -> None:
    """Enable a widget unless there is a reason against it, which is then its tool tip.

    Args:
        widget: A button, as a rule.
        reason: Why it cannot be used now; empty where it can.
        toolTip: What it does.
    """
    widget.enabled = not reason
    widget.toolTip = reason or toolTip

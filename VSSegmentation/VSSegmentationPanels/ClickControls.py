"""The buttons "Add here" and "Remove here", their keys, and what arms and disarms them."""

from collections.abc import Callable
from typing import Any

import qt
import slicer
import vtk
from slicer.i18n import tr as _

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.interaction import Interaction, Sign
from VSSegmentationLib.models import default_refiner
from VSSegmentationPanels.ClicksInViews import ClicksInViews
from VSSegmentationPanels.Corrections import Corrections
from VSSegmentationPanels.Flash import Flash
from VSSegmentationPanels.Session import DEVICE_SETTING

_FOCUS_CHANGED = "focusChanged(QWidget*,QWidget*)"
_KEYS: tuple[tuple[str, Sign], ...] = (("A", "add"), ("X", "remove"))
"""Free in Slicer: R resets a view, and the Segment Editor has digits, Q, W, Z and Y."""


class ClickControls:
    """One for the panel with the editor."""

    def __init__(self, panel: Any, corrections: Corrections) -> None:
        """Connect the buttons; nothing is armed."""
        self._panel, self._corrections = panel, corrections
        self.flash = Flash()
        self.views = ClicksInViews(self._onSaid, self.disarm)
        self._observed: list[tuple[Any, int]] = []
        self._isListening = False
        self._buttons: dict[Sign, Any] = {"add": panel.ui.addHereButton, "remove": panel.ui.removeHereButton}
        for sign, button in self._buttons.items():
            button.connect("clicked(bool)", self._onButton(sign))
        self._shortcuts = [self._shortcut(key, sign) for key, sign in _KEYS]
        corrections.told.connect(self._tell)
        self._tell("")
        corrections.changed.connect(self._onChanged)

    def update(self) -> None:
        """Follow the examination at hand."""
        session, ui = self._panel.session, self._panel.ui
        examination = session.examination
        self._corrections.setLive(session.live)
        ui.clickBox.visible = examination is not None
        if examination is None:
            self.disarm()
            return
        isEmpty = not examination.task.label_set.tumor_mask(examination.labelmap.array).any()
        self._buttons["add"].text = _("There is a tumor here") if isEmpty else _("Add here")
        missing = _missing(examination.task.name)
        self._panel.enable(
            self._buttons["add"], missing,
            _("Then click, or draw a line, in a slice where tumor is missing (key A while a view has the keyboard)."),
        )  # fmt: skip
        reason = missing or (_("There is no tumor to remove from.") if isEmpty else "")
        self._panel.enable(
            self._buttons["remove"], reason,
            _("Then click, or draw a line, on what is no tumor, in a slice or on the surface (key X)."),
        )  # fmt: skip

    def enter(self) -> None:
        """Listen to where the keyboard goes."""
        if not self._isListening:
            self._isListening = True
            slicer.app.connect(_FOCUS_CHANGED, self._onFocus)

    def exit(self) -> None:
        """Leave nothing armed, and nothing shown."""
        self.disarm()
        self.flash.end()
        self._corrections.forget()
        if self._isListening:
            self._isListening = False
            slicer.app.disconnect(_FOCUS_CHANGED, self._onFocus)

    def arm(self, sign: Sign) -> None:
        """Take clicks in the views as this sign, until something else is begun."""
        self._panel.editor.setActiveEffect(None)
        isOnCpu = self._panel.session.settings.value(DEVICE_SETTING) == "cpu"
        self._corrections.options["device"] = "cpu" if isOnCpu else "auto"
        if not self.views.isArmed:
            editor, mouse = (
                self._panel.editor.mrmlSegmentEditorNode(),
                slicer.app.applicationLogic().GetInteractionNode(),
            )
            self._observe(editor, vtk.vtkCommand.ModifiedEvent, self._onEffect)
            if mouse is not None:
                self._observe(mouse, mouse.InteractionModeChangedEvent, self._onMouseMode)
        self.views.arm(sign)
        self._showArmed()
        self._tell(
            _("Click where tumor is missing. Esc ends it.")
            if sign == "add"
            else _("Click what is no tumor. Esc ends it.")
        )

    def disarm(self) -> None:
        """Give the mouse back to the views."""
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed.clear()
        if self.views.isArmed:
            self.views.disarm()
            self._tell("")
        self._showArmed()

    def _observe(self, node: Any, event: Any, callback: Callable[..., None]) -> None:
        self._observed.append((node, node.AddObserver(event, callback)))

    def _onButton(self, sign: Sign) -> Callable[[bool], None]:
        return lambda on: self.arm(sign) if on else self.disarm()

    def _shortcut(self, key: str, sign: Sign) -> Any:
        shortcut = qt.QShortcut(qt.QKeySequence(key), self._panel.ui.clickBox)
        shortcut.enabled = False
        shortcut.connect("activated()", lambda: self.arm(sign))
        return shortcut

    def _showArmed(self) -> None:
        for sign, button in self._buttons.items():
            button.checked = self.views.sign == sign
        self._onFocus(None, slicer.app.focusWidget())

    def _onFocus(self, _before: Any, now: Any) -> None:
        """Give the keys to the views alone, and only while clicks are taken: a text field keeps its letters."""
        viewport = slicer.app.layoutManager().viewport()
        isInViews = now is not None and (viewport.isAncestorOf(now) or viewport == now)
        for shortcut in self._shortcuts:
            shortcut.enabled = self.views.isArmed and isInViews

    def _onEffect(self, editorNode: Any, _event: str) -> None:
        if editorNode.GetActiveEffectName():
            self.disarm()

    def _onMouseMode(self, mouse: Any, _event: str) -> None:
        if mouse.GetCurrentInteractionMode() != mouse.ViewTransform:
            self.disarm()

    def _onSaid(self, sign: Sign, points: tuple[Triplet, ...]) -> None:
        self._corrections.add(Interaction(sign=sign, points_ras_mm=points))

    def _onChanged(self, before: Any) -> None:
        examination = self._panel.session.examination
        if examination is not None:
            self.flash.show(examination, before)
            self.update()

    def _tell(self, sentence: str) -> None:
        self._panel.ui.clickLabel.text = sentence
        self._panel.ui.clickLabel.visible = bool(sentence)


def _missing(task: str) -> str:
    """Return why nothing can answer a click here; empty where a model can."""
    try:
        default_refiner(task)
    except ModelError:
        return _(
            "Correcting by a click needs a model of the role refiner, and none is installed. A file of one is taken in "
            "under Segment, Set-up."
        )
    return ""

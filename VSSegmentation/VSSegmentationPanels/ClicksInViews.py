"""Clicks and scribbles in the views, taken before Slicer and the Segment Editor see them, while a person wants that.

Observers of VTK's interactors, not effects or markups: an effect acts on one segment and is switched off by every other
mouse mode, a markup drops the click after scrolling, and neither can be tried without Slicer.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import slicer
import vtk

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.interaction import Sign

_PRIORITY = 2.0
"""The Segment Editor listens at 1.0, Slicer's own interactor style at 0.0."""
_STILL_PX = 4
"""A press and release within so many pixels is a click in a 3D view; a drag rotates."""
_STEP_PX = 2
"""A drag in a slice is kept in steps of at least so many pixels."""
_SIGNS: dict[Sign, tuple[str, tuple[float, float, float]]] = {
    "add": ("+", (0.2, 1.0, 0.3)), "remove": ("\N{MINUS SIGN}", (1.0, 0.3, 0.2)),
}  # fmt: skip
_BUTTON_EVENTS = ("LeftButtonPressEvent", "LeftButtonReleaseEvent", "LeftButtonDoubleClickEvent", "MouseMoveEvent")


class ClicksInViews:
    """Listens to all views for as long as a sign is armed."""

    def __init__(self, said: Callable[[Sign, tuple[Triplet, ...]], None], disarmed: Callable[[], None]) -> None:
        """Listen to nothing yet.

        Args:
            said: Told the sign and the points (R, A, S in mm) of a click or a scribble.
            disarmed: Told when Esc is pressed in a view.
        """
        self._said, self._disarmed = said, disarmed
        self.sign: Sign | None = None
        self._views: list[_View] = []
        self._layout: tuple[Any, int] | None = None

    @property
    def isArmed(self) -> bool:
        """Whether clicks are taken."""
        return self.sign is not None

    def arm(self, sign: Sign) -> None:
        """Take clicks from now on, as this sign."""
        self.sign = sign
        if self._layout is None:
            layout = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
            self._layout = (layout, layout.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._listen()))
        self._listen()

    def disarm(self) -> None:
        """Leave nothing behind."""
        self.sign = None
        if self._layout is not None:
            node, tag = self._layout
            node.RemoveObserver(tag)
            self._layout = None
        self._deaf()

    def _listen(self) -> None:
        """Listen to the views that there are now; a layout that changed may have others."""
        self._deaf()
        manager = slicer.app.layoutManager()
        slices = [manager.sliceWidget(name).sliceView() for name in manager.sliceViewNames()]
        solids = [manager.threeDWidget(index).threeDView() for index in range(manager.threeDViewCount)]
        if self.sign is not None:
            self._views = [
                *(_SliceView(view, self.sign, self._said, self._disarmed) for view in slices),
                *(_SolidView(view, self.sign, self._said, self._disarmed) for view in solids),
            ]

    def _deaf(self) -> None:
        for view in self._views:
            view.remove()
        self._views.clear()


class _View(ABC):
    """One view: its observers, and the sign that goes with the cursor."""

    def __init__(
        self,
        view: Any,
        sign: Sign,
        said: Callable[[Sign, tuple[Triplet, ...]], None],
        disarmed: Callable[[], None],
    ) -> None:
        self.view, self.sign, self.said, self.disarmed = view, sign, said, disarmed
        self.interactor = view.interactor()
        self._tags = [self._observe(event) for event in (*_BUTTON_EVENTS, "KeyPressEvent", "LeaveEvent")]
        text, color = _SIGNS[sign]
        self.label = vtk.vtkTextActor()
        self.label.SetInput(text)
        self.label.GetTextProperty().SetColor(color)
        self.label.GetTextProperty().SetFontSize(26)
        self.label.GetTextProperty().BoldOn()
        self.label.GetTextProperty().ShadowOn()
        self.label.SetPosition(8, 8)  # in the corner until the cursor comes: an armed state is seen
        self.renderer.AddViewProp(self.label)
        view.scheduleRender()

    @property
    def renderer(self) -> Any:
        """What the sign is drawn in."""
        return self.view.renderWindow().GetRenderers().GetFirstRenderer()

    def remove(self) -> None:
        """Listen no more, and take the sign away."""
        for tag in self._tags:
            self.interactor.RemoveObserver(tag)
        self._tags.clear()
        self.renderer.RemoveViewProp(self.label)
        self.view.scheduleRender()

    def _observe(self, event: str) -> int:
        tag: list[int] = []
        tag.append(self.interactor.AddObserver(event, lambda *_: self._heard(event, tag[0]), _PRIORITY))
        return tag[0]

    def _heard(self, event: str, tag: int) -> None:
        if event == "KeyPressEvent":
            if self.interactor.GetKeySym() == "Escape":
                self._swallow(tag)
                self.disarmed()
            return
        if event == "LeaveEvent":
            self._moveSign(8, 8)
            return
        x, y = self.interactor.GetEventPosition()
        if event == "MouseMoveEvent":
            self._moveSign(x + 10, y + 6)
        held = (self.interactor.GetShiftKey(), self.interactor.GetControlKey(), self.interactor.GetAltKey())
        if self.takes(event, (x, y), isPlain=not any(held)):
            self._swallow(tag)

    def _moveSign(self, x: float, y: float) -> None:
        self.label.SetPosition(x, y)
        self.view.scheduleRender()

    def _swallow(self, tag: int) -> None:
        self.interactor.GetCommand(tag).SetAbortFlag(1)

    @abstractmethod
    def takes(self, event: str, place: tuple[int, int], *, isPlain: bool) -> bool:
        """Do what an event asks for, and return whether nobody else may see it."""


class _SliceView(_View):
    """A press and release is a click, a drag is a scribble: a line in one slice."""

    _line: list[tuple[int, int]] | None = None

    def takes(self, event: str, place: tuple[int, int], *, isPlain: bool) -> bool:
        """Take the plain left button alone; with a key held, and all other buttons, views do what they always do."""
        if event == "LeftButtonPressEvent" and isPlain:
            self._line = [place]
            return True
        if event == "LeftButtonDoubleClickEvent" and isPlain:
            self._line = [place]  # the second of two quick clicks; Slicer would maximize the view
            return True
        if self._line is None:
            return False
        if event == "MouseMoveEvent" and math.dist(place, self._line[-1]) >= _STEP_PX:
            self._line.append(place)
        if event == "LeftButtonReleaseEvent":
            line, self._line = self._line, None
            if math.dist(place, line[-1]) >= _STEP_PX:
                line.append(place)
            moved = max(math.dist(line[0], each) for each in line) > _STILL_PX
            self.said(self.sign, tuple(map(self._ras, line if moved else line[:1])))
        return True

    def _ras(self, place: tuple[int, int]) -> Triplet:
        r, a, s, _one = self.view.mrmlSliceNode().GetXYToRAS().MultiplyPoint((*place, 0.0, 1.0))
        return r, a, s


class _SolidView(_View):
    """A click on the surface removes there; it lies on the border, so where to add would be unclear."""

    _pressed: tuple[int, int] | None = None

    def takes(self, event: str, place: tuple[int, int], *, isPlain: bool) -> bool:
        """Take nothing but the double click: the left button rotates."""
        if event in ("LeftButtonPressEvent", "LeftButtonDoubleClickEvent"):
            self._pressed = place if isPlain else None
        if event == "LeftButtonReleaseEvent" and self._pressed is not None:
            pressed, self._pressed = self._pressed, None
            if self.sign == "remove" and math.dist(pressed, place) <= _STILL_PX:
                self._pick(place)
        return event == "LeftButtonDoubleClickEvent" and isPlain

    def _pick(self, place: tuple[int, int]) -> None:
        picker = vtk.vtkCellPicker()
        picker.SetTolerance(0.002)
        picker.PickFromListOff()
        if picker.Pick(*place, 0, self.renderer) and picker.GetActor() is not None:
            r, a, s = picker.GetPickPosition()
            self.said(self.sign, ((r, a, s),))

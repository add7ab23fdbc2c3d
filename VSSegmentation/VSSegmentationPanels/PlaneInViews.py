"""The plane in the slice views: its line, the names of both sides, a handle to move it and one at each end to turn it.

Slicer's own handles of a plane are rings and arrows in three directions, which cover a tumor of usual size.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import slicer

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.scene.places import matrix_from_vtk
from VSSegmentationLib.scene.plane_cuts import Cut, NamePlace, cut_by_slice, name_places, turned
from VSSegmentationLib.scene.planes import COLOR_RGB, SIZE_MM

_MIDDLE = 2
"""Of the handles: which one moves the plane."""
_TEXT_SCALE = 3.0
_TEXT_PX = (9.5, 20.0)
"""Of a letter of that size at most, as wide and as high; where screens magnify, names need twice as much."""


class PlaneInViews:
    """Draws one plane for as long as it is shown; its nodes are hidden from lists and never saved."""

    def __init__(
        self, planeNode: Any, names: tuple[str, str], dragBegins: Callable[[], None], dragEnds: Callable[[], None]
    ) -> None:
        """Draw, and follow plane and views from now on.

        Args:
            planeNode: The plane.
            names: Of what lies in front of it and behind it.
            dragBegins: Told before a handle moves the plane.
            dragEnds: Told when it is let go.
        """
        self.planeNode = planeNode
        self._names = names
        self._tellBegins, self._tellEnds = dragBegins, dragEnds
        self._views: dict[str, _View] = {}
        self._observed: list[tuple[Any, int]] = []
        self._isPlacing = False
        self._grabbed: _Grabbed | None = None
        planeNode.GetDisplayNode().SetVisibility2D(False)
        self._observe(planeNode, planeNode.PointModifiedEvent, lambda *_: self.update())
        self._observe(planeNode, planeNode.DisplayModifiedEvent, lambda *_: self.update())
        for sliceNode in slicer.util.getNodesByClass("vtkMRMLSliceNode", planeNode.GetScene()):
            self._views[sliceNode.GetID()] = self._added(sliceNode)
        self.update()

    def remove(self) -> None:
        """Take everything away that was added."""
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed.clear()
        for view in self._views.values():
            view.remove()
        self._views.clear()
        if self.planeNode.GetDisplayNode() is not None:
            self.planeNode.GetDisplayNode().SetVisibility2D(True)

    def update(self) -> None:
        """Bring line, names and handles where the plane is now."""
        if self.planeNode.GetScene() is not None and self.planeNode.GetNumberOfControlPoints() and not self._isPlacing:
            for view in self._views.values():
                self._place(view)

    def _added(self, sliceNode: Any) -> "_View":
        view = _View(sliceNode, self._names)
        self._observe(sliceNode, "ModifiedEvent", lambda *_: self._onView(view))
        handles = view.handles
        self._observe(handles, handles.PointStartInteractionEvent, lambda *_: self._onBegins(view))
        self._observe(handles, handles.PointModifiedEvent, lambda *_: self._onMoves(view))
        self._observe(handles, handles.PointEndInteractionEvent, lambda *_: self._onEnds())
        return view

    def _observe(self, node: Any, event: Any, callback: Callable[..., None]) -> None:
        self._observed.append((node, node.AddObserver(event, callback)))

    def _onView(self, view: "_View") -> None:
        if self.planeNode.GetScene() is not None and self.planeNode.GetNumberOfControlPoints():
            self._place(view)

    def _place(self, view: "_View") -> None:
        display = self.planeNode.GetDisplayNode()
        cut = None
        if display.GetVisibility() and _isFor(display, view.sliceNode):
            plane = scenes.meatal_plane_of(self.planeNode)
            cut = cut_by_slice(plane, view.sliceToRas, SIZE_MM / 2)
        with self._placing():
            if cut is None:
                view.hide()
            else:
                isHeld = self._grabbed is not None and self._grabbed.view is view
                view.show(cut, name_places(cut, plane, view.xyToRas, view.sizePx, view.textPx), isHeld=isHeld)

    @contextmanager
    def _placing(self) -> Iterator[None]:
        before, self._isPlacing = self._isPlacing, True
        try:
            yield
        finally:
            self._isPlacing = before

    def _onBegins(self, view: "_View") -> None:
        plane = scenes.meatal_plane_of(self.planeNode)
        cut = cut_by_slice(plane, view.sliceToRas, SIZE_MM / 2)
        if cut is not None:
            self._tellBegins()
            self._grabbed = _Grabbed(view, plane, cut)

    def _onMoves(self, view: "_View") -> None:
        grabbed = self._grabbed
        if self._isPlacing or grabbed is None or grabbed.view is not view:
            return
        scenes.set_meatal_plane(self.planeNode, grabbed.plane())

    def _onEnds(self) -> None:
        if self._grabbed is not None:
            self._grabbed = None
            self.update()
            self._tellEnds()


class _View:
    """The nodes of one slice view."""

    def __init__(self, sliceNode: Any, names: tuple[str, str]) -> None:
        self.sliceNode = sliceNode
        self.textPx = (_TEXT_PX[0] * max(map(len, names)), _TEXT_PX[1])
        self.line = self._node("vtkMRMLMarkupsLineNode", 2)
        self.line.SetLocked(True)  # else it takes the mouse from its handles
        self.line.GetMeasurement("length").SetEnabled(False)
        self.handles = self._node("vtkMRMLMarkupsFiducialNode", 3)
        """Both ends, which turn the plane, and the middle, which moves it."""
        self._names = []
        for name in names:
            node = self._node("vtkMRMLMarkupsFiducialNode", 1)
            node.SetLocked(True)
            node.SetNthControlPointLabel(0, name)
            display = node.GetDisplayNode()
            display.SetPointLabelsVisibility(True)
            display.SetGlyphScale(0.01)
            self._names.append(node)

    @property
    def sliceToRas(self) -> Any:
        """From the slice, in mm, to the world."""
        return matrix_from_vtk(self.sliceNode.GetSliceToRAS())

    @property
    def xyToRas(self) -> Any:
        """From the view, in pixels, to the world."""
        return matrix_from_vtk(self.sliceNode.GetXYToRAS())

    @property
    def sizePx(self) -> tuple[int, int]:
        """Width and height of the view."""
        width, height, _ = self.sliceNode.GetDimensions()
        return width, height

    def show(self, cut: Cut, places: tuple[NamePlace, NamePlace] | None, *, isHeld: bool) -> None:
        """Show everything at a line; handles that a person holds stay in that hand."""
        for index, end in enumerate(cut.ends_ras_mm):
            self.line.SetNthControlPointPositionWorld(index, *end)
        if not isHeld:
            for index, point in enumerate((*cut.ends_ras_mm, cut.center_ras_mm)):
                self.handles.SetNthControlPointPositionWorld(index, *point)
        self.line.SetDisplayVisibility(True)
        self.handles.SetDisplayVisibility(True)
        for index, node in enumerate(self._names):
            node.SetDisplayVisibility(places is not None)
            if places is not None:
                _putName(node, places[index])

    def hide(self) -> None:
        """Show nothing."""
        for node in self._nodes():
            node.SetDisplayVisibility(False)

    def remove(self) -> None:
        """Take the nodes out of the scene."""
        for node in self._nodes():
            if node.GetScene() is not None:
                node.GetScene().RemoveNode(node)

    def _nodes(self) -> tuple[Any, ...]:
        return (self.line, self.handles, *self._names)

    def _node(self, kind: str, points: int) -> Any:
        scene = self.sliceNode.GetScene()
        node = scene.CreateNodeByClass(kind)
        node.UnRegister(None)
        node.SetName("Porus plane in a view")
        node.SetSaveWithScene(False)
        node.SetHideFromEditors(True)
        scene.AddNode(node)
        node.CreateDefaultDisplayNodes()
        for _ in range(points):
            node.AddControlPointWorld([0.0, 0.0, 0.0])
            node.SetNthControlPointLabel(node.GetNumberOfControlPoints() - 1, "")
        node.SetFixedNumberOfControlPoints(True)
        display = node.GetDisplayNode()
        display.SetSaveWithScene(False)
        display.AddViewNodeID(self.sliceNode.GetID())
        display.SetColor(COLOR_RGB)
        display.SetSelectedColor(COLOR_RGB)
        display.SetPropertiesLabelVisibility(False)
        display.SetTextScale(_TEXT_SCALE)
        display.SetGlyphScale(2.0)
        display.SetLineThickness(0.3)
        node.SetDisplayVisibility(False)
        return node


class _Grabbed:
    """What a person drags: where everything was when it was grabbed."""

    def __init__(self, view: _View, plane: MeatalPlane, cut: Cut) -> None:
        self.view = view
        self._plane, self._cut = plane, cut

    def plane(self) -> MeatalPlane:
        """Return the plane as it is dragged to now."""
        points = slicer.util.arrayFromMarkupsControlPoints(self.view.handles, world=True)
        moved = points - np.array((*self._cut.ends_ras_mm, self._cut.center_ras_mm))
        grabbed = int(np.linalg.norm(moved, axis=1).argmax())
        if grabbed == _MIDDLE:
            r, a, s = (np.array(self._plane.origin_ras_mm) + moved[grabbed]).tolist()
            return replace(self._plane, origin_ras_mm=(r, a, s))
        r, a, s = points[grabbed].tolist()
        return turned(self._plane, self._cut, self.view.sliceToRas, grabbed, (r, a, s))


def _putName(node: Any, place: NamePlace) -> None:
    text = node.GetDisplayNode().GetTextProperty()
    (text.SetJustificationToLeft if place.to_right else text.SetJustificationToRight)()
    (text.SetVerticalJustificationToBottom if place.upward else text.SetVerticalJustificationToTop)()
    node.SetNthControlPointPositionWorld(0, *place.anchor_ras_mm)


def _isFor(display: Any, sliceNode: Any) -> bool:
    """Tell whether a display node is shown in a view: named, or none is."""
    views = [display.GetNthViewNodeID(n) for n in range(display.GetNumberOfViewNodeIDs())]
    return not views or sliceNode.GetID() in views

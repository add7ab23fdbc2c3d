"""The diameters as lines in the views, kept in step with the numbers; and lines that a person draws beside them."""

from collections.abc import Iterable, Iterator
from typing import Any

import slicer

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.value import shown_number
from VSSegmentationLib.reporting import ManualOverride
from VSSegmentationLib.scene.lines import MEASUREMENT_ATTRIBUTE, label_line

_OWNER = "vsSegmentationOwner"
_MANUAL = "VSSegmentation.ManualFor"


class Lines:
    """The lines of one segmentation, found by their attributes, so that they are found again in a loaded scene."""

    def __init__(self, volumeNode: Any, segmentationNode: Any) -> None:
        self._volumeNode = volumeNode
        self._segmentationNode = segmentationNode

    def update(self, measurements: Iterable[Measurement]) -> None:
        """Bring the lines where the measurements are; those that are not measurable any more go."""
        for measurement in measurements:
            node = self.nodeOf(measurement.id)
            if measurement.end_points_ras_mm is None or measurement.value is None:
                if node is not None:
                    node.GetScene().RemoveNode(node)
            elif node is None:
                self._add(measurement)
            else:
                for index, point in enumerate(measurement.end_points_ras_mm):
                    node.SetNthControlPointPositionWorld(index, *point)
                label_line(node, measurement.value, measurement.unit)
                name, value = node.GetName().rpartition(":")[0], shown_number(measurement.value, measurement.unit)
                node.SetName(f"{name}: {value} {measurement.unit}")

    def nodes(self) -> tuple[Any, ...]:
        """Return all lines, measured and drawn by hand."""
        return tuple(self._own())

    def nodeOf(self, measurementId: str) -> Any:
        """Return the line of a measurement, or None."""
        return next((n for n in self._own() if n.GetAttribute(MEASUREMENT_ATTRIBUTE) == measurementId), None)

    def isShown(self, measurementId: str) -> bool:
        """Tell whether the line of a measurement is visible."""
        node = self.nodeOf(measurementId)
        return node is not None and bool(node.GetDisplayVisibility())

    def show(self, measurementId: str, *, visible: bool) -> None:
        """Show or hide the line of a measurement."""
        node = self.nodeOf(measurementId)
        if node is not None:
            node.SetDisplayVisibility(visible)

    def addManual(self, measurement: Measurement) -> Any:
        """Return a copy of a measurement's line that can be dragged; the one that is there already, if there is one."""
        node = self._manualOf(measurement.id)
        if node is None:
            (node,) = self._made(measurement)
            node.RemoveAttribute(MEASUREMENT_ATTRIBUTE)
            node.SetAttribute(_MANUAL, measurement.id)
            node.SetName(f"{measurement.name}, by hand")
            node.SetLocked(False)
            node.GetMeasurement("length").SetEnabled(True)
            node.GetDisplayNode().SetColor(1.0, 1.0, 0.0)
            node.GetDisplayNode().SetSelectedColor(1.0, 1.0, 0.0)
            self._claim(node)
        node.SetDisplayVisibility(True)
        self.labelManual()
        return node

    def manualValues(self) -> tuple[ManualOverride, ...]:
        """Return the length of each line that a person drew."""
        found = []
        for node in self._own():
            if node.GetAttribute(_MANUAL) and node.GetNumberOfControlPoints() == 2:
                first, last = [0.0] * 3, [0.0] * 3
                node.GetNthControlPointPositionWorld(0, first)
                node.GetNthControlPointPositionWorld(1, last)
                ends = ((first[0], first[1], first[2]), (last[0], last[1], last[2]))
                length = node.GetLineLengthWorld()
                found.append(
                    ManualOverride(measurement_id=node.GetAttribute(_MANUAL), value=length, end_points_ras_mm=ends)
                )
        return tuple(found)

    def labelManual(self) -> None:
        """Write the length beside each line that a person drew."""
        for node in self._own():
            if node.GetAttribute(_MANUAL) and node.GetNumberOfControlPoints() == 2:
                label_line(node, node.GetLineLengthWorld(), "mm")

    def _add(self, measurement: Measurement) -> None:
        for node in self._made(measurement):
            self._claim(node)

    def _made(self, measurement: Measurement) -> tuple[Any, ...]:
        scene, task = self._segmentationNode.GetScene(), scenes.task_of(self._segmentationNode)
        return scenes.add_lines(scene, [measurement], self._volumeNode, task=task)

    def _claim(self, node: Any) -> None:
        node.SetNodeReferenceID(_OWNER, self._segmentationNode.GetID())
        scenes.place_beside(self._volumeNode, node)

    def _manualOf(self, measurementId: str) -> Any:
        return next((n for n in self._own() if n.GetAttribute(_MANUAL) == measurementId), None)

    def _own(self) -> Iterator[Any]:
        scene = self._segmentationNode.GetScene()
        if scene is None:
            return
        for node in slicer.util.getNodesByClass("vtkMRMLMarkupsLineNode", scene):
            if node.GetNodeReference(_OWNER) is self._segmentationNode:
                yield node

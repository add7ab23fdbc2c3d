"""Diameters as line markups: results, so they are locked; a person drags a copy."""

from collections.abc import Collection, Iterable
from typing import Any

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.value import shown_number
from VSSegmentationLib.tasks import DEFAULT_TASK, Task

MEASUREMENT_ATTRIBUTE = "VSSegmentation.MeasurementId"
"""Which measurement a line shows."""
_WHOLE_RGB = (255, 255, 255)


def add_lines(
    scene: Any,  # vtkMRMLScene
    measurements: Iterable[Measurement],
    volume_node: Any = None,  # vtkMRMLScalarVolumeNode
    *,
    shown: Collection[str] = (),
    task: Task = DEFAULT_TASK,
) -> tuple[Any, ...]:
    """Add a locked line for each measured diameter and length, named with what it measures, region and value.

    The value stands in the name and beside the line, since the length that Slicer would show is the distance of its
    ends, and a diameter may be defined otherwise.

    Args:
        scene: Where to.
        measurements: As `measure` returns them; volumes and what is not measurable have no line.
        volume_node: The scan, whose transform the lines come under.
        shown: Ids of the lines to show at first; the others are hidden.
        task: What kind of tumor was measured.

    Returns:
        The nodes, in the order of the measurements.
    """
    nodes = []
    for measurement in measurements:
        if measurement.end_points_ras_mm is None or measurement.value is None or measurement.id in task.without_line:
            continue
        node = scene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", _name(measurement, measurement.value))
        if volume_node is not None:
            node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
        for point in measurement.end_points_ras_mm:
            node.AddControlPointWorld(list(point))
        label_line(node, measurement.value, measurement.unit)
        node.SetLocked(True)
        node.GetMeasurement("length").SetEnabled(False)
        node.SetAttribute(MEASUREMENT_ATTRIBUTE, measurement.id)
        _style(node, measurement.region, task, visible=measurement.id in shown)
        nodes.append(node)
    return tuple(nodes)


def label_line(node: Any, value: float, unit: str) -> None:  # vtkMRMLMarkupsLineNode
    """Write a value beside the end that lies further left, anterior and superior: in the views, where text runs to.

    The whole name would run over their rim, with the value last.
    """
    ends = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    for index, end in enumerate(ends):
        node.GetNthControlPointPositionWorld(index, end)
    labeled = max((0, 1), key=lambda index: -ends[index][0] + ends[index][1] + ends[index][2])
    node.SetNthControlPointLabel(labeled, f"{shown_number(value, unit)} {unit}")
    node.SetNthControlPointLabel(1 - labeled, "")


def _name(measurement: Measurement, value: float) -> str:
    name = measurement.name
    if measurement.region not in name.lower():
        name = f"{name}, {measurement.region} tumor"
    return f"{name}: {shown_number(value, measurement.unit)} {measurement.unit}"


def _style(node: Any, region: str, task: Task, *, visible: bool) -> None:  # vtkMRMLMarkupsLineNode
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    entry = task.entry_of_region(region)
    color = [component / 255 for component in (_WHOLE_RGB if entry is None else entry.color_rgb)]
    display.SetColor(color)
    display.SetSelectedColor(color)
    display.SetPointLabelsVisibility(True)
    display.SetPropertiesLabelVisibility(False)
    display.SetVisibility(visible)

"""Measurements as a table node."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import vtk

from VSSegmentationLib.measurement import Measurement, Uncertainty
from VSSegmentationLib.measurement.value import shown_number

COLUMNS = ("Measurement", "Region", "Value", "Unit", "Uncertainty", "Not measurable because", "Id")


def add_measurement_table(scene: Any, measurements: Iterable[Measurement], name: str = "Measurements") -> Any:
    """Add a table node with one row per measurement."""
    node = scene.AddNewNodeByClass("vtkMRMLTableNode", name)
    fill_measurement_table(node, measurements)
    return node


def fill_measurement_table(table_node: Any, measurements: Iterable[Measurement]) -> None:
    """Put measurements in the place of whatever a table node holds, rounded as a report rounds them."""
    rows = [_row(measurement) for measurement in measurements]
    fill_table(table_node, {name: [row[column] for row in rows] for column, name in enumerate(COLUMNS)})


def fill_table(table_node: Any, columns: Mapping[str, Sequence[str] | Sequence[float]]) -> None:
    """Put columns, each of texts or of numbers alone, in the place of whatever a table node holds."""
    table = vtk.vtkTable()
    for name, values in columns.items():
        column = vtk.vtkStringArray() if values and isinstance(values[0], str) else vtk.vtkDoubleArray()
        column.SetName(name)
        for value in values:
            column.InsertNextValue(value)
        table.AddColumn(column)
    table_node.SetAndObserveTable(table)
    table_node.SetUseColumnTitleAsColumnHeader(True)
    table_node.SetLocked(True)


def _row(measurement: Measurement) -> tuple[str, ...]:
    return (
        measurement.name,
        measurement.region,
        "" if measurement.value is None else shown_number(measurement.value, measurement.unit),
        measurement.unit,
        _uncertain(measurement.uncertainty),
        measurement.reason or "",
        measurement.id,
    )


def _uncertain(uncertainty: Uncertainty | None) -> str:
    if uncertainty is None:
        return ""
    if uncertainty.value is None:
        return uncertainty.kind
    return f"± {shown_number(uncertainty.value, uncertainty.unit)} {uncertainty.unit}"

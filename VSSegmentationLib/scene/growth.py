"""A comparison of examinations as plots: each measure over time, volumes in one chart and the diameter in another."""

from typing import Any, NamedTuple

from VSSegmentationLib.measurement.growth import Growth, Series
from VSSegmentationLib.measurement.value import shown_number
from VSSegmentationLib.scene.tables import fill_table
from VSSegmentationLib.tasks import DEFAULT_TASK, Task

_DAYS, _MONTHS = "Days from baseline", "Months from baseline"
_DAYS_PER_MONTH = 365.25 / 12
_WHOLE_RGB = (0, 0, 0)


class GrowthNodes(NamedTuple):
    """What a comparison becomes in a scene."""

    table: Any
    """Every measure of every examination, or why there is none."""
    charts: tuple[Any, ...]
    series: tuple[Any, ...]


def add_growth(scene: Any, growth: Growth, task: Task = DEFAULT_TASK) -> GrowthNodes:  # vtkMRMLScene
    """Add a table of all values, and a chart of the volumes and one of the diameter that the baseline leads with.

    A series holds measured values only: where there is none, its line goes on from the one before to the one after.
    """
    table = scene.AddNewNodeByClass("vtkMRMLTableNode", "Growth")
    days = [str(examination.days) for examination in growth.examinations]
    fill_table(table, {_DAYS: days, **{_title(series): _texts(series) for series in growth.series}})
    volumes = [(growth.of(name), _color(task, name)) for name in task.main_volumes]
    charts = [_add_chart(scene, growth, volumes, "Volume", "cm3")]
    headline = growth.examinations[0].headline.measurement_id
    if headline is not None:
        series = growth.of(headline)
        charts.append(_add_chart(scene, growth, [(series, _WHOLE_RGB)], series.measurements[0].name, "mm"))
    return GrowthNodes(table, tuple(chart for chart, _ in charts), tuple(each for _, nodes in charts for each in nodes))


def _add_chart(
    scene: Any,  # vtkMRMLScene
    growth: Growth,
    drawn: list[tuple[Series, tuple[int, int, int]]],
    title: str,
    unit: str,
) -> tuple[Any, tuple[Any, ...]]:
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", f"Growth: {title}")
    chart.SetTitle(title)
    chart.SetXAxisTitle(_MONTHS)
    chart.SetYAxisTitle(unit)
    chart.SetYAxisRangeAuto(True)
    nodes = tuple(_add_series(scene, growth, series, color) for series, color in drawn)
    for node in nodes:
        chart.AddAndObservePlotSeriesNodeID(node.GetID())
    return chart, nodes


def _add_series(scene: Any, growth: Growth, series: Series, color: tuple[int, int, int]) -> Any:
    values = _title(series)
    points = [
        (examination.days / _DAYS_PER_MONTH, measurement.value)
        for examination, measurement in zip(growth.examinations, series.measurements, strict=True)
        if measurement.value is not None
    ]
    data = scene.AddNewNodeByClass("vtkMRMLTableNode", f"Growth: {values}")
    data.SetHideFromEditors(True)
    fill_table(data, {_MONTHS: [month for month, _ in points], values: [value for _, value in points]})
    node = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", series.measurements[0].name)
    node.SetAndObserveTableNodeID(data.GetID())
    node.SetXColumnName(_MONTHS)
    node.SetYColumnName(values)
    node.SetPlotType(node.PlotTypeScatter)
    node.SetMarkerStyle(node.MarkerStyleSquare)
    node.SetLineStyle(node.LineStyleSolid)
    node.SetColor(*(component / 255 for component in color))
    return node


def _color(task: Task, measurement_id: str) -> tuple[int, int, int]:
    entry = task.entry_of_region(task.definitions[measurement_id].region)
    return _WHOLE_RGB if entry is None else entry.color_rgb


def _title(series: Series) -> str:
    first = series.measurements[0]
    return f"{first.name} ({first.unit})"


def _texts(series: Series) -> list[str]:
    return [
        m.reason or "not measurable" if m.value is None else shown_number(m.value, m.unit) for m in series.measurements
    ]

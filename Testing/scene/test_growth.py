"""A comparison of examinations as tables, series and charts."""

import pytest

from Testing.scene.test_tables import rows_of
from Testing.support.growth_cases import examination
from Testing.support.scenes import headless_scene
from VSSegmentationLib.measurement.growth import Growth, compare
from VSSegmentationLib.scene import add_growth

YEAR_DAYS = 365.25


def growth() -> Growth:
    return compare(
        [
            examination(0, cm3=1.0, mm=12.0, em_cm3=0.5),
            examination(365, cm3=1.25, mm=13.0, em_cm3=None),
            examination(731, cm3=1.5, mm=14.5, em_cm3=0.9),
        ]
    )


def points_of(series) -> list[tuple[float, float]]:
    table = series.GetTableNode().GetTable()
    x, y = (table.GetColumnByName(name) for name in (series.GetXColumnName(), series.GetYColumnName()))
    return [(x.GetValue(i), y.GetValue(i)) for i in range(table.GetNumberOfRows())]


def test_each_volume_is_a_series_over_the_months_from_the_baseline():
    with headless_scene() as scene:
        nodes = {node.GetName(): node for node in add_growth(scene, growth()).series}
        points = points_of(nodes["Volume, whole tumor"])
    assert [value for _, value in points] == [1.0, 1.25, 1.5]
    assert [month for month, _ in points] == pytest.approx([0.0, 12 * 365 / YEAR_DAYS, 12 * 731 / YEAR_DAYS])


def test_what_was_not_measurable_is_no_point_and_never_a_zero():
    with headless_scene() as scene:
        nodes = {node.GetName(): node for node in add_growth(scene, growth()).series}
        assert [value for _, value in points_of(nodes["Volume, extrameatal"])] == [0.5, 0.9]


def test_volumes_and_the_headline_diameter_have_charts_of_their_own_with_units():
    with headless_scene() as scene:
        nodes = add_growth(scene, growth())
        volumes, diameter = nodes.charts
        assert (volumes.GetYAxisTitle(), diameter.GetYAxisTitle()) == ("cm3", "mm")
        assert volumes.GetNumberOfPlotSeriesNodes() == 3
        assert diameter.GetNumberOfPlotSeriesNodes() == 1
        assert points_of(diameter.GetNthPlotSeriesNode(0))[-1][1] == 14.5
        assert volumes.GetXAxisTitle() == "Months from baseline"


def test_without_a_headline_there_is_no_chart_of_a_diameter():
    none = {"mm": None, "headline_change": {"measurement_id": None}}
    with headless_scene() as scene:
        compared = compare([examination(0, **none), examination(365, **none)])
        assert len(add_growth(scene, compared).charts) == 1


def test_the_table_tells_every_value_or_why_there_is_none():
    with headless_scene() as scene:
        nodes = add_growth(scene, growth())
        rows = rows_of(nodes.table)
        assert not nodes.table.GetHideFromEditors()
    assert [row["Days from baseline"] for row in rows] == ["0", "365", "731"]
    assert [row["Volume, whole tumor (cm3)"] for row in rows] == ["1.000", "1.250", "1.500"]
    assert rows[1]["Volume, extrameatal (cm3)"] == "the tumor is not divided"

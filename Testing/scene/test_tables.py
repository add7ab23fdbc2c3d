"""Measurements in a table node."""

from Testing.support.phantoms import ice_cream
from Testing.support.scenes import headless_scene
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.scene import add_measurement_table, fill_measurement_table
from VSSegmentationLib.scene.tables import COLUMNS


def rows_of(node) -> list[dict[str, str]]:
    table = node.GetTable()
    names = [table.GetColumnName(i) for i in range(table.GetNumberOfColumns())]
    return [
        dict(zip(names, (table.GetValue(row, i).ToString() for i in range(len(names))), strict=True))
        for row in range(table.GetNumberOfRows())
    ]


def test_every_measurement_has_a_row_with_its_value_or_the_reason_why_there_is_none():
    measurements = measure(ice_cream((1.5, 0.7, 0.7)))
    with headless_scene() as scene:
        rows = rows_of(add_measurement_table(scene, measurements))
    assert tuple(rows[0]) == COLUMNS
    assert [row["Id"] for row in rows] == [m.id for m in measurements]
    for row, measurement in zip(rows, measurements, strict=True):
        assert row["Measurement"] == measurement.name
        assert (row["Value"] == "") == (measurement.value is None)
        assert row["Not measurable because"] == (measurement.reason or "")
        assert row["Unit"] == measurement.unit
    assert any(row["Value"] == "" for row in rows)  # the gap to the fundus: there is no cochlea in this phantom


def test_values_are_rounded_as_in_a_report_and_carry_their_uncertainty():
    measurements = {m.id: m for m in measure(ice_cream((1.5, 0.7, 0.7)))}
    with headless_scene() as scene:
        rows = {row["Id"]: row for row in rows_of(add_measurement_table(scene, measurements.values()))}
    assert rows["vol_total"]["Value"] == f"{measurements['vol_total'].value:.3f}"
    assert rows["vol_total"]["Uncertainty"] == "± 20 %"  # the band of 0.2 to 3.1 cm3
    assert rows["whole_max_axial"]["Value"] == f"{measurements['whole_max_axial'].value:.1f}"


def test_filling_again_leaves_nothing_of_the_former_numbers():
    with headless_scene() as scene:
        node = add_measurement_table(scene, measure(ice_cream((1.5, 0.7, 0.7))))
        fill_measurement_table(node, measure(ice_cream((1.0, 1.0, 1.0)))[:2])
        assert [row["Id"] for row in rows_of(node)] == ["vol_total", "vol_em"]
        assert node.GetLocked()

"""Volumes of nested regions and RANO's two diameters, on bodies whose sizes are known, however the scan lies."""

from math import pi

import numpy as np
import pytest

from Testing.support.lying_scans import GRIDS, empty_scan
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.measurement.glioma.definitions import DEFINITIONS
from VSSegmentationLib.measurement.glioma.labels import GLIOMA_LABELS
from VSSegmentationLib.measurement.glioma.measure import _product, labelmap_warnings, measure
from VSSegmentationLib.volume import Volume

EDEMA, NECROSIS, ENHANCING = GLIOMA_LABELS.values
CENTER_RAS_MM = np.array((4.0, -7.0, 12.0))
WHOLE_MM, RIM_MM, CAVITY_MM = (18.0, 14.0, 13.0), (12.0, 8.5, 9.0), (9.0, 6.0, 6.5)
"""Half axes to right, anterior, superior."""


def inside(grid: Volume, half_axes_mm, center=CENTER_RAS_MM) -> np.ndarray:
    points = geometry.transform_points(grid.dhw_to_ras, np.indices(grid.shape).reshape(3, -1).T)
    return (((points - center) / half_axes_mm) ** 2).sum(axis=1).reshape(grid.shape) <= 1


def glioma(grid_name: str, rim_mm=RIM_MM, cavity_mm=CAVITY_MM) -> Volume:
    grid = empty_scan(grid_name, (60.0, 60.0, 60.0))
    labels = np.zeros(grid.shape, np.uint8)
    labels[inside(grid, WHOLE_MM)] = EDEMA
    if rim_mm:
        labels[inside(grid, rim_mm)] = ENHANCING
        labels[inside(grid, cavity_mm)] = NECROSIS
    return grid.with_array(labels)


def cm3(half_axes_mm) -> float:
    return 4 / 3 * pi * float(np.prod(half_axes_mm)) / 1000


@pytest.mark.parametrize("grid", GRIDS)
def test_regions_are_nested_and_the_rim_is_measured_with_what_it_encloses(grid):
    by_id = {m.id: m for m in measure(glioma(grid))}
    assert list(by_id) == list(DEFINITIONS)
    assert by_id["vol_whole"].value == pytest.approx(cm3(WHOLE_MM), rel=0.03)
    assert by_id["vol_core"].value == pytest.approx(cm3(RIM_MM), rel=0.03)
    assert by_id["vol_enhancing"].value == pytest.approx(cm3(RIM_MM) - cm3(CAVITY_MM), rel=0.05)
    assert by_id["whole_max_axial"].value == pytest.approx(36.0, abs=1.2)
    assert by_id["enhancing_long"].value == pytest.approx(24.0, abs=1.2)
    assert by_id["enhancing_short"].value == pytest.approx(17.0, abs=1.5)
    long, short = by_id["enhancing_long"].value, by_id["enhancing_short"].value
    assert by_id["rano_product"].value == pytest.approx(long * short)
    assert by_id["rano_product"].unit == "mm2"


def test_no_limit_of_another_kind_of_tumor_stands_beside_a_volume():
    for measured in measure(glioma("axial")):
        limit = measured.uncertainty
        assert limit is not None
        if measured.unit == "mm":
            assert limit.kind == "digitization"
        else:
            assert (limit.value, limit.kind) == (None, "no limit")


@pytest.mark.parametrize("grid", ["axial", "oblique", "sagittal"])
def test_the_two_diameters_stand_at_a_right_angle_in_one_axial_plane(grid):
    by_id = {m.id: m for m in measure(glioma(grid))}
    lines = [np.diff(by_id[name].end_points_ras_mm, axis=0)[0] for name in ("enhancing_long", "enhancing_short")]
    across = abs(lines[0] @ lines[1]) / np.linalg.norm(lines[0]) / np.linalg.norm(lines[1])
    assert across < 0.1
    assert abs(lines[0] @ (1, 0, 0)) / np.linalg.norm(lines[0]) > 0.85  # the long axis runs from left to right


def test_a_lesion_below_ten_millimeters_or_on_one_slice_is_not_measurable_by_rano():
    by_id = {m.id: m for m in measure(glioma("axial", (9.0, 4.0, 9.0), (6.0, 2.0, 6.0)))}
    assert by_id["rano_product"].value is None
    assert "both diameters must be at least 10 mm" in by_id["rano_product"].reason
    assert by_id["enhancing_long"].value == pytest.approx(18.0, abs=1.2)

    flat = glioma("axial")
    labels = flat.array.copy()
    middle = labels.shape[0] // 2
    others = np.arange(labels.shape[0]) != middle
    labels[others] = np.where(labels[others] > 0, EDEMA, 0)
    one = {m.id: m for m in measure(flat.with_array(labels))}
    assert one["rano_product"].value is None
    assert "one slice" in one["rano_product"].reason


def test_without_an_enhancing_part_its_lengths_have_a_reason_and_its_volume_is_zero():
    by_id = {m.id: m for m in measure(glioma("oblique", None))}
    assert by_id["vol_enhancing"].value == by_id["vol_core"].value == 0.0
    assert by_id["vol_whole"].value == pytest.approx(cm3(WHOLE_MM), rel=0.03)
    for name in ("enhancing_long", "enhancing_short", "rano_product"):
        assert by_id[name].reason == "no enhancing tumor is segmented"


def test_an_empty_labelmap_has_zero_volumes_and_foreign_values_are_refused():
    empty = empty_scan("axial").with_array(np.zeros(empty_scan("axial").shape, np.uint8))
    by_id = {m.id: m for m in measure(empty)}
    assert [by_id[name].value for name in ("vol_whole", "vol_core", "vol_enhancing")] == [0.0, 0.0, 0.0]
    assert by_id["rano_product"].reason == "no tumor is segmented"
    with pytest.raises(InputRefusedError, match="a labelmap of glioma may hold"):
        measure(empty.with_array(empty.array + np.uint8(4)))


def test_a_further_tumor_is_told_of():
    labelmap = glioma("axial")
    labels = labelmap.array.copy()
    labels[1:4, 1:8, 1:8] = ENHANCING
    told = labelmap_warnings(labelmap.with_array(labels))
    assert any("1 further component" in sentence for sentence in told)
    assert labelmap_warnings(labelmap) == ()


@pytest.mark.parametrize(("short_mm", "is_measurable"), [(10.0, True), (9.999, False)])
def test_two_diameters_of_ten_millimeters_are_measurable(short_mm, is_measurable):
    long, short = DEFINITIONS.measured("enhancing_long", 12.0), DEFINITIONS.measured("enhancing_short", short_mm)
    assert (_product(long, short, np.ones((2, 3, 4), bool)).value is not None) == is_measurable
    assert _product(long, short, np.ones((1, 3, 4), bool)).value is None


def test_a_part_that_is_not_there_has_no_limit_of_its_volume():
    by_id = {m.id: m for m in measure(glioma("axial", None))}
    assert by_id["vol_core"].uncertainty is None
    assert by_id["vol_whole"].uncertainty is not None

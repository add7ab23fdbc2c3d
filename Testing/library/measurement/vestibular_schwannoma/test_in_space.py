import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ball, box, labeled, left_handed, oblique, sagittal
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement, measure
from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.in_space import height
from VSSegmentationLib.measurement.stack import Region, Stack
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS
from VSSegmentationLib.volume import Volume


def by_id(labelmap: Volume) -> dict[str, Measurement]:
    return {m.id: m for m in measure(labelmap)}


@pytest.mark.parametrize("grid", [lambda v: v, sagittal, left_handed, oblique])
def test_height_of_a_box_is_its_slices_times_their_distance(grid):
    found = by_id(grid(labeled(box((10, 20, 30)), (1.5, 0.4, 0.4))))["whole_height"]
    assert found.value == pytest.approx(15.0, abs=1e-9)
    assert np.linalg.norm(np.subtract(*found.end_points_ras_mm)) == pytest.approx(15.0, abs=1e-9)


def test_height_is_drawn_through_the_center_from_the_lowest_to_the_highest_face():
    bottom, top = by_id(labeled(box((10, 20, 30)), (1.5, 0.4, 0.4)))["whole_height"].end_points_ras_mm
    # 3 voxels of margin: centers from index 3 on; the middle of 20 rows is 12.5, of 30 columns 17.5.
    assert bottom == pytest.approx((17.5 * 0.4, 12.5 * 0.4, 2.5 * 1.5))
    assert top == pytest.approx((17.5 * 0.4, 12.5 * 0.4, 12.5 * 1.5))


def test_slices_of_a_sheared_grid_are_as_far_apart_as_their_planes():
    affine = axial_affine((1.5, 0.4, 0.4))
    affine[0, 0] = 0.4  # each slice lies 0.4 mm more to the right than the one below
    assert by_id(labeled(box((10, 20, 30)), (1, 1, 1), affine=affine))["whole_height"].value == pytest.approx(15.0)


def test_ellipsoid_volume_is_the_formula_of_the_three_axes():
    found = by_id(labeled(ball(16.3, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5)))
    axes = [found[name].value for name in ("whole_long", "whole_short", "whole_height")]
    assert found["vol_ellipsoid"].value == pytest.approx(np.pi / 6 * np.prod(axes) / 1000, rel=1e-12)
    assert found["vol_ellipsoid"].value == pytest.approx(found["vol_total"].value, rel=0.05)


@pytest.mark.parametrize(
    ("size", "reason"), [((1, 3, 3), "9 voxels"), ((1, 10, 10), "one slice only"), ((10, 10, 1), "one slice only")]
)
def test_region_of_few_voxels_or_flat_has_no_3d_diameter(size, reason):
    found = by_id(labeled(box(size), (1.5, 0.5, 0.5)))
    for name in ("whole_max_3d", "em_max_3d"):
        assert found[name].value is None
        assert reason in found[name].reason


def test_3d_diameter_of_an_absent_part_says_so():
    found = by_id(labeled(ball(6.3, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5), Label.INTRAMEATAL))
    assert found["em_max_3d"].reason == "the tumor has no extrameatal part"


def test_3d_diameter_carries_the_center_distance_beside_it_and_lies_in_no_slice():
    found = by_id(labeled(box((10, 20, 30)), (1.5, 0.4, 0.4)))["whole_max_3d"]
    assert (found.extra["crack_mm"], found.extra["feret_center_mm"]) == pytest.approx((20.4284, 19.3538), abs=1e-3)
    assert 19.3538 <= found.value <= 20.4284
    assert (found.slice_axis, found.slice_index) == (None, None)


@pytest.mark.parametrize("size", [(16, 3, 3), (2, 3, 200)], ids=["along thick slices", "along columns"])
def test_a_3d_diameter_is_uncertain_by_the_voxel_along_its_line_wherever_the_scan_lies(size):
    spacing = (3.0, 0.4, 0.4)
    for origin in ((0.0, 0.0, 0.0), (500.0, -400.0, 300.0)):
        found = by_id(labeled(box(size), spacing, affine=axial_affine(spacing, origin)))["whole_max_3d"]
        assert found.uncertainty.value == pytest.approx(3.0 if size[0] > 3 else 0.4, abs=0.3)


def test_a_height_that_is_missing_says_why():
    region = Region(np.zeros((2, 3, 4), bool), "too small to be resliced to axial planes")
    stack = Stack(slices_to_ras=np.eye(4), axis=None, first_slice=0, tilt_deg=40.0, note="", regions={WHOLE: region})
    assert height(DEFINITIONS, "whole_height", stack).reason == "too small to be resliced to axial planes"

"""How few voxels a line is measured in, and from which of them on a resliced mask."""

import numpy as np
import pytest

from Testing.support.phantoms import ball, labeled
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.diameters import SliceDiameter
from VSSegmentationLib.measurement.in_slices import diameter, diameter_mm, small_reason
from VSSegmentationLib.measurement.stack import Region, Stack
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS


@pytest.mark.parametrize(("voxels", "reason"), [(10, None), (9, "the region has 9 voxels; at least 10 are needed")])
def test_a_region_of_ten_voxels_on_two_slices_is_measured(voxels, reason):
    mask = np.zeros((3, 4, 5), bool)
    mask[1:].flat[:voxels] = True
    mask[2, 0, 0], mask[1, 0, 0] = True, False
    assert small_reason(mask) == reason


def test_a_region_on_one_slice_is_not():
    mask = np.zeros((3, 4, 5), bool)
    mask[1] = True
    assert small_reason(mask) == "the region lies on one slice only"


def resliced(centers: np.ndarray, origin=(0.0, 0.0, 0.0)) -> Stack:
    to_ras = np.eye(4)
    to_ras[:3, 3] = origin
    return Stack(
        slices_to_ras=to_ras, axis=None, first_slice=0, tilt_deg=40.0, note="",
        regions={WHOLE: Region(np.ones((8, 3, 12), bool), None)}, centers={WHOLE: centers + origin}, voxel_mm3=0.24,
    )  # fmt: skip


FOUND = SliceDiameter(
    slice_index=5, centers_mm=9.0, corrected_mm=9.5, cracks_mm=10.0, centers=np.array([(0.0, 0.0), (0.0, 9.0)]),
    end_points=np.array([(0.0, -0.5), (0.0, 9.5)]), line_mm=10.0,
)  # fmt: skip


def row(count: int, slice_index: float) -> np.ndarray:
    """Voxel centers in a row that is 20 mm long, in RAS, where slices count along R."""
    return np.stack((np.full(count, slice_index), np.zeros(count), np.linspace(-5.0, 15.0, count)), axis=1)


def test_on_a_resliced_mask_ten_centers_within_half_a_slice_are_measured_and_fewer_give_the_line_itself():
    assert diameter_mm(resliced(row(10, 5.0)), FOUND, (WHOLE, WHOLE)) == pytest.approx(20.0, abs=1.0)
    assert diameter_mm(resliced(row(9, 5.0)), FOUND, (WHOLE, WHOLE)) == 9.5


@pytest.mark.parametrize(("away_mm", "is_near"), [(0.75, True), (-0.75, True), (0.76, False), (-0.76, False)])
def test_centers_count_up_to_half_a_slice_of_one_and_a_half_millimeters_from_the_plane(away_mm, is_near):
    found = diameter_mm(resliced(row(30, 5.0 + away_mm)), FOUND, (WHOLE, WHOLE))
    assert (found != 9.5) == is_near


@pytest.mark.parametrize("origin", [(0.0, 0.0, 0.0), (0.0, 500.0, 0.0), (-300.0, 200.0, -100.0)])
def test_on_a_resliced_mask_a_disc_is_as_wide_as_it_is_wherever_the_scan_lies(origin):
    """Voxels of 0.24 mm3 in a slab of 1.5 mm: each stands for 0.4 x 0.4 mm."""
    steps = np.stack(np.meshgrid(np.arange(-30, 31), np.arange(-30, 31), indexing="ij"), -1).reshape(-1, 2) * 0.4
    disc = steps[np.linalg.norm(steps, axis=1) <= 10.1]
    stack = resliced(np.insert(disc, 0, 5.0, axis=1), origin)
    assert diameter_mm(stack, FOUND, (WHOLE, WHOLE)) == pytest.approx(20.2, abs=0.05)
    measured = diameter(DEFINITIONS, "whole_max_axial", stack, FOUND, None)
    assert measured.value == pytest.approx(20.2, abs=0.05)
    narrow = resliced(np.insert(disc * (0.5, 1.0), 0, 5.0, axis=1), origin)
    assert diameter_mm(narrow, FOUND, (WHOLE, WHOLE)) == pytest.approx(20.2, abs=0.3)


def test_of_a_round_tumor_the_short_axis_is_no_longer_than_the_long_one():
    """From edge to edge a chord is longer than a line between the centers of voxels with half a pixel more."""
    by_id = {m.id: m for m in measure(labeled(ball(16.0, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5)))}
    assert by_id["whole_short"].extra["line_mm"] > by_id["whole_long"].value
    assert by_id["whole_short"].value == by_id["whole_long"].value

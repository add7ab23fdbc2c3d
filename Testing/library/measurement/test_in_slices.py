"""How few voxels a line is measured in, and from which of them on a resliced mask."""

import numpy as np
import pytest

from Testing.support.phantoms import ball, labeled
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.diameters import SliceDiameter
from VSSegmentationLib.measurement.in_slices import diameter_mm, small_reason
from VSSegmentationLib.measurement.stack import Stack


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


def resliced(centers: np.ndarray) -> Stack:
    return Stack(
        slices_to_ras=np.eye(4), axis=None, first_slice=0, tilt_deg=40.0, note="", regions={},
        centers={WHOLE: centers}, voxel_mm3=0.25,
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


def test_of_a_round_tumor_the_short_axis_is_no_longer_than_the_long_one():
    """From edge to edge a chord is longer than a line between the centers of voxels with half a pixel more."""
    by_id = {m.id: m for m in measure(labeled(ball(16.0, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5)))}
    assert by_id["whole_short"].extra["line_mm"] > by_id["whole_long"].value
    assert by_id["whole_short"].value == by_id["whole_long"].value

"""What is resampled when that was accepted: a ramp stays the same ramp in the world, on a grid with right angles."""

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio.resampling import to_regular_slices, to_right_angles
from VSSegmentationLib.volume import Volume


@pytest.mark.parametrize(
    ("distances", "heights"),
    [
        ((0.0, 2.0, 5.0, 6.0), (0.0, 2.0, 4.0, 6.0)),
        ((0.0, 1.0, 7.5), (0.0, 2.0, 4.0, 6.0)),  # what is left is less than a step
        ((0.0, 5.9999995), (0.0, 2.0, 4.0, 6.0)),  # a millionth of a step is rounding
        ((0.0, 5.999997), (0.0, 2.0, 4.0)),
    ],
)
def test_slices_are_interpolated_at_every_step_as_far_as_they_reach(distances, heights):
    ramp = np.float32(10) + 3 * np.array(distances, np.float32)[:, None, None] * np.ones((1, 2, 4), np.float32)
    regular = to_regular_slices(ramp, np.array(distances), 2.0)
    assert regular.shape == (len(heights), 2, 4)
    np.testing.assert_allclose(regular[:, 1, 3], 10 + 3 * np.array(heights), rtol=1e-5)


def sheared(by_w_of_h=0.0, by_w_of_d=0.0, by_h_of_d=0.0):
    """A turned grid whose later axes lean along the earlier ones, in mm per voxel."""
    affine = turned_affine((25, -20, 35), (1.5, 0.6, 0.7))
    _, along_h, along_w = geometry.directions(affine).T
    affine[:3, 1] += by_w_of_h * along_w
    affine[:3, 0] += by_w_of_d * along_w + by_h_of_d * along_h
    return affine


@pytest.mark.parametrize(
    "lean", [{"by_w_of_h": 0.3}, {"by_w_of_d": -0.4}, {"by_h_of_d": 0.2}, {"by_w_of_h": -0.2, "by_h_of_d": 0.3}]
)
def test_a_ramp_is_the_same_one_after_any_shear(lean):
    affine = sheared(**lean)
    shape = (14, 16, 18)
    index = np.indices(shape).reshape(3, -1).T
    slope = np.array([3.0, -2.0, 5.0])
    ramp = geometry.transform_points(affine, index) @ slope
    straight = to_right_angles(Volume((ramp - ramp.min()).reshape(shape).astype(np.float32) + 100, affine))
    assert geometry.shear_deg(straight.dhw_to_ras) == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(geometry.directions(straight.dhw_to_ras)[:, 2], geometry.directions(affine)[:, 2])
    assert np.linalg.det(straight.dhw_to_ras) * np.linalg.det(affine) > 0
    values = straight.array.ravel()
    world = geometry.transform_points(straight.dhw_to_ras, np.indices(straight.shape).reshape(3, -1).T) @ slope
    inside = values > 100  # the rest has the lowest value
    assert inside.mean() > 0.4
    np.testing.assert_allclose(values[inside], (world - ramp.min() + 100)[inside], rtol=1e-4)


@pytest.mark.parametrize(("voxels", "columns"), [(0.5e-6, 6), (1.5e-6, 7), (1.0, 7), (1.5, 8)])
def test_the_new_grid_is_the_smallest_that_holds_all_but_a_millionth_of_a_voxel(voxels, columns):
    """Of two slices the second lies so far to one side of the first."""
    affine = geometry.axial_stack_affine((2.0, 1.0, 1.0)).copy()
    affine[:3, 0] += voxels * affine[:3, 2]
    straight = to_right_angles(Volume(np.zeros((2, 5, 6), np.float32), affine))
    assert straight.shape == (2, 5, columns)

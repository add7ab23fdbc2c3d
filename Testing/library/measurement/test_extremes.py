import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial import ConvexHull

from Testing.support.grids import examples
from Testing.support.phantoms import ball, box
from VSSegmentationLib.measurement.extremes import cracks_of, extreme_voxels, true_indices

MASKS = arrays(bool, st.tuples(*[st.integers(1, 5)] * 3))


@examples(50)
@given(MASKS, st.permutations(range(3)))
def test_indices_are_those_of_numpy_in_the_same_order_however_the_array_is_stored(mask, permutation):
    mask = mask.transpose(permutation)
    assert np.array_equal(true_indices(mask), np.argwhere(mask))


@examples(60)
@given(arrays(bool, (5, 5, 5)).filter(lambda mask: mask.sum() > 20))
def test_every_corner_of_the_convex_hull_is_an_extreme_voxel(mask):
    index = np.argwhere(mask)
    corners = index[ConvexHull(index).vertices]
    extreme = {tuple(voxel) for voxel in extreme_voxels(mask).tolist()}
    assert all(tuple(corner) in extreme for corner in corners.tolist())


def test_extreme_voxels_of_a_box_are_its_corners_and_of_its_slices_their_corners():
    mask = box((3, 4, 5))
    assert len(extreme_voxels(mask)) == 8
    assert len(extreme_voxels(mask, in_slices=True)) == 3 * 4


def test_few_voxels_of_a_ball_are_extreme():
    mask = ball(20.0, (1.5, 0.41, 0.41))
    assert len(extreme_voxels(mask)) < 0.03 * mask.sum()


def test_single_voxel_and_nothing_are_their_own_extremes():
    assert extreme_voxels(box((1, 1, 1))).tolist() == [[3, 3, 3]]
    assert extreme_voxels(np.zeros((2, 3, 4), dtype=bool)).shape == (0, 3)


@examples(50)
@given(MASKS)
def test_cracks_lie_between_an_inside_and_an_outside_voxel_in_order(mask):
    points = cracks_of(np.argwhere(mask), mask, (0, 1, 2))
    padded = np.pad(mask, 1)
    for point in points + 1:
        low, high = np.floor(point).astype(int), np.ceil(point).astype(int)
        assert padded[tuple(low)] != padded[tuple(high)]
        assert np.abs(high - low).sum() == 1
    assert points.tolist() == sorted(points.tolist())
    faces = sum(np.diff(padded.astype(int), axis=axis).astype(bool).sum() for axis in range(3))
    assert len(points) == faces

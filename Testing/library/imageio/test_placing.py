"""Labels keep their place in the world when they come to the grid of their scan, and nothing is guessed."""

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.imageio.placing import cut_to_labels, place_on_grid
from VSSegmentationLib.volume import Volume, crop, reorder

SHAPE = (9, 14, 11)


@pytest.fixture
def labelmap():
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:5, 3:9, 4:10] = np.random.default_rng(0).integers(0, 5, (3, 6, 6))
    return Volume(labels, turned_affine())


@pytest.mark.parametrize("permutation", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (0, 2, 1)])
@pytest.mark.parametrize("flipped", [(False, False, False), (True, False, True), (True, True, True)])
def test_a_permuted_or_mirrored_copy_comes_back_voxel_for_voxel(labelmap, permutation, flipped):
    copy = reorder(labelmap, AxisOrder(permutation, flipped))
    placed = place_on_grid(copy, SHAPE, labelmap.dhw_to_ras)
    np.testing.assert_array_equal(placed.array, labelmap.array)
    assert placed.same_grid(labelmap)


def test_a_part_cut_out_comes_back_to_where_it_was(labelmap):
    part = crop(labelmap, (2, 3, 4), (5, 9, 10))
    np.testing.assert_array_equal(place_on_grid(part, SHAPE, labelmap.dhw_to_ras).array, labelmap.array)


def test_what_is_cut_to_its_labels_is_small_and_comes_back_whole_also_from_a_border_and_from_nothing():
    for filled in (np.s_[30:33, 3:9, 4:10], np.s_[0:1, 39:40, 0:50], np.s_[0:0, 0:0, 0:0]):
        labels = np.zeros((34, 40, 50), np.uint8)
        labels[filled] = 3
        labelmap = Volume(labels, turned_affine())
        part = cut_to_labels(labelmap)
        assert all(n <= (labels[filled].shape[axis] or 1) + 4 for axis, n in enumerate(part.shape))
        assert min(part.shape) >= 2
        back = place_on_grid(part, labels.shape, labelmap.dhw_to_ras)
        np.testing.assert_array_equal(back.array, labels)


def test_a_larger_labelmap_loses_only_background(labelmap):
    around = np.pad(labelmap.array, 2)
    affine = labelmap.dhw_to_ras.copy()
    affine[:3, 3] = geometry.transform_points(labelmap.dhw_to_ras, np.array([-2, -2, -2]))
    np.testing.assert_array_equal(
        place_on_grid(Volume(around, affine), SHAPE, labelmap.dhw_to_ras).array, labelmap.array
    )
    around[0, 0, 0] = 1
    with pytest.raises(GeometryError, match=r"1 of its \d+ labeled voxels lie outside"):
        place_on_grid(Volume(around, affine), SHAPE, labelmap.dhw_to_ras)


def test_the_rounding_of_single_precision_is_no_shift(labelmap):
    rounded = Volume(labelmap.array, labelmap.dhw_to_ras.astype(np.float32))
    np.testing.assert_array_equal(place_on_grid(rounded, SHAPE, labelmap.dhw_to_ras).array, labelmap.array)


@pytest.mark.parametrize("change", ["half a voxel", "another spacing", "a turn by one degree", "a turn by 45 degrees"])
def test_other_voxels_are_refused(labelmap, change):
    affine = labelmap.dhw_to_ras.copy()
    if change == "half a voxel":
        affine[:3, 3] += affine[:3, 2] / 2
    elif change == "another spacing":
        affine[:3, 0] *= 1.1
    else:
        angle = np.radians(1 if "one" in change else 45)
        turn = np.eye(4)
        turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        affine = turn @ affine
    with pytest.raises(GeometryError, match="must have the voxels of the scan"):
        place_on_grid(Volume(labelmap.array, affine), SHAPE, labelmap.dhw_to_ras)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("at", [0, -1])
def test_a_label_one_voxel_beyond_any_face_lies_outside(labelmap, axis, at):
    around = np.pad(labelmap.array, 1)
    affine = labelmap.dhw_to_ras.copy()
    affine[:3, 3] = geometry.transform_points(labelmap.dhw_to_ras, np.array([-1, -1, -1]))
    index = [5, 5, 5]
    index[axis] = at
    around[tuple(index)] = 2
    with pytest.raises(GeometryError, match=r"1 of its \d+ labeled voxels lie outside"):
        place_on_grid(Volume(around, affine), SHAPE, labelmap.dhw_to_ras)


def test_a_grid_sheared_by_whole_voxels_is_another_one_though_its_points_coincide():
    """Axes may be permuted or flipped; a voxel of another shape holds other tissue, wherever its center is."""
    labels = np.ones((3, 4, 5), np.uint8)
    sheared = turned_affine()
    sheared[:3, 0] += sheared[:3, 2]
    with pytest.raises(GeometryError, match="must have the voxels of the scan"):
        place_on_grid(Volume(labels, sheared), (3, 4, 7), turned_affine())


@pytest.mark.parametrize(("voxels", "is_taken"), [(0.05, True), (np.nextafter(0.05, 1), False)])
def test_a_twentieth_of_a_voxel_is_the_farthest_that_voxels_may_lie_apart(voxels, is_taken):
    moved = np.eye(4)
    moved[2, 3] = voxels
    column = Volume(np.ones((4, 5, 1), np.uint8), moved)  # so that no rounding is added to what is moved
    if is_taken:
        assert place_on_grid(column, (4, 5, 3), np.eye(4)).array[:, :, 0].all()
    else:
        with pytest.raises(GeometryError, match="must have the voxels of the scan"):
            place_on_grid(column, (4, 5, 3), np.eye(4))


def test_both_spacings_are_told_to_a_thousandth_of_a_millimeter():
    labels = Volume(np.ones((3, 4, 5), np.uint8), np.diag([1.12345, 0.5, 0.25, 1.0]))
    with pytest.raises(GeometryError, match=r"spacings \[1\.123 0\.5   0\.25 \] and \[2\.    0\.667 1\.   \] mm"):
        place_on_grid(labels, (3, 4, 5), np.diag([2.0, 2 / 3, 1.0, 1.0]))

import numpy as np
import pytest
from scipy import ndimage

from VSSegmentationLib.connected import NEIGHBORS_26, bounding_box, largest_piece, number_pieces


def mask_with(*voxels: tuple[int, int, int]) -> np.ndarray:
    mask = np.zeros((4, 5, 6), dtype=bool)
    for voxel in voxels:
        mask[voxel] = True
    return mask


def test_the_26_neighbors_are_all_that_touch_a_voxel():
    assert NEIGHBORS_26.shape == (3, 3, 3)
    assert NEIGHBORS_26.sum() == 26 + 1  # the voxel itself
    assert NEIGHBORS_26.dtype == bool


def test_voxels_that_share_only_a_corner_are_one_piece():
    pieces = number_pieces(mask_with((0, 0, 0), (1, 1, 1), (2, 2, 2)))
    assert pieces.voxel_counts.tolist() == [3]
    assert pieces.array[1, 1, 1] == 1


def test_pieces_are_counted_in_array_order():
    pieces = number_pieces(mask_with((0, 0, 0), (3, 4, 4), (3, 4, 5)))
    assert pieces.voxel_counts.tolist() == [1, 2]
    assert (pieces.array[0, 0, 0], pieces.array[3, 4, 5], pieces.array[2, 2, 2]) == (1, 2, 0)


def test_an_empty_mask_has_no_pieces():
    pieces = number_pieces(mask_with())
    assert pieces.voxel_counts.tolist() == []
    assert not pieces.array.any()


def test_the_largest_piece_is_kept_alone():
    kept = largest_piece(mask_with((0, 0, 0), (3, 4, 4), (3, 4, 5)))
    assert kept.dtype == bool
    np.testing.assert_array_equal(kept, mask_with((3, 4, 4), (3, 4, 5)))


def test_of_equally_large_pieces_the_first_is_kept():
    np.testing.assert_array_equal(largest_piece(mask_with((3, 0, 0), (0, 4, 5))), mask_with((0, 4, 5)))


def test_a_whole_mask_is_its_own_largest_piece():
    np.testing.assert_array_equal(largest_piece(np.ones((2, 3, 4), bool)), np.ones((2, 3, 4), bool))


@pytest.mark.parametrize("seed", range(5))
def test_pieces_of_a_corner_of_a_large_mask_are_those_of_the_whole(seed: int):
    rng = np.random.default_rng(seed)
    mask = np.zeros((9, 30, 40), dtype=bool)
    start = rng.integers(0, [4, 15, 20])
    window = tuple(slice(a, a + n) for a, n in zip(start, (5, 12, 14), strict=True))
    mask[window] = rng.random((5, 12, 14)) < 0.08
    expected, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
    pieces = number_pieces(mask)
    np.testing.assert_array_equal(pieces.array, expected)
    assert pieces.voxel_counts.tolist() == [int((expected == n).sum()) for n in range(1, count + 1)]


def test_the_bounding_box_holds_the_first_and_the_last_voxel():
    assert bounding_box(mask_with((1, 2, 3), (3, 0, 4))) == ((1, 0, 3), (4, 3, 5))
    assert bounding_box(mask_with()) is None
    assert bounding_box(np.zeros((0, 5, 6), dtype=bool)) is None

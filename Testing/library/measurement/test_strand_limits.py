"""Strands and vessels voxel by voxel: where they begin, how much hangs on them, and what is said of them.

On voxels of 1 mm a row leaves a block, whose core reaches to where the row begins: the first two voxels of the row lie
1 and 2 mm from it.
"""

import numpy as np
import pytest

from VSSegmentationLib.measurement.strands import _told, _told_of_vessels, _vessels, _with_its_root, thin_strands

ONE_MM = (1.0, 1.0, 1.0)


def test_a_strand_begins_farther_than_two_millimeters_from_the_body():
    mask = np.zeros((9, 9, 20), np.bool_)
    mask[1:8, 1:8, 1:8] = True
    mask[4, 4, 8:19] = True
    expected = np.zeros_like(mask)
    expected[4, 4, 10:19] = True
    assert np.array_equal(thin_strands(mask, np.eye(4)).mask, expected)


def test_nothing_is_cut_off_where_no_ball_of_a_millimeter_fits():
    """The centers of the middle row of three lie 2 voxels from the outside: 1 mm at 0.5 mm, and a little more above."""
    mask = np.zeros((3, 3, 40), np.bool_)
    mask[1, 1] = True
    mask[:, :, :3] = True
    for spacing_mm, is_body in ((0.5, False), (0.51, True)):
        grid = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
        assert thin_strands(mask, grid).mask.any() == is_body


def block_with_row(voxels: int, block: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Mask and cores of a block and of a row along W; the block is a core as a whole."""
    mask, core = np.zeros((12, 12, 60), np.bool_), np.zeros((12, 12, 60), np.bool_)
    depth, height, width = block
    mask[:depth, :height, :width] = core[:depth, :height, :width] = True
    mask[1, 1, width : width + voxels] = True
    core[1, 1, width + voxels - 3] = True
    return mask, core


def test_a_vessel_begins_farther_than_two_millimeters_from_the_body():
    """The first two voxels of the row lie 1 and 2 mm from the core of the block."""
    mask, core = block_with_row(20, (10, 10, 10))
    expected = np.zeros_like(mask)
    expected[1, 1, 12:30] = True
    assert np.array_equal(_vessels(mask, core, None, ONE_MM).mask, expected)


@pytest.mark.parametrize(("voxels", "is_cut"), [(17, True), (18, False)])
def test_a_vessel_has_three_quarters_of_the_volume_of_the_rest_at_most(voxels, is_cut):
    """A block of 18 voxels and the first two of the row are 20, and 15 are three quarters of them."""
    assert _vessels(*block_with_row(voxels, (3, 3, 2)), None, ONE_MM).mask.any() == is_cut


def test_what_is_to_be_kept_and_what_hangs_on_the_body_at_both_ends_is_no_vessel():
    mask, core = block_with_row(20, (10, 10, 10))
    keep = np.zeros_like(mask)
    keep[1, 1, 25] = True
    assert not _vessels(mask, core, keep, ONE_MM).mask.any()
    assert _vessels(mask, core, np.zeros_like(mask), ONE_MM).mask.any()
    mask[1, 8, 10:30] = mask[1, 1:9, 29] = True
    assert not _vessels(mask, core, None, ONE_MM).mask.any()


def test_the_root_of_a_strand_reaches_two_millimeters_down_and_not_into_what_is_kept():
    piece, off_body = np.zeros((1, 1, 30), np.bool_), np.zeros((1, 1, 30), np.bool_)
    piece[0, 0, 10:20] = off_body[0, 0, 3:20] = True
    found = _with_its_root(piece, off_body, None, (0.5, 0.5, 0.5))
    assert np.flatnonzero(found).tolist() == list(range(6, 20))
    keep = np.zeros_like(piece)
    keep[0, 0, 8] = True
    assert np.flatnonzero(_with_its_root(piece, off_body, keep, (0.5, 0.5, 0.5))).tolist() == list(range(9, 20))


def test_strands_and_vessels_are_told_with_their_lengths():
    assert _told([]) == _told_of_vessels([]) == ""
    assert _told([9.6]).startswith(
        "a thin strand (10 mm long) is left out of lengths, as of a vessel: thinner than 1.5 mm"
    )
    assert _told([9.6, 7.0]).startswith("thin strands (10 mm and 7 mm long) are left out of lengths")
    assert _told_of_vessels([15.0]).startswith("what is long and thin (15 mm long) is left out of lengths")
    assert _told_of_vessels([15.0, 20.0]).startswith("what is long and thin (15 mm and 20 mm long) are left out")

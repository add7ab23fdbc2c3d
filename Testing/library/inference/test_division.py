"""Whatever a network says, the answer is the mask in two connected parts, each on its own side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from Testing.support.lying_scans import GRIDS, empty_scan
from VSSegmentationLib import geometry
from VSSegmentationLib.inference import DivisionConfig, divide
from VSSegmentationLib.inference.division import (
    INNER,
    OUTER,
    _best_cut,
    _on_own_side,
    _parting_plane,
    _Plane,
    _voted,
    _without_specks,
    connected,
)
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import MeatalPlane, fit_meatal_plane
from VSSegmentationLib.volume import Volume

EXTRA, INTRA = Label.EXTRAMEATAL, Label.INTRAMEATAL
CONFIG = DivisionConfig()
AFFINE = empty_scan("isotropic").dhw_to_ras


def tumor(shape=(20, 30, 40), radius=8.0, reach=10):
    """A ball (the cistern's part) with a rod of 5 x 5 voxels (the canal's) along +W."""
    center = np.array([shape[0] // 2, shape[1] // 2, 12])
    places = np.indices(shape) - center[:, None, None, None]
    mask = (places**2).sum(0) <= radius**2
    d, h, w = center
    mask[d - 2 : d + 3, h - 2 : h + 3, w : w + int(radius) + reach] = True
    return mask, w + int(radius)


def certain(labels, other=1e-3):
    """Probabilities (3, D, H, W) that all but say these labels."""
    return np.stack([np.where(labels == k, 1 - 2 * other, other) for k in range(3)])


def parted(mask, porus):
    truth = np.where(mask, np.uint8(EXTRA), np.uint8(0))
    truth[:, :, porus:][mask[:, :, porus:]] = INTRA
    return truth


def pieces(labels, part):
    return ndimage.label(labels == part, np.ones((3, 3, 3)))[1]


def test_a_clear_answer_stands_as_it_is():
    mask, porus = tumor()
    truth = parted(mask, porus)
    np.testing.assert_array_equal(divide(mask, certain(truth), AFFINE, CONFIG), truth)


def test_background_inside_the_mask_takes_the_label_of_the_nearest_voxel_in_millimeters():
    mask = np.zeros((9, 9, 9), bool)
    mask[4, 2:7, :] = True
    mask[0:9, 4, 4] = True
    vote = np.zeros(mask.shape, np.uint8)
    vote[4, 2:7, 0:3], vote[4, 2:7, 7:9] = EXTRA, INTRA  # 3 to 6 are called background
    affine = geometry.as_affine(np.diag([1.0, 1.0, 3.0, 1.0])[[2, 1, 0, 3]])
    found = divide(mask, certain(vote), affine, CONFIG)
    assert np.all(found[4, 2:7, 3:5] == EXTRA)
    assert np.all(found[4, 2:7, 5:7] == INTRA)
    np.testing.assert_array_equal(found > 0, mask)


def test_where_all_is_called_background_the_likelier_part_wins():
    mask, porus = tumor()
    truth = parted(mask, porus)
    shy = np.stack([np.full(mask.shape, 0.9), *(0.1 * certain(truth, 1e-2)[1:])])
    np.testing.assert_array_equal(divide(mask, shy, AFFINE, CONFIG), truth)


@pytest.mark.parametrize("part", [EXTRA, INTRA])
def test_a_tumor_all_on_one_side_stays_so_and_specks_of_the_other_part_go(part):
    mask, _ = tumor()
    labels = np.where(mask, np.uint8(part), np.uint8(0))
    other = EXTRA + INTRA - part
    np.testing.assert_array_equal(divide(mask, certain(labels), AFFINE, CONFIG), labels)
    speck = labels.copy()
    speck[tuple(np.argwhere(mask)[0])] = other
    np.testing.assert_array_equal(divide(mask, certain(speck), AFFINE, CONFIG), labels)
    larger = labels.copy()
    larger[:, :, 20:][mask[:, :, 20:]] = other  # the whole rod: no speck
    assert (divide(mask, certain(larger), AFFINE, CONFIG) == other).sum() == (larger == other).sum()


@pytest.mark.parametrize(("voxel_mm3", "stays"), [(0.5, False), (0.99, False), (1.0, True), (2.0, True)])
def test_the_size_of_a_speck_is_in_cubic_millimeters(voxel_mm3, stays):
    """Four voxels are 2 to 8 mm3, and 4 mm3 is the least that a part may have."""
    labels = np.full((3, 4, 8), OUTER, np.uint8)
    labels[0, 0, :4] = INNER
    found = _without_specks(labels, voxel_mm3, CONFIG.least_part_mm3)
    assert (found == INNER).sum() == (4 if stays else 0)


def test_a_stray_piece_on_the_wrong_side_goes_to_the_other_part():
    mask, porus = tumor()
    truth = parted(mask, porus)
    wrong = truth.copy()
    wrong[8:13, 12:16, 5:9] = np.where(mask[8:13, 12:16, 5:9], np.uint8(INTRA), np.uint8(0))  # deep in the cistern
    np.testing.assert_array_equal(divide(mask, certain(wrong), AFFINE, CONFIG), truth)


def test_a_tongue_of_the_canals_part_in_the_cistern_is_cut_off_at_the_tolerance():
    mask, porus = tumor()
    wrong = parted(mask, porus)
    wrong[10, 15, porus - 7 : porus] = INTRA  # one voxel thin, connected, 7 mm long
    found = divide(mask, certain(wrong), AFFINE, CONFIG)
    beyond = found[:, :, : porus - 4] == INTRA
    assert not beyond.any()
    assert np.all(found[:, :, porus + 3 :][mask[:, :, porus + 3 :]] == INTRA)


def test_what_hangs_over_the_edge_of_the_porus_stays_extrameatal():
    mask, porus = tumor(radius=8.0)
    mask[8:13, 22:26, porus - 6 : porus + 5] = True  # beside the canal, past the plane of the porus
    mask[8:13, 15:26, porus - 6 : porus - 2] = True
    truth = parted(mask, porus)
    truth[8:13, 22:26, porus:][mask[8:13, 22:26, porus:]] = EXTRA
    np.testing.assert_array_equal(divide(mask, certain(truth), AFFINE, CONFIG), truth)


def test_each_voxel_knows_its_height_above_the_porus_and_its_distance_from_the_axis_of_the_canal():
    mask, porus = tumor()
    plane = _parting_plane(parted(mask, porus), AFFINE)
    d, h, w = plane.voxels.T
    np.testing.assert_allclose(plane.height_mm, porus - 0.5 - w, atol=0.05)  # half-way between two voxels
    np.testing.assert_allclose(plane.across_mm, np.hypot(d - 10, h - 15), atol=0.05)


def test_voxels_exactly_at_the_tolerance_stay_where_they_are():
    """Those beyond it are given to the other part; a voxel at 2 mm of 2 is not beyond."""
    heights = np.array([-2.5, -2.0, -0.5, 0.5, 2.0, 2.5])
    voxels = np.column_stack([np.zeros(6, np.intp), np.zeros(6, np.intp), np.arange(6)])
    labels = np.array([[[OUTER, OUTER, INNER, INNER, INNER, INNER]]], np.uint8)
    found = _on_own_side(labels, _Plane(voxels, heights, np.zeros(6)), 2.0)
    assert found.tolist() == [[[INNER, OUTER, INNER, INNER, INNER, OUTER]]]


def test_the_canal_is_as_wide_as_its_voxels_up_to_the_tolerance_itself():
    """The one voxel of the canal's part that tells its width lies 2 mm of 2 off the boundary."""
    voxels = np.column_stack([np.zeros(3, np.intp), np.zeros(3, np.intp), np.arange(3)])
    labels = np.array([[[INNER, OUTER, OUTER]]], np.uint8)
    plane = _Plane(voxels, np.array([-2.0, -3.0, -3.0]), np.array([3.0, 2.5, 3.5]))
    assert _on_own_side(labels, plane, 2.0).tolist() == [[[INNER, INNER, OUTER]]]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), smooth=st.floats(0.0, 3.0), grid=st.sampled_from(sorted(GRIDS)))
def test_any_answer_gives_exactly_the_mask_in_connected_parts(seed, smooth, grid):
    mask, _ = tumor()
    rng = np.random.default_rng(seed)
    noise = np.stack([ndimage.gaussian_filter(rng.normal(size=mask.shape), smooth) for _ in range(3)])
    noise = np.exp(noise / noise.std())
    labels = divide(mask, noise / noise.sum(0), empty_scan(grid).dhw_to_ras, CONFIG)
    np.testing.assert_array_equal(labels > 0, mask)
    assert set(np.unique(labels)) <= {0, EXTRA, INTRA}
    assert pieces(labels, EXTRA) <= 1
    assert pieces(labels, INTRA) <= 1


@pytest.mark.parametrize("grid", sorted(GRIDS))
def test_the_rules_do_not_depend_on_how_the_scan_lies(grid):
    """The same voxels on any grid of 1 mm: only the affine's spacing may matter, and it is the same."""
    mask, porus = tumor()
    scan = empty_scan(grid, spacing=(1.0, 1.0, 1.0))
    wrong = parted(mask, porus)
    wrong[10, 15, porus - 7 : porus] = INTRA
    here = divide(mask, certain(wrong), scan.dhw_to_ras, CONFIG)
    np.testing.assert_array_equal(here, divide(mask, certain(wrong), AFFINE, CONFIG))
    plane = fit_meatal_plane(Volume(here, scan.dhw_to_ras))
    assert isinstance(plane, MeatalPlane)


def test_parts_that_are_one_voxel_thin_are_parted_between_them_the_outer_one_above():
    labels = np.zeros((3, 5, 5), np.uint8)
    labels[1], labels[2] = OUTER, INNER
    plane = _parting_plane(labels, np.eye(4))
    assert plane is not None
    assert plane.height_mm == pytest.approx(np.where(plane.voxels[:, 0] == 1, 0.5, -0.5))


@pytest.mark.parametrize(("outer_layers", "is_parted"), [(2, True), (1, False)])
def test_eight_voxels_of_each_part_within_4_mm_of_the_other_tell_a_boundary(outer_layers, is_parted):
    """Layers of four voxels, 2 mm apart: two of the outer part lie within 4 mm of the inner one, and more farther."""
    labels = np.zeros((12, 2, 2), np.uint8)
    labels[:3] = INNER
    labels[3 : 3 + outer_layers] = OUTER
    labels[6:] = OUTER  # 8 mm from it
    assert (_parting_plane(labels, np.diag([2.0, 1.0, 1.0, 1.0])) is not None) == is_parted


def test_of_cuts_that_leave_equally_many_on_the_wrong_side_the_middle_one_is_taken():
    """Alternating from below on: after each voxel that belongs below, one fewer is wrong."""
    assert _best_cut(np.arange(10.0), np.arange(10) % 2 == 1) == 4.5
    assert _best_cut(np.arange(10.0)[::-1], np.arange(10) % 2 == 0) == 4.5
    assert _best_cut(np.arange(4.0), np.zeros(4, bool)) == 3.0
    assert _best_cut(np.arange(4.0), np.ones(4, bool)) == 0.0


def test_where_both_parts_are_as_likely_in_what_is_called_background_it_is_the_outer_one():
    mask = np.ones((2, 3, 4), bool)
    probabilities = np.stack([np.full(mask.shape, each) for each in (0.5, 0.25, 0.25)])
    assert (_voted(mask, probabilities, (1.0, 1.0, 1.0)) == OUTER).all()


def test_how_wide_the_canal_is_is_told_by_its_own_voxels_near_the_boundary_alone():
    """Of the outer part one lies beside it, and of the inner part one deep in it: both are farther from the axis."""
    voxels = np.column_stack([np.zeros(5, np.intp), np.zeros(5, np.intp), np.arange(5)])
    labels = np.array([[[INNER, OUTER, INNER, OUTER, OUTER]]], np.uint8)
    plane = _Plane(voxels, np.array([-1.0, 1.0, -5.0, -3.0, -3.0]), np.array([3.0, 9.0, 9.0, 2.5, 3.5]))
    assert _on_own_side(labels, plane, 2.0).tolist() == [[[INNER, OUTER, INNER, INNER, OUTER]]]


def test_pieces_apart_from_the_largest_of_their_part_go_to_the_other_and_nothing_else_changes():
    labels = np.array([[[0, OUTER, INNER, OUTER, OUTER, OUTER, INNER, INNER, INNER, OUTER, INNER, 0]]], np.uint8)
    expected = [[[0, OUTER, OUTER, OUTER, OUTER, OUTER, INNER, INNER, INNER, INNER, INNER, 0]]]
    assert connected(labels).tolist() == expected


def test_what_lies_far_from_the_boundary_turns_neither_its_plane_nor_the_axis_of_the_canal():
    """Lumps of both parts far to a side, some beside the plane, and a canal that bends far from the porus."""
    labels = np.zeros((5, 40, 30), np.uint8)
    labels[:, 10:30, :10] = labels[:, 30:, :4] = OUTER
    labels[:, :4, 6:10] = OUTER
    labels[:, 17:23, 10:26] = labels[:, 23:36, 20:26] = labels[:, 36:, 10:13] = INNER
    plane = _parting_plane(labels, AFFINE)
    assert plane is not None
    d, h, w = plane.voxels.T
    np.testing.assert_allclose(plane.height_mm, 9.5 - w, atol=0.01)
    np.testing.assert_allclose(plane.across_mm, np.hypot(d - 2, h - 19.5), atol=0.01)

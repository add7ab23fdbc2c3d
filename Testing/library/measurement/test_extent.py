from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import pdist

from Testing.support.grids import affines, examples, turned_affine
from Testing.support.phantoms import axial_affine, ball, box, ice_cream, rotation_about
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement.extent import _as_long, _farthest_pair, crack_points, longest_in_space

MASKS = arrays(bool, st.tuples(*[st.integers(1, 6)] * 3)).filter(np.any)


@pytest.mark.parametrize(
    ("mask", "spacing", "feret", "cracks"),
    [
        (box((10, 20, 30)), (1.5, 0.4, 0.4), 19.3538, 20.4284),
        (box((1, 1, 1)), (1.5, 0.4, 0.4), 0, 1.5),
        (box((1, 1, 10)), (1.5, 0.5, 0.5), 4.5, 5.0),
        (np.pad(np.eye(5, dtype=bool)[None], 1), (1.5, 0.6, 0.3), 2.6833, 3.2311),
        (ball(6.3, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5), 6.1644, 6.6521),
        (ball(16.3, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5), 16.2788, 16.7705),
        (ball(6.3, (1.5, 0.4, 0.4)), (1.5, 0.4, 0.4), 6.2610, 7.7104),
        (ball(16.3, (1.5, 0.4, 0.4)), (1.5, 0.4, 0.4), 16.2985, 17.6434),
        (ball(16.3, (1.5, 0.55, 0.55)), (1.5, 0.55, 0.55), 16.2948, 17.6343),
        (ball(24.7, (1.5, 0.4, 0.4)), (1.5, 0.4, 0.4), 24.6966, 26.1566),
    ],
)
def test_3d_diameters_are_those_of_the_golden_tables(mask, spacing, feret, cracks):
    found = longest_in_space(mask, axial_affine(spacing))
    assert (found.centers_mm, found.cracks_mm) == pytest.approx((feret, cracks), abs=1e-3)


@pytest.mark.parametrize(
    ("spacing", "em", "whole"),
    [
        ((1.5, 0.4, 0.4), (17.3738, 15.9850), (23.2034, 22.8806)),
        ((0.5, 0.5, 0.5), (16.4469, 15.9844), (23.3559, 22.9891)),
        ((1.0, 1.0, 1.0), (16.8819, 15.9374), (23.2164, 22.4054)),
    ],
)
def test_3d_diameters_of_the_ice_cream_phantom_are_those_of_the_golden_table(spacing, em, whole):
    labelmap = ice_cream(spacing)
    for mask, expected in ((labelmap.array == Label.EXTRAMEATAL, em), (labelmap.array > 0, whole)):
        found = longest_in_space(mask, labelmap.dhw_to_ras)
        assert (found.cracks_mm, found.centers_mm) == pytest.approx(expected, abs=1e-3)


@examples(100)
@given(MASKS, affines(sheared=True))
def test_3d_diameters_equal_brute_force_over_all_points(mask, dhw_to_ras):
    found = longest_in_space(mask, dhw_to_ras)
    centers = geometry.transform_points(dhw_to_ras, np.argwhere(mask))
    cracks = geometry.transform_points(dhw_to_ras, crack_points(mask))
    assert found.centers_mm == pytest.approx(pdist(centers).max() if len(centers) > 1 else 0, abs=1e-6)
    assert found.cracks_mm == pytest.approx(pdist(cracks).max(), abs=1e-6)
    ends = found.end_points_ras_mm
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(found.width_mm, abs=1e-9)
    assert found.centers_mm - 1e-9 <= found.width_mm <= found.cracks_mm + 1e-9


def test_very_many_points_on_a_flat_sheet_are_measured_too():
    sheet = np.ones((700, 1, 900), dtype=bool)
    spacing = (0.5, 1.0, 0.25)
    turned = rotation_about((1.0, 2.0, 3.0), 33.0) @ axial_affine(spacing)
    found = longest_in_space(sheet, turned)
    assert found.centers_mm == pytest.approx(np.hypot(699 * 0.5, 899 * 0.25), abs=1e-6)


def test_large_ball_whose_points_all_lie_equally_far_out_is_as_long_as_a_ball():
    spacing = (0.5, 0.5, 0.5)
    found = longest_in_space(ball(40.0, spacing), axial_affine(spacing))
    assert found.centers_mm == pytest.approx(40.0, abs=1e-9)


@examples(50)
@given(MASKS)
def test_crack_points_lie_between_an_inside_and_an_outside_voxel(mask):
    padded = np.pad(mask, 1)
    for point in crack_points(mask) + 1:
        low, high = np.floor(point).astype(int), np.ceil(point).astype(int)
        assert padded[tuple(low)] != padded[tuple(high)]
        assert np.abs(high - low).sum() == 1


def test_number_of_crack_points_of_a_box_is_that_of_its_surface_faces():
    assert len(crack_points(box((2, 3, 4)))) == 2 * (2 * 3 + 2 * 4 + 3 * 4)


def test_empty_mask_is_refused():
    with pytest.raises(EmptyMaskError, match="the mask is empty"):
        longest_in_space(np.zeros((2, 3, 4), dtype=bool), np.eye(4))


@pytest.mark.parametrize("mask", [ball(6.3, (1.5, 0.4, 0.4)), box((4, 9, 13))], ids=["ball", "box"])
def test_where_the_scan_lies_changes_no_length_and_lines_lie_in_the_middle_of_the_tumor(mask):
    here = turned_affine((20, -15, 35), (1.5, 0.4, 0.4))
    there = here.copy()
    there[:3, 3] += 400.0, -300.0, 200.0
    one, other = longest_in_space(mask, here), longest_in_space(mask, there)
    assert other[:3] == pytest.approx(one[:3], abs=1e-6)
    for found, grid in ((one, here), (other, there)):
        ends = found.end_points_ras_mm
        middle = geometry.transform_points(grid, np.argwhere(mask).mean(axis=0))
        assert ends.mean(axis=0) == pytest.approx(middle, abs=1e-6)
        assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(found.width_mm, abs=1e-9)


def test_of_lines_in_all_batches_those_that_are_as_long_as_the_longest_are_looked_at():
    """The corners of a box of 200 points have four diagonals; the two ends of each are in batches of their own."""
    points = np.array([*product((0.0, 3.0), (0.0, 4.0), (0.0, 5.0))])
    points = np.concatenate((points[:4], np.tile((1.5, 2.0, 2.5), (192, 1)), points[4:]))
    lines = _as_long(points, np.array([(0.0, 0.0, 0.0), (3.0, 4.0, 5.0)]))
    assert {tuple(np.abs(line)) for line in lines.tolist()} == {(3.0, 4.0, 5.0)}
    assert len({tuple(np.sign(line[0]) * np.array(line)) for line in lines}) == 4


@pytest.mark.parametrize("seed", range(40))
def test_the_farthest_of_few_points_round_the_origin_are_found(seed):
    """Where the first long line is not the longest one, what lies outside the ball over it has it."""
    points = np.random.default_rng(seed).normal(size=(30, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True) ** 0.8
    found = _farthest_pair(points)
    assert np.linalg.norm(found[1] - found[0]) == pytest.approx(pdist(points).max(), rel=1e-12)

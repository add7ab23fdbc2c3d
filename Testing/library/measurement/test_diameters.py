from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import pdist

from Testing.support.phantoms import ball, box
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.measurement.diameters import SliceDiameter, _is_longer, half_pixel_mm, longest_in_slices

MASKS = arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 7), st.integers(1, 7))).filter(np.any)
PIXELS = st.sampled_from([0.3, 0.4, 0.55, 0.6, 1.0])


def longest(mask, row_mm: float, column_mm: float) -> SliceDiameter:
    return longest_in_slices(mask, np.array([(0, row_mm, 0), (column_mm, 0, 0)], dtype=float))


@pytest.mark.parametrize(
    ("diameter", "spacing", "n", "a", "f", "c"),
    [
        (6.3, (0.5, 0.5, 0.5), 1021, 6.0828, 6.3328, 6.5765),
        (16.3, (0.5, 0.5, 0.5), 18037, 16.2788, 16.5288, 16.7705),
        (6.3, (1.5, 0.4, 0.4), 525, 6.2482, 6.4482, 6.5605),
        (16.3, (1.5, 0.4, 0.4), 9419, 16.1988, 16.3988, 16.5747),
        (16.3, (1.5, 0.55, 0.55), 5011, 16.2413, 16.5163, 16.7276),
        (24.7, (1.5, 0.4, 0.4), 32869, 24.6966, 24.8966, 25.0599),
    ],
)
def test_digital_balls_have_the_diameters_of_the_golden_table(diameter, spacing, n, a, f, c):
    mask = ball(diameter, spacing)
    found = longest(mask, *spacing[1:])
    assert mask.sum() == n
    assert (found.centers_mm, found.corrected_mm, found.cracks_mm) == pytest.approx((a, f, c), abs=1e-3)


def test_box_has_the_diagonals_of_its_centers_and_of_its_edge_mid_points():
    found = longest(box((10, 20, 30)), 0.4, 0.4)
    assert found.centers_mm == pytest.approx(np.hypot(29 * 0.4, 19 * 0.4), abs=1e-9)
    assert found.corrected_mm == pytest.approx(np.hypot(29 * 0.4, 19 * 0.4) + 0.2, abs=1e-9)
    assert found.cracks_mm == pytest.approx(np.hypot(12, 7.6), abs=1e-9)


def test_of_slices_that_tie_the_lowest_is_taken():
    assert longest(box((10, 20, 30), margin=3), 0.4, 0.4).slice_index == 3


def test_single_voxel_has_a_center_distance_of_zero_and_no_corrected_diameter():
    found = longest(box((1, 1, 1)), 0.4, 0.4)
    assert (found.centers_mm, found.corrected_mm) == (0.0, None)
    assert found.cracks_mm == pytest.approx(0.4)


def test_line_of_ten_voxels_is_nine_steps_and_its_corrected_length_half_a_pixel_more():
    found = longest(box((1, 1, 10)), 0.5, 0.5)
    assert (found.centers_mm, found.corrected_mm, found.cracks_mm) == pytest.approx((4.5, 4.75, 5.0), abs=1e-9)


def test_line_of_a_bar_of_unequal_pixels_is_drawn_along_the_bar():
    found = longest(box((1, 10, 1), margin=2), 0.6, 0.3)
    assert found.end_points.tolist() == [[1.5, 2], [11.5, 2]]
    assert found.line_mm == pytest.approx(6.0)


def test_diagonal_of_unequal_pixels_is_corrected_by_half_the_mean_pixel_along_it():
    mask = np.pad(np.eye(5, dtype=bool)[None], 1)
    found = longest(mask, 0.6, 0.3)
    assert (found.centers_mm, found.corrected_mm, found.cracks_mm) == pytest.approx((2.6833, 2.9333, 3.2311), abs=1e-3)


def test_empty_mask_is_refused():
    with pytest.raises(EmptyMaskError, match="mask is empty"):
        longest(np.zeros((2, 3, 4), dtype=bool), 1, 1)


@settings(max_examples=150, deadline=None)
@given(MASKS, PIXELS, PIXELS)
def test_longest_line_equals_brute_force_over_all_pairs_of_all_slices(mask, row_mm, column_mm):
    lengths = [
        pdist(np.argwhere(section) * (row_mm, column_mm)).max() if section.sum() > 1 else 0.0
        for section in mask
        if section.any()
    ]
    assert longest(mask, row_mm, column_mm).centers_mm == pytest.approx(max(lengths), abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(MASKS, PIXELS, PIXELS)
def test_center_distance_corrected_line_and_crack_distance_never_change_their_order(mask, row_mm, column_mm):
    found = longest(mask, row_mm, column_mm)
    corners = np.concatenate(
        [np.argwhere(mask[found.slice_index]) + step for step in ((0, 0), (0, 1), (1, 0), (1, 1))]
    ) * (row_mm, column_mm)
    in_order = [found.centers_mm, found.corrected_mm or 0.0, found.line_mm, found.cracks_mm, pdist(corners).max()]
    assert all(small <= large + 1e-9 for small, large in pairwise(in_order))


@settings(max_examples=150, deadline=None)
@given(MASKS, PIXELS, PIXELS)
def test_turned_and_mirrored_slices_give_the_same_diameter(mask, row_mm, column_mm):
    found = longest(mask, row_mm, column_mm)
    mirrored = longest(mask[::-1, ::-1, ::-1], row_mm, column_mm)
    turned = longest(mask.transpose(0, 2, 1), column_mm, row_mm)
    for other in (mirrored, turned):
        assert other.centers_mm == pytest.approx(found.centers_mm, abs=1e-9)
        assert other.corrected_mm == pytest.approx(found.corrected_mm, abs=1e-9)


def test_lengths_that_differ_by_the_rounding_of_an_oblique_grid_are_a_tie():
    """The lowest slice is taken, also where noise makes a later one longer by a billionth."""
    assert not _is_longer((10.0, 0.25 + 1e-9), (10.0, 0.25))
    assert _is_longer((10.0, 0.25 + 2e-9), (10.0, 0.25))
    assert not _is_longer((0.5 + 1e-9, 0.25), (0.5, 0.25))
    assert _is_longer((0.5 + 2e-9, 0.2), (0.5, 0.25))
    assert not _is_longer((0.5, 0.25), (0.5 + 2e-9, 0.2))
    assert not _is_longer((1e-9, 0.25), (0.0, 0.25))  # by just a billionth
    assert not _is_longer((100.0 + 5e-8, 0.2), (100.0, 0.25))  # less than a billionth of it


@pytest.mark.parametrize("pixel_mm", [0.35, 0.55, 0.7])
@pytest.mark.parametrize("steps", [((3, 4), (5, 0)), ((5, 0), (3, 4)), ((4, 3), (0, 5))])
def test_of_lines_that_rounding_alone_makes_longer_the_one_in_the_lowest_slice_is_taken(pixel_mm, steps):
    mask = np.zeros((2, 6, 6), bool)
    for index, step in enumerate(steps):
        mask[index, 0, 0] = mask[(index, *step)] = True
    assert longest(mask, pixel_mm, pixel_mm).slice_index == 0


@pytest.mark.parametrize(("row_mm", "column_mm"), [(0.3, 0.4), (0.4, 0.3)])
def test_of_equally_long_lines_in_one_slice_the_one_across_the_larger_pixels_counts(row_mm, column_mm):
    """A cross of four steps of 0.3 mm and three of 0.4 mm: half a pixel more makes 1.4 mm."""
    mask = np.zeros((1, 5, 5), bool)
    mask[0, :5, 2] = mask[0, 2, :4] = True
    mask = mask if row_mm < column_mm else mask.transpose(0, 2, 1)
    assert longest(mask, row_mm, column_mm).corrected_mm == pytest.approx(1.4)


def test_half_a_pixel_along_no_step_is_nothing():
    assert half_pixel_mm(np.array([(0, 0), (0, 2), (3, 0)]), np.diag([0.3, 0.4])) == pytest.approx([0.0, 0.2, 0.15])

"""A line in a slice stays in one piece of it."""

import numpy as np
import pytest

from Testing.support.phantoms import ball, box, labeled
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.diameters import longest_in_slices
from VSSegmentationLib.measurement.in_plane_pieces import (
    count_pieces,
    longest_between_in_one_piece,
    longest_in_one_piece,
    piece_with,
)

PIXELS = np.array([(0.0, 0.5, 0.0), (0.5, 0.0, 0.0)])


def two_balls_bridged_on_the_lowest_slice() -> np.ndarray:
    """(D, H, W) at 0.5 mm: balls of 10 and 8 mm, 14 mm apart, with a plate 3 mm wide that joins their lowest slices."""
    mask = np.zeros((30, 30, 64), dtype=bool)
    for diameter_mm, column in ((10.0, 16), (8.0, 44)):
        one = ball(diameter_mm, (0.5, 0.5, 0.5), margin=0)
        low = 4
        rows, columns = 15 - one.shape[1] // 2, column - one.shape[2] // 2
        mask[low : low + len(one), rows : rows + one.shape[1], columns : columns + one.shape[2]] |= one
    mask[2:4, 12:18, 14:46] = True
    mask[4, 12:18, 14:18] = mask[4, 12:18, 42:46] = True
    return mask


def test_two_balls_that_touch_on_another_slice_are_measured_apart():
    mask = two_balls_bridged_on_the_lowest_slice()
    measured = {m.id: m for m in measure(labeled(mask, (0.5, 0.5, 0.5), Label.UNDIVIDED_TUMOR))}
    longest = measured["whole_max_axial"]
    bridge_mm = float(np.hypot(31 * 0.5, 5 * 0.5))  # the plate is one piece, and the longest
    assert longest.slice_index in (2, 3)
    assert longest.value == pytest.approx(bridge_mm, abs=0.5)
    assert "pieces" not in longest.method
    across_gap = longest_in_slices(mask, PIXELS)
    assert across_gap.centers_mm > 22  # 14 mm between the middles, 5 and 4 mm beyond them


def test_line_stays_in_the_larger_piece_where_no_slice_joins_them():
    apart = two_balls_bridged_on_the_lowest_slice()[5:]
    assert longest_in_one_piece(apart, PIXELS).corrected_mm == pytest.approx(10.0, abs=0.3)
    assert longest_in_slices(apart, PIXELS).centers_mm > 22  # across the gap


def test_slice_that_shows_two_pieces_is_told_in_the_method():
    mask = np.zeros((6, 40, 60), dtype=bool)
    mask[3, 10:30, 5:25] = mask[3, 10:20, 40:50] = True
    mask[2, 18:20, 20:44] = True  # joins them, one slice below, and is shorter than the larger piece
    longest = next(
        m for m in measure(labeled(mask, (3.0, 0.5, 0.5), Label.UNDIVIDED_TUMOR)) if m.id == "whole_max_axial"
    )
    assert longest.value == pytest.approx(19 * 0.5 * np.sqrt(2) + 0.25)
    assert "the slice shows 2 pieces, and the line stays in one of them" in longest.method


def test_line_between_parts_needs_one_piece_that_holds_both():
    first, second = np.zeros((2, 2, 12, 30), dtype=bool)
    first[0, 4:8, 4:8] = second[0, 4:8, 20:28] = True  # apart
    whole = first | second
    assert longest_between_in_one_piece(first, second, whole, PIXELS) is None
    first[1, 4:8, 4:8] = second[1, 4:8, 8:12] = True  # side by side
    found = longest_between_in_one_piece(first, second, first | second, PIXELS)
    assert found.slice_index == 1
    assert found.centers_mm == pytest.approx(np.hypot(7, 3) * 0.5)


def test_one_piece_has_the_line_that_it_has_anyway():
    mask = ball(12.0, (1.5, 0.5, 0.5))
    apart, plain = longest_in_one_piece(mask, PIXELS), longest_in_slices(mask, PIXELS)
    assert (apart.slice_index, apart.corrected_mm) == (plain.slice_index, plain.corrected_mm)
    np.testing.assert_array_equal(apart.end_points, plain.end_points)


def test_empty_mask_is_refused():
    with pytest.raises(EmptyMaskError, match="empty"):
        longest_in_one_piece(np.zeros((2, 3, 4), dtype=bool), PIXELS)


def test_piece_with_a_point_is_chosen_and_without_any_all_stays():
    section = np.zeros((8, 20), dtype=bool)
    section[2:5, 2:5] = section[2:5, 10:15] = True
    assert count_pieces(section) == 2
    np.testing.assert_array_equal(piece_with(section, np.array([(3.2, 11.6)])), section & (np.arange(20) >= 10))
    np.testing.assert_array_equal(piece_with(section, np.array([(7.0, 7.0)])), section)
    assert count_pieces(box((1, 2, 2))[3]) == 1

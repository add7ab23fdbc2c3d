"""Contours as masks: pixels within polygons, planes and the gaps between them, each limit on both its sides."""

import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import mask_of_contours
from VSSegmentationLib.imageio.dicom.contours import Contour, _filled, _joined, _nearly_same, _planes, draw_contours
from VSSegmentationLib.volume import Volume


def rectangle(low, high, height=0.0):
    """From one corner (R, A) to the other, at a height."""
    (x, y), (right, front) = low, high
    return np.array([(x, y, height), (right, y, height), (right, front, height), (x, front, height)], np.float64)


def grid(shape, spacing=(1.0, 1.0, 1.0), corner=(0.0, 0.0, 0.0)):
    """Axial, from a corner (R, A, S) on; all along (D, H, W)."""
    affine = np.eye(4)
    affine[:3, :3] = np.diag(spacing)[::-1]
    affine[:3, 3] = corner
    return Volume(np.zeros(shape, np.uint8), affine)


def drawn(rows):
    return np.array([[letter == "#" for letter in row] for row in rows])


DIAMOND = [(0, 2.5), (2, 4.5), (4, 2.5), (2, 0.5)]
COMB = [(0.5, 0.5), (0.5, 1.5), (2.5, 1.5), (2.5, 2.5), (0.5, 2.5), (0.5, 3.5), (3.5, 3.5), (3.5, 0.5)]


@pytest.mark.parametrize(
    ("polygon", "inside"),
    [
        (DIAMOND, [".....", "..##.", ".####", "..##.", "....."]),  # with corners on the rows of pixels
        (DIAMOND[::-1], [".....", "..##.", ".####", "..##.", "....."]),
        (COMB, [".....", ".#.#.", ".#.#.", ".###.", "....."]),  # four times in and out along a row
        ([(0.5, 0.5), (0.5, 3.5), (2.5, 4.5)], [".....", "..##.", "....#", ".....", "....."]),
        ([(-9, -9), (-9, 9), (9, 9), (9, -9)], ["#####"] * 5),  # reaches beyond all pixels
    ],
)
def test_pixels_whose_centers_lie_in_a_polygon_are_filled(polygon, inside):
    np.testing.assert_array_equal(_filled(np.array(polygon, np.float64), (5, 5)), drawn(inside))


def test_a_contour_in_a_hole_is_an_island():
    rings = [rectangle((low, low), (21 - low, 21 - low)) for low in (0.3, 3.3, 6.3)]
    mask = mask_of_contours(rings, grid((3, 22, 22), corner=(0, 0, -1.0))).array
    areas = [round(21 - 2 * low) ** 2 for low in (0.3, 3.3, 6.3)]
    assert np.count_nonzero(mask[1]) == areas[0] - areas[1] + areas[2]


def pixels(*filled):
    """Of 200 pixels, those in ranges."""
    mask = np.zeros((10, 20), np.bool_)
    for first, stop in filled:
        mask.flat[first:stop] = True
    return mask


@pytest.mark.parametrize(("of_twenty", "is_hole"), [(18, True), (17, False)])
def test_a_contour_lies_within_another_with_nine_tenths_of_it(of_twenty, is_hole):
    large, small = pixels((0, 100)), pixels((100 - of_twenty, 120 - of_twenty))
    inside = _joined([small, large], (10, 20))
    assert np.count_nonzero(inside) == (100 - of_twenty if is_hole else 120 - of_twenty)


@pytest.mark.parametrize(("of_hundred", "is_same"), [(96, True), (95, False)])
def test_two_contours_are_the_same_with_more_than_95_percent_in_common(of_hundred, is_same):
    assert _nearly_same(pixels((0, 100)), pixels((0, of_hundred))) is is_same
    assert _nearly_same(pixels((0, of_hundred)), pixels((0, 100))) is is_same


@pytest.mark.parametrize(("width_mm", "is_refused"), [(0.9e-6, True), (1e-6, False)])
def test_what_has_less_than_a_millionth_of_a_square_millimeter_encloses_no_area(width_mm, is_refused):
    thin = [Contour(rectangle((0, 0), (1, width_mm)))]
    if is_refused:
        with pytest.raises(InputRefusedError, match="enclose no area"):
            _planes(thin, 0.5)
    else:
        assert _planes(thin, 0.5).offsets_mm.tolist() == [0.0]


@pytest.mark.parametrize(("length_mm", "is_refused"), [(4093.0, False), (4093.5, True)])
def test_planes_of_up_to_4096_pixels_are_drawn(length_mm, is_refused):
    """A line of 4093 mm has 4094 pixels of 1 mm, the last at its end, and one more lies outside at either end."""
    contours = [Contour(rectangle((0, 0), (length_mm, 1.0)))]
    if is_refused:
        with pytest.raises(InputRefusedError, match="reach farther than any part of a head"):
            _planes(contours, 1.0)
    else:
        assert max(_planes(contours, 1.0).distance_mm.shape) == 4096


@pytest.mark.parametrize("pixel_mm", [0.25, 1.0, 5.0])
def test_all_outlines_lie_within_the_outermost_pixels_of_their_planes(pixel_mm):
    distance = _planes([Contour(rectangle((-20, 10), (-5, 30)))], pixel_mm).distance_mm[0]
    border = [distance[0], distance[-1], distance[:, 0], distance[:, -1]]
    assert min(each.min() for each in border) > 0
    assert distance.min() < 0


def heights_held(contours, on):
    """(D,) of the columns that go through the middle of (0, 0) to (10, 10)."""
    mask = draw_contours([Contour(points) for points in contours], on).mask.array
    return [round(on.dhw_to_ras[2, 3] + on.spacing_dhw_mm[0] * d, 6) for d in np.flatnonzero(mask[:, 5, 5])]


@pytest.mark.parametrize("heights", [(0.0, 2.0, 4.0), (0.0, 2.0)])
def test_the_outermost_planes_stand_for_half_a_distance_on_their_outer_sides(heights):
    contours = [rectangle((0, 0), (10, 10), z) for z in heights]
    on = grid((21, 11, 11), spacing=(0.5, 1.0, 1.0), corner=(0, 0, -3.0))
    assert heights_held(contours, on) == [z / 2 for z in range(-2, int(2 * heights[-1]) + 3)]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_contour_alone_stands_for_one_slice_of_the_grid_that_lies_along_it(axis):
    """Whose slices are 3, 2 or 1 mm apart, and far from the origin."""
    spacing = np.array([3.0, 2.0, 1.0])
    square = rectangle((-4.2, -4.2), (4.2, 4.2))
    contour = np.roll(square, (0, 2, 1)[axis], axis=1)  # its normal along S, A or R
    contour[:, ::-1] += (300.0, 0.0, -200.0)
    on = grid((41, 41, 41), tuple(spacing), corner=(-220.0, -40.0, 240.0))
    across = [round(8.4 / step) for step in np.delete(spacing, axis)]
    mask = mask_of_contours([contour], on).array
    assert np.count_nonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) == 1
    assert np.count_nonzero(mask) == pytest.approx(across[0] * across[1], abs=max(across))


def beside(gap):
    """Four planes 2 mm apart, and after a gap four more with the shape elsewhere."""
    here = [rectangle((0, 0), (10, 10), z) for z in (0.0, 2.0, 4.0, 6.0)]
    return here + [rectangle((20, 0), (30, 10), 6.0 + gap + z) for z in (0.0, 2.0, 4.0, 6.0)]


BESIDE = grid((32, 11, 33), spacing=(1.0, 1.0, 1.0), corner=(0, 0, -2.25))


def test_planes_up_to_one_and_a_half_distances_apart_are_neighbors_and_one_shape_goes_over_into_the_other():
    """Midway between a shape and none there is none; beyond that distance the last plane stands for a half of it."""
    assert max(heights_held(beside(gap=3.0), BESIDE)) < 7.0 - 0.25
    assert max(heights_held(beside(gap=3.1), BESIDE)) == 6.75


@pytest.mark.parametrize("gap", [3.1, 6.0, 9.0])
def test_across_a_wider_gap_shapes_that_do_not_overlap_are_neither_joined_nor_counted(gap):
    assert draw_contours([Contour(points) for points in beside(gap)], BESIDE).filled_planes == 0
    assert max(heights_held(beside(gap), BESIDE)) == 6.75


@pytest.mark.parametrize(("gap", "filled"), [(3.0, 0), (3.5, 1), (4.0, 1), (6.0, 2), (9.0, 4), (9.25, 0), (20.0, 0)])
def test_planes_are_filled_in_where_shapes_overlap_up_to_four_and_a_half_distances_apart(gap, filled):
    heights = [0.0, 2.0, 4.0, 6.0, *(6.0 + gap + z for z in (0.0, 2.0, 4.0, 6.0))]
    contours = [rectangle((0, 0), (10, 10), z) for z in heights]
    assert draw_contours([Contour(points) for points in contours], BESIDE).filled_planes == filled
    on = grid((40, 11, 11), corner=(0, 0, -1.75))
    missing = [z for z in np.arange(-0.75, 13 + gap) if z not in heights_held(contours, on)]
    assert bool(missing) is (gap > 9.0)


def test_planes_closer_than_usual_count_for_no_missing_one():
    heights = [0.0, 2.0, 2.2, 4.0, 6.0, 8.0, 12.0]
    contours = [Contour(rectangle((0, 0), (10, 10), z)) for z in heights]
    assert draw_contours(contours, BESIDE).filled_planes == 1


@pytest.mark.parametrize(("right", "is_inside"), [(-0.25, True), (-0.26, False)])
def test_a_voxel_on_the_outline_belongs_to_the_shape(right, is_inside):
    """Pixels are half a voxel, and the outline runs midway between the last one inside and the first one outside."""
    contours = [rectangle((0, 0), (10, 10), z) for z in (0.0, 1.0, 2.0)]
    assert mask_of_contours(contours, grid((1, 3, 1), corner=(right, 4.0, 1.0))).array.all() == is_inside

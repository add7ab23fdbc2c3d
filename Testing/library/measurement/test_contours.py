import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import map_coordinates

from Testing.support.grids import examples
from VSSegmentationLib.measurement.contours import contour_segments

SECTIONS = arrays(bool, st.tuples(st.integers(1, 7), st.integers(1, 7)))


def enclosed_area(section) -> float:
    """In pixels; each piece adds the trapezoid below it, with the sign of the side on which the mask lies."""
    total = 0.0
    padded = np.pad(section, 2).astype(float)
    for (r0, c0), (r1, c1) in contour_segments(section):
        step = np.array((r1 - r0, c1 - c0))
        normal = np.array((-step[1], step[0]))
        if np.linalg.norm(normal) == 0:
            continue
        middle = np.array(((r0 + r1) / 2, (c0 + c1) / 2))
        beside = middle + 0.05 * normal / np.linalg.norm(normal)
        inside = map_coordinates(padded, (beside + 2)[:, None], order=1)[0] >= 0.5
        total += (c1 - c0) * (r0 + r1) / 2 * (1 if inside else -1)
    return total


@examples(100)
@given(SECTIONS)
def test_ends_of_every_piece_lie_where_the_bilinear_interpolation_is_one_half(section):
    segments = contour_segments(section)
    ends = segments.reshape(-1, 2)
    padded = np.pad(section, 2).astype(float)
    assert map_coordinates(padded, (ends + 2).T, order=1) == pytest.approx(np.full(len(ends), 0.5), abs=1e-9)


@examples(100)
@given(SECTIONS)
def test_middle_of_every_piece_lies_within_0_02_pixel_of_the_outline(section):
    segments = contour_segments(section)
    middles = segments.mean(axis=1)
    padded = np.pad(section, 2).astype(float)
    # The gradient of the interpolation is about 1 per pixel there, so values stand for distances.
    assert map_coordinates(padded, (middles + 2).T, order=1) == pytest.approx(np.full(len(middles), 0.5), abs=0.02)


@examples(100)
@given(SECTIONS)
def test_outline_is_closed_every_end_being_shared_by_an_even_number_of_pieces(section):
    ends = np.round(contour_segments(section).reshape(-1, 2), 9)
    _, counts = np.unique(ends, axis=0, return_counts=True)
    assert (counts % 2 == 0).all()


def test_outline_of_a_rectangle_encloses_it_but_for_its_four_corners():
    # Of the outer quarter of a corner pixel, 1/4, the quadrangle (0, 0), (0, 1/2), (n, n), (1/2, 0) with
    # n = 1 - sqrt(1/2) is kept; its area is n / 2.
    near = 1 - np.sqrt(0.5)
    area = enclosed_area(np.ones((4, 6), dtype=bool))
    assert area == pytest.approx(24 - 4 * (0.25 - near / 2), abs=1e-9)


def test_nothing_has_no_outline():
    assert contour_segments(np.zeros((3, 4), dtype=bool)).shape == (0, 2, 2)

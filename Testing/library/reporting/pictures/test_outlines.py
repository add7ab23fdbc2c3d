import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from VSSegmentationLib.reporting.pictures.outlines import pixel_outlines


def signed_area(loop: np.ndarray) -> float:
    rows, columns = loop.T
    return 0.5 * float(np.sum(columns * np.roll(rows, -1) - np.roll(columns, -1) * rows))


def test_rectangle_has_its_four_corners():
    mask = np.zeros((6, 8), bool)
    mask[2:4, 3:7] = True
    (loop,) = pixel_outlines(mask)
    assert sorted(map(tuple, loop.tolist())) == [(1.5, 2.5), (1.5, 6.5), (3.5, 2.5), (3.5, 6.5)]


def test_hole_has_an_outline_of_its_own():
    mask = np.ones((3, 3), bool)
    mask[1, 1] = False
    assert sorted(abs(signed_area(loop)) for loop in pixel_outlines(mask)) == [1.0, 9.0]


def test_pixels_that_meet_at_a_corner_keep_their_own_outlines():
    for mask in (np.eye(2, dtype=bool), np.eye(2, dtype=bool)[::-1]):
        assert [abs(signed_area(loop)) for loop in pixel_outlines(mask)] == [1.0, 1.0]


def test_nothing_has_no_outline():
    assert pixel_outlines(np.zeros((4, 5), bool)) == []


@settings(max_examples=200, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_outlines_enclose_exactly_the_pixels_of_the_mask(mask):
    assert sum(signed_area(loop) for loop in pixel_outlines(mask)) == mask.sum()


@settings(max_examples=100, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_outlines_are_as_long_as_there_are_pixel_edges_between_inside_and_outside(mask):
    padded = np.pad(mask, 1).astype(int)
    edges = np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum()
    steps = [np.abs(loop - np.roll(loop, 1, axis=0)).sum() for loop in pixel_outlines(mask)]
    assert sum(steps) == edges

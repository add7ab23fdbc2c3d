import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import map_coordinates

from Testing.support.grids import examples
from Testing.support.phantoms import MEATAL_NORMAL_RAS, ice_cream
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement.chords import inside_fraction, longest_chord

SECTIONS = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))).filter(np.any)
PETROUS_RAS = np.cross(MEATAL_NORMAL_RAS, (0, 0, 1))


def pixels(row_mm: float, column_mm: float) -> np.ndarray:
    """Rows run to anterior, columns to the right."""
    return np.array([(0, row_mm, 0), (column_mm, 0, 0)], dtype=float)


def sampled_chord_mm(section, vectors, along, step_mm) -> float:
    """By the book: a rotated grid, bilinear interpolation, the longest run of samples of at least one half."""
    across = np.cross((0, 0, 1), along)
    reach = np.linalg.norm(np.array(section.shape) @ np.abs(vectors)) + 2
    t = np.arange(-reach, reach, step_mm)
    points = t[:, None, None] * across + t[None, :, None] * along  # (lines, samples, 3)
    index = points @ np.linalg.pinv(vectors)
    inside = map_coordinates(section.astype(float), np.moveaxis(index, -1, 0), order=1, mode="grid-constant") >= 0.5
    longest = 0
    for line in inside:
        edges = np.flatnonzero(np.diff(np.concatenate(([0], line, [0]))))
        longest = max(longest, *(edges[1::2] - edges[::2]), 0) if len(edges) else longest
    return longest * step_mm


@pytest.mark.parametrize(("along", "length"), [((1, 0, 0), 12.0), ((0, 1, 0), 8.0)])
def test_chords_of_a_box_along_its_sides_are_its_sides(along, length):
    section = np.pad(np.ones((20, 30), dtype=bool), 3)
    chord = longest_chord(section, pixels(0.4, 0.4), np.array(along, dtype=float))
    assert chord.length_mm == pytest.approx(length, abs=1e-3)


@pytest.mark.parametrize(
    ("spacing", "em_slice", "shared_slice", "ml", "ap", "para_em", "para_im", "perp_em"),
    [
        ((1.5, 0.4, 0.4), 10, 10, 14.15, 15.85, 15.85, 5.10, 14.15),
        ((0.5, 0.5, 0.5), 29, 28, 14.15, 16.27, 15.98, 4.95, 14.15),
        ((1.0, 1.0, 1.0), 15, 13, 14.16, 16.39, 15.56, 3.66, 14.16),
    ],
)
def test_chords_of_the_ice_cream_phantom_are_those_of_the_golden_table(
    spacing, em_slice, shared_slice, ml, ap, para_em, para_im, perp_em
):
    array = ice_cream(spacing).array
    for label, index, along, expected in (
        (Label.EXTRAMEATAL, em_slice, MEATAL_NORMAL_RAS, ml),
        (Label.EXTRAMEATAL, em_slice, PETROUS_RAS, ap),
        (Label.EXTRAMEATAL, shared_slice, PETROUS_RAS, para_em),
        (Label.INTRAMEATAL, shared_slice, PETROUS_RAS, para_im),
        (Label.EXTRAMEATAL, shared_slice, MEATAL_NORMAL_RAS, perp_em),
    ):
        chord = longest_chord(array[index] == label, pixels(*spacing[1:]), along)
        assert chord.length_mm == pytest.approx(expected, abs=spacing[1] / 4)


@examples(60)
@given(SECTIONS, st.floats(0, 180), st.sampled_from([0.4, 0.6]), st.sampled_from([0.4, 0.6]))
def test_chord_is_never_shorter_than_one_found_by_sampling_and_lies_inside(section, degrees, row_mm, column_mm):
    along = np.array((np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0))
    vectors = pixels(row_mm, column_mm)
    chord = longest_chord(section, vectors, along)
    step = 0.4 / 8
    assert chord.length_mm >= sampled_chord_mm(section, vectors, along, step) - 0.4 / 4
    ends = chord.end_points
    assert np.linalg.norm((ends[1] - ends[0]) @ vectors) == pytest.approx(chord.length_mm, abs=1e-9)
    between = ends[0] + np.linspace(0, 1, 101)[:, None] * (ends[1] - ends[0])
    values = map_coordinates(section.astype(float), between.T, order=1, mode="grid-constant")
    assert values.min() >= 0.5 - 0.02  # the outline is drawn to 0.02 pixel


@examples(60)
@given(SECTIONS, st.floats(0, 180), st.floats(0, 360))
def test_chord_does_not_depend_on_how_the_patient_lies_in_the_scanner(section, degrees, turned_deg):
    vectors = pixels(0.4, 0.55)
    along = np.array((np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0))
    angle = np.radians(turned_deg)
    turn = np.array([(np.cos(angle), 0, np.sin(angle)), (0, 1, 0), (-np.sin(angle), 0, np.cos(angle))])
    here = longest_chord(section, vectors, along).length_mm
    assert longest_chord(section, vectors @ turn.T, turn @ along).length_mm == pytest.approx(here, abs=1e-4)
    assert longest_chord(section, vectors, -3 * along).length_mm == pytest.approx(here, abs=1e-4)


@examples(60)
@given(SECTIONS, st.floats(0, 180))
def test_mirrored_slices_have_the_same_chord(section, degrees):
    vectors = pixels(0.4, 0.55)
    x, y = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    here = longest_chord(section, vectors, np.array((x, y, 0))).length_mm
    there = longest_chord(section[:, ::-1], vectors, np.array((-x, y, 0))).length_mm
    # Where runs only just touch, rounding may join them on one side and not on the other.
    assume(abs(degrees % 45) > 0.5)
    assert there == pytest.approx(here, abs=1e-4)


def test_gap_across_the_direction_ends_a_chord():
    section = np.zeros((3, 12), dtype=bool)
    section[:, :5] = section[:, 7:] = True
    chord = longest_chord(section, pixels(0.5, 0.5), np.array((1.0, 0, 0)))
    assert chord.length_mm == pytest.approx(2.5, abs=1e-6)


def test_pixels_that_touch_at_their_corners_are_one_run_along_the_diagonal():
    chord = longest_chord(np.eye(5, dtype=bool), pixels(0.5, 0.5), np.array((1.0, 1.0, 0)))
    # From the outer half of the first pixel, cut at the hyperbola, to that of the last.
    assert chord.length_mm == pytest.approx(np.sqrt(2) * 0.5 * (4 + 2 * (1 - np.sqrt(0.5))), abs=1e-3)


@pytest.mark.parametrize("pixel_mm", [0.4, 1e6])
def test_of_equal_chords_the_middle_one_is_drawn(pixel_mm):
    section, vectors = np.ones((21, 30), dtype=bool), pixels(pixel_mm, pixel_mm)
    assert longest_chord(section, vectors, np.array((1.0, 0, 0))).end_points[:, 0] == pytest.approx([10, 10], abs=1)
    tilted = longest_chord(section, vectors, np.array((1.0, 0.05, 0)))
    assert tilted.end_points.mean(axis=0) == pytest.approx([10, 14.5], abs=1)


def test_empty_slice_is_refused():
    with pytest.raises(EmptyMaskError, match="the mask is empty"):
        longest_chord(np.zeros((3, 4), dtype=bool), pixels(1, 1), np.array((1.0, 0, 0)))


def test_line_across_a_hole_lies_inside_but_for_the_hole():
    section = np.ones((5, 20), dtype=bool)
    section[:, 8:12] = False
    whole = np.array([(2, -0.5), (2, 19.5)])
    assert inside_fraction(section, whole) == pytest.approx(16 / 20, abs=2 / 256)
    assert inside_fraction(section, np.array([(2, 0), (2, 7)])) == 1.0


@pytest.mark.parametrize("pixel_mm", [0.01, 1.0, 1000.0])
@pytest.mark.parametrize("section", [np.eye(5, dtype=bool), np.ones((4, 7), dtype=bool)], ids=["corners", "box"])
def test_a_chord_has_as_many_pixels_whatever_their_size(section, pixel_mm):
    along = np.array((1.0, 1.0, 0))
    one, other = longest_chord(section, pixels(1, 1), along), longest_chord(section, pixels(pixel_mm, pixel_mm), along)
    assert other.length_mm == pytest.approx(pixel_mm * one.length_mm, rel=1e-5)


@pytest.mark.parametrize("start", [0.4, 0.9])
def test_a_line_is_looked_at_in_the_middle_of_256_parts(start):
    """Of a pixel each; 200 pixels end at 199.5, behind the middle of the 199th part from either start."""
    section = np.zeros((1, 300), bool)
    section[0, :200] = True
    assert inside_fraction(section, np.array([(0, start), (0, 256 + start)])) == 199 / 256


@pytest.mark.parametrize("turned", [False, True], ids=["notch above", "notch below"])
@pytest.mark.parametrize("pixel_mm", [0.01, 0.5, 1000.0])
def test_a_chord_that_is_longest_just_where_a_notch_begins_is_found(turned, pixel_mm):
    """Rows of 1, 3, 5, 7 pixels and a row of 9 with a gap: half-way to it the outline is 8 pixels wide, then parted."""
    row, column = np.indices((5, 13))
    section = np.abs(column - 6) <= row
    section[4, 4:9] = False
    vectors = pixels(pixel_mm, pixel_mm)
    chord = longest_chord(section[::-1] if turned else section, vectors, np.array((1.0, 0, 0)))
    assert chord.length_mm == pytest.approx(8 * pixel_mm, rel=1e-6)

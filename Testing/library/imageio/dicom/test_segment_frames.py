"""Frames of a DICOM segmentation on one grid: how far each may miss it, what is to be stated, what is not guessed."""

import math

import numpy as np
import pytest
from pydicom.dataset import Dataset

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.segment_frames import FramePlace, _axes, grid_of_frames

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def place(*position, orientation=AXIAL, pixel=(1.0, 1.0), spacing=1.0, thickness=None):
    return FramePlace(
        np.array(position, np.float64), np.array(orientation), np.array(pixel, np.float64), spacing, thickness
    )


def stack(*heights, **more):
    return [place(-20.0, 30.0, z, **more) for z in heights]


def refused(places, match, matrix=(4, 5)):
    with pytest.raises(InputRefusedError, match=match):
        grid_of_frames(places, matrix)


def test_the_grid_has_an_empty_slice_at_either_end_and_each_frame_where_it_says():
    """Rows go to L, 3 mm apart in columns; columns to P, 2 mm apart in rows: DICOM gives the distance of rows first."""
    grid = grid_of_frames(stack(7.5, 5.0, 12.5, 7.5, pixel=(2.0, 3.0), spacing=2.5), (4, 5))
    assert (grid.shape, grid.slices) == ((6, 4, 5), (2, 1, 4, 2))
    np.testing.assert_allclose(grid.dhw_to_ras, [[0, 0, -3, 20], [0, -2, 0, -30], [2.5, 0, 0, 2.5], [0, 0, 0, 1]])


def test_one_frame_lies_between_two_empty_slices_of_the_stated_distance():
    grid = grid_of_frames(stack(5.0, spacing=2.5), (4, 5))
    assert (grid.shape, grid.slices) == ((3, 4, 5), (1,))
    assert grid.dhw_to_ras[:3, [0, 3]].T.tolist() == [[0, 0, 2.5], [20, -30, 2.5]]


@pytest.mark.parametrize(("miss", "is_taken"), [(0.05, True), (0.051, False), (-0.05, True), (-0.051, False)])
def test_a_frame_may_miss_its_place_by_a_twentieth_of_the_slice_distance(miss, is_taken):
    places = stack(0.0, miss, 4.0 + min(miss, 0.0))
    if is_taken:
        assert grid_of_frames(places, (4, 5)).shape[0] == 7
    else:
        refused(places, "do not lie on one regular grid")


@pytest.mark.parametrize(("aside_mm", "is_taken"), [(0.1, True), (0.101, False)])
@pytest.mark.parametrize("pixel", [(2.0, 4.0), (4.0, 2.0)])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_frame_may_lie_aside_by_a_twentieth_of_the_smaller_side_of_a_pixel(aside_mm, is_taken, pixel, axis):
    aside = [0.0, 0.0, 1.0]
    aside[axis] = aside_mm
    places = [place(0.0, 0.0, 0.0, pixel=pixel), place(*aside, pixel=pixel)]
    if is_taken:
        assert grid_of_frames(places, (4, 5)).slices == (1, 2)
    else:
        refused(places, "do not lie on one regular grid")


def test_a_distance_stated_in_few_digits_is_made_exact_by_the_outermost_frames():
    """0.3333 for a third of a millimeter: over 600 slices that adds up to 0.06 of one."""
    heights = [n / 3 for n in range(601)]
    grid = grid_of_frames(stack(*heights, spacing=0.3333), (4, 5))
    assert grid.slices == tuple(range(1, 602))
    assert grid.dhw_to_ras[2, 0] == pytest.approx(1 / 3, abs=1e-12)


@pytest.mark.parametrize(
    ("places", "matrix", "side"),
    [
        (stack(0.0, 1021.0), (4, 5), 1024),
        (stack(0.0, 1022.0), (4, 5), 1025),
        (stack(0.0), (1024, 5), 1024),
        (stack(0.0), (4, 1025), 1025),
    ],
)
def test_1024_voxels_a_side_are_the_most(places, matrix, side):
    if side <= 1024:
        assert max(grid_of_frames(places, matrix).shape) == side
    else:
        refused(places, "reaches over 1025 voxels, and at most 1024 per side", matrix)


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"orientation": (1.0, 0.001, 0.0, 0.0, 1.0, 0.0)}, True),
        ({"orientation": (1.0, 0.0011, 0.0, 0.0, 1.0, 0.0)}, False),
        ({"pixel": (0.001, 0.0)}, True),
        ({"pixel": (0.0, 0.0011)}, False),
    ],
)
def test_frames_have_directions_and_pixels_in_common_to_a_thousandth(change, is_same):
    usual = {"orientation": AXIAL, "pixel": (0.0, 0.0)}
    places = [place(0.0, 0.0, 0.0, **usual), place(0.0, 0.0, 1.0, **(usual | change))]
    if is_same:
        np.testing.assert_array_equal(_axes(places), np.eye(3))
    else:
        with pytest.raises(InputRefusedError, match="do not lie on one regular grid"):
            _axes(places)


@pytest.mark.parametrize(
    ("orientation", "is_taken"),
    [
        ((1.0005, 0.0, 0.0, 0.0, 1.0, 0.0), True),
        ((1.0015, 0.0, 0.0, 0.0, 1.0, 0.0), False),
        ((1.0, 0.0, 0.0, 0.0, 0.9985, 0.0), False),
        ((1.0, 0.0, 0.0, 0.001, 1.0, 0.0), True),
        ((1.0, 0.0, 0.0, -0.001, 1.0, 0.0), True),
        ((1.0, 0.0, 0.0, 0.0011, 1.0, 0.0), False),
    ],
)
def test_directions_are_at_a_right_angle_and_of_length_1_to_a_thousandth(orientation, is_taken):
    places = stack(0.0, 1.0, orientation=orientation)
    if is_taken:
        assert grid_of_frames(places, (4, 5)).slices == (1, 2)
    else:
        refused(places, "directions at no right angle")


@pytest.mark.parametrize(
    ("heights", "thickness", "slices"),
    [
        ((0.0, 1.05, 2.1), 1.0, (1, 2, 3)),  # touch, as far as a twentieth goes
        ((0.0, 0.5, 1.0), 1.0, (1, 2, 3)),  # overlap
        ((0.0, 0.0004, 2.0, 4.0), 2.0, (1, 1, 2, 3)),  # two places of the same one, by rounding
        ((5.0,), 2.0, (1,)),
    ],
)
def test_where_no_distance_is_stated_frames_that_touch_or_overlap_tell_it(heights, thickness, slices):
    assert grid_of_frames(stack(*heights, spacing=None, thickness=thickness), (4, 5)).slices == slices


@pytest.mark.parametrize(("heights", "thickness"), [((0.0, 1.051, 2.102), 1.0), ((0.0, 1.0), None), ((0.0,), None)])
def test_a_distance_that_frames_leave_open_is_not_guessed(heights, thickness):
    refused(stack(*heights, spacing=None, thickness=thickness), "does not state how far its slices are apart")


def test_without_a_frame_nothing_is_segmented():
    refused([], "holds no frame")


def groups(**changes):
    """Functional groups of a frame, an attribute changed; None takes it out."""
    values = {
        "ImagePositionPatient": [1.0, 2.0, 3.0], "ImageOrientationPatient": list(AXIAL), "PixelSpacing": [0.5, 0.7],
        "SpacingBetweenSlices": 2.0, "SliceThickness": 3.0,
    } | changes  # fmt: skip
    where = {"ImagePositionPatient": "PlanePositionSequence", "ImageOrientationPatient": "PlaneOrientationSequence"}
    items: dict[str, Dataset] = {}
    for name, value in values.items():
        item = items.setdefault(where.get(name, "PixelMeasuresSequence"), Dataset())
        if value is not None:
            setattr(item, name, value)
    told = Dataset()
    for name, item in items.items():
        setattr(told, name, [item])
    return told


def test_the_place_of_a_frame_is_its_own_before_what_all_share():
    told = FramePlace.of(groups(), groups(ImagePositionPatient=[9.0, 9.0, 9.0]))
    assert told.position_lps_mm.tolist() == [1.0, 2.0, 3.0]
    assert (told.pixel_mm.tolist(), told.spacing_mm, told.thickness_mm) == ([0.5, 0.7], 2.0, 3.0)
    np.testing.assert_array_equal(FramePlace.of(Dataset(), groups()).orientation_lps, AXIAL)


@pytest.mark.parametrize("name", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
@pytest.mark.parametrize("value", [None, [1.0], [math.nan] * 6])
def test_frames_that_do_not_say_where_they_lie_are_refused(name, value):
    count = {"ImagePositionPatient": 3, "PixelSpacing": 2}.get(name, 6)
    given = value[:count] if value else value
    with pytest.raises(InputRefusedError, match="do not say where they lie in the patient"):
        FramePlace.of(groups(**{name: given}), Dataset())


@pytest.mark.parametrize("value", [0.0, -2.0, None])
def test_a_distance_or_thickness_of_nothing_is_not_stated(value):
    told = FramePlace.of(groups(SpacingBetweenSlices=value, SliceThickness=value), Dataset())
    assert (told.spacing_mm, told.thickness_mm) == (None, None)

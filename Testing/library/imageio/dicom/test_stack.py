"""Slices on a grid: how near two may lie, how far one may miss its place or lie aside, what is said of the others."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.stack import _in_plane_axes, _regular, _sideways_lps, lay_out

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def slices(*heights, aside=None, pixel=(1.0, 1.0), orientation=AXIAL):
    """Headers of axial slices, each so far to the left as `aside` says, numbered from 101."""
    aside = aside or [0.0] * len(heights)
    return [
        SimpleNamespace(
            position_lps_mm=(10.0 + left, -20.0, z), orientation_lps=orientation, pixel_spacing_mm=pixel,
            instance_number=101 + n, rows=4, columns=5,
        )
        for n, (z, left) in enumerate(zip(heights, aside, strict=True))
    ]  # fmt: skip


def refusal(*heights, **more):
    with pytest.raises(InputRefusedError) as refused:
        lay_out(slices(*heights, **more))
    return str(refused.value)


def irregular(*heights):
    return lay_out(slices(*heights)).irregular


def test_slices_up_to_a_hundredth_of_a_millimeter_apart_are_at_one_place():
    assert "slices 1 and 2 of 3 (instance numbers 101 and 102) coincide" in refusal(0.0, 0.01, 2.0)
    assert lay_out(slices(0.0, 0.011, 2.0)).shape == (3, 4, 5)
    assert "2 images at each of 2 slice positions" in refusal(0.0, 0.01, 2.0, 2.01)


@pytest.mark.parametrize(
    ("distances", "is_regular"),
    [
        ((0.0, 21.0, 40.0), True),  # a twentieth of 20 mm
        ((0.0, 21.001, 40.0), False),
        ((0.0, 19.0, 40.0), True),
        ((0.0, 18.999, 40.0), False),
        ((0.0, 0.1075, 0.2), True),  # or a hundredth of a millimeter
        ((0.0, 0.1125, 0.2), False),
    ],
)
def test_a_slice_may_miss_its_place_by_a_twentieth_of_the_distance(distances, is_regular):
    assert _regular(np.array(distances)) is is_regular


@pytest.mark.parametrize(
    ("orientation", "is_taken"),
    [
        ((1.0, 0.0, 0.0, 0.01, 1.0, 0.0), True),
        ((1.0, 0.0, 0.0, np.nextafter(0.01, 1), 1.0, 0.0), False),
        ((1.0, 0.0, 0.0, -0.01, 1.0, 0.0), True),
        ((1.0, 0.0, 0.0, 0.0, 1.009, 0.0), True),
        ((1.009, 0.0, 0.0, 0.0, 1.0, 0.0), True),
        ((1.011, 0.0, 0.0, 0.0, 1.0, 0.0), False),
        ((1.0, 0.0, 0.0, 0.0, 0.989, 0.0), False),
    ],
)
def test_directions_a_little_off_are_made_unit_vectors_at_a_right_angle(orientation, is_taken):
    (header,) = slices(0.0, orientation=orientation)
    if is_taken:
        rows, columns = _in_plane_axes(header)
        np.testing.assert_allclose([rows @ rows, columns @ columns, rows @ columns], [1, 1, 0], atol=1e-12)
        assert np.abs(np.array([*rows, *columns]) - AXIAL).max() < 0.0101
    else:
        with pytest.raises(InputRefusedError, match="no pair of perpendicular unit vectors"):
            _in_plane_axes(header)


@pytest.mark.parametrize(("aside_mm", "is_taken"), [(0.12, True), (0.13, False)])
def test_a_slice_of_the_finest_pixels_may_lie_aside_by_a_tenth_of_a_millimeter(aside_mm, is_taken):
    """Of three slices a straight line takes a fifth of what the middle one is aside, and four fifths are left."""
    headers = slices(0.0, 1.0, 2.0, aside=[0.0, aside_mm, 0.0], pixel=(0.2, 0.3))
    if is_taken:
        np.testing.assert_allclose(_sideways_lps(headers, np.arange(3.0)), (aside_mm / 5, 0, 0))
    else:
        with pytest.raises(
            InputRefusedError, match=r"Slice 2 of 3 \(instance number 102\) is displaced sideways by 0\.1"
        ):
            _sideways_lps(headers, np.arange(3.0))


def test_slices_that_move_aside_evenly_make_a_sheared_grid():
    """To the left in the patient is to the left in RAS, whose first axis goes to the right."""
    layout = lay_out(slices(0.0, 2.0, 4.0, aside=[0.0, 0.5, 1.0]))
    np.testing.assert_allclose(layout.dhw_to_ras[:3], [[-0.5, 0, -1, -10], [0, -1, 0, 20], [2, 0, 0, 0]], atol=1e-12)
    assert layout.irregular == ""


@pytest.mark.parametrize(("degrees", "is_sheared"), [(0.099, False), (0.101, True)])
def test_a_shear_of_up_to_a_tenth_of_a_degree_is_none(degrees, is_sheared):
    aside = 2.0 * np.tan(np.radians(degrees))
    layout = lay_out(slices(0.0, 2.0, 4.0, aside=[0.0, aside, 2 * aside]))
    assert bool(layout.dhw_to_ras[0, 0]) is is_sheared


def test_a_shear_that_comes_out_as_exactly_a_tenth_of_a_degree_is_none():
    near = np.tan(np.radians(0.1))
    lean = next(value for value in near + np.spacing(near) * np.arange(-40, 40) if np.degrees(np.arctan(value)) == 0.1)
    first, second = slices(0.0, 1.0)
    first.position_lps_mm, second.position_lps_mm = (0.0, 0.0, 0.0), (lean, 0.0, 1.0)
    assert lay_out([first, second]).dhw_to_ras[0, 0] == 0


def test_ten_millimeters_can_be_bridged_and_no_more():
    assert lay_out(slices(0.0, 10.0, 20.0)).step_mm == 10.0
    assert "slices 2 and 3 of 4 (instance numbers 102 and 103) lie 10.1 mm apart" in refusal(0.0, 5.0, 15.1, 20.1)


@pytest.mark.parametrize(
    ("steps", "missing"),
    [
        ((3.0, 3.0, 6.0, 3.0, 3.0), 1),
        ((3.0, 3.0, 9.0, 3.0, 3.0), 2),
        ((3.0, 3.0, 6.27, 3.0, 3.0), 1),  # to a tenth of the usual distance
        ((3.0, 3.0, 5.73, 3.0, 3.0), 1),
        ((3.0, 3.27, 6.0, 3.0, 3.0), 1),
        ((3.0, 3.0, 6.36, 3.0, 3.0), 0),
        ((3.0, 3.0, 5.64, 3.0, 3.0), 0),
        ((3.0, 3.36, 6.0, 3.0, 3.0), 0),
        ((3.0, 2.64, 6.0, 3.0, 3.0), 0),
        ((3.0, 3.0, 6.0, 4.5, 3.0), 0),
    ],
)
def test_slices_are_missing_where_a_multiple_of_the_usual_distance_lies_among_usual_ones(steps, missing):
    said = irregular(0.0, *np.cumsum(steps))
    if missing:
        assert said.startswith(f"miss {missing} of their number where 3.00 mm is the usual distance: between slices ")
        assert "slices 3 and 4 of 6 (instance numbers 103 and 104)" in said
    else:
        assert said.startswith("lie at unequal distances")


@pytest.mark.parametrize(("gaps", "more"), [(3, ""), (4, ", and at 1 more places"), (6, ", and at 3 more places")])
def test_three_places_of_missing_slices_are_told_and_the_others_counted(gaps, more):
    said = irregular(0.0, *np.cumsum([2.0, 4.0] * gaps + [2.0] * (gaps + 1)))
    assert said.startswith(f"miss {gaps} of their number where 2.00 mm")
    assert len(re.findall(r"slices \d+ and \d+ of", said)) == 3
    assert said.endswith("4.00 mm apart" + more)


@pytest.mark.parametrize(
    ("steps", "pair"), [((3.0, 3.0, 1.2, 3.4, 3.0), "3 and 4"), ((3.0, 3.0, 1.8, 4.4, 3.0), "4 and 5")]
)
def test_of_unequal_distances_the_most_unusual_one_is_named(steps, pair):
    said = irregular(0.0, *np.cumsum(steps))
    told = f"unequal distances, {min(steps):.2f} to {max(steps):.2f} mm (usually 3.00 mm): slices {pair} of 6"
    assert told in said

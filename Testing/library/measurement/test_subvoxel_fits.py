"""Directions round a line, and the top of the parabola that is fitted to the widths along them."""

import numpy as np
import pytest

from VSSegmentationLib.measurement.subvoxel import _fan, _top

CONE = np.radians(35.0)


@pytest.mark.parametrize(
    ("slope", "fall", "move"),
    [
        (0.5, -2.0, 0.125),  # the top of 10 + s x + f x^2 lies at -s / 2 f
        (-0.5, -2.0, -0.125),
        (5.0, -2.0, 0.6 * CONE),  # no farther than 0.6 of the cone
        (0.02, 0.0, 0.1),  # as if it fell off by 0.02 of the width per radian squared
        (0.02, 3.0, 0.1),
    ],
)
def test_the_top_of_a_fitted_width_is_that_of_its_parabola_within_limits(slope, fall, move):
    value, moved = _top(np.array([10.0, slope, fall]), 1)
    fall = min(2 * fall, -0.02 * 10.0) / 2
    assert moved == pytest.approx([move])
    assert value == pytest.approx(10.0 + slope * move + fall * move**2)


def test_the_top_in_space_is_that_of_both_axes_of_its_parabola():
    """10 + 0.2 x - 0.1 y - 2 xx + 0.5 xy - yy."""
    value, moved = _top(np.array([10.0, 0.2, -0.1, -2.0, 0.5, -1.0]), 2)
    x, y = np.linalg.solve([[4.0, -0.5], [-0.5, 2.0]], [0.2, -0.1])
    assert moved == pytest.approx([x, y])
    assert value == pytest.approx(10 + 0.2 * x - 0.1 * y - 2 * x * x + 0.5 * x * y - y * y)


def test_directions_fill_a_cone_evenly_and_lie_alike_to_both_sides_of_each_axis():
    """Five rings of equal area; eight spokes for each of the two axes that are seen, half a step beside it."""
    frame = np.array([(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])
    axes = np.array([(0.0, 0.0, 1.5), (np.cos(0.3), np.sin(0.3), 0.0), (-np.sin(0.3), np.cos(0.3), 0.0)])
    offsets, _ = _fan(frame, axes)
    assert len(offsets) == 5 * 8 * 2
    rings = np.unique(np.round(np.linalg.norm(offsets, axis=1) ** 2 / CONE**2, 9))
    assert rings == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
    turns = np.degrees(np.arctan2(offsets[:, 1], offsets[:, 0]) - 0.3) % 45
    assert turns == pytest.approx(np.full(80, 22.5))


def test_directions_in_a_plane_are_31_the_middle_one_among_them():
    offsets, _ = _fan(np.array([(0.0, 1.0)]), np.eye(2))
    assert offsets.shape == (31, 1)
    assert offsets[15] == pytest.approx([0.0])
    assert np.diff(offsets[:, 0]) == pytest.approx(np.full(30, CONE / 15))

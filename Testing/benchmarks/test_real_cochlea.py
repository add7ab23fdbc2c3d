"""The closed volume of a cochlea: what lies within 1.2 mm counts, what lies farther apart does not."""

import numpy as np
import pytest

from benchmarks.real_cochlea import closed_mm3


def points_mm(spacing, half_mm=8.0):
    axes = [np.arange(-half_mm, half_mm + 1e-6, step) for step in spacing]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


@pytest.mark.parametrize("spacing", [(0.2, 0.2, 0.2), (0.5, 0.25, 0.25)])
def test_a_convex_body_stays_as_large_as_it_is(spacing):
    ball = np.linalg.norm(points_mm(spacing), axis=-1) <= 2.7
    assert closed_mm3(ball, spacing) == pytest.approx(ball.sum() * np.prod(spacing), rel=0.03)
    assert closed_mm3(ball, spacing) == pytest.approx(4 / 3 * np.pi * 2.7**3, rel=0.05)


def test_a_gap_of_less_than_twice_the_radius_is_closed_and_a_hollow_filled():
    spacing = (0.2, 0.2, 0.2)
    points = points_mm(spacing)
    inside = (np.abs(points) <= 3).all(axis=-1)
    slit = inside & (np.abs(points[..., 2]) < 0.8)
    assert closed_mm3(inside & ~slit, spacing) == pytest.approx(inside.sum() * 0.008, rel=0.05)
    shell = (np.linalg.norm(points, axis=-1) <= 5) & (np.linalg.norm(points, axis=-1) > 3.5)
    assert closed_mm3(shell, spacing) == pytest.approx(4 / 3 * np.pi * 125, rel=0.03)
    two = inside & (np.abs(points[..., 2]) > 1.5)
    assert closed_mm3(two, spacing) < 0.6 * inside.sum() * 0.008  # 3 mm apart

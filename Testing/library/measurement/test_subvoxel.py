"""Widths without the shortfall of voxels: random bodies in random poses, against their true diameters."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from Testing.support.random_bodies import Body, random_body, voxelized
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.extent import longest_in_space
from VSSegmentationLib.measurement.subvoxel import _mean_depth_mm, _second_derivatives, largest_width
from VSSegmentationLib.volume import Volume

SPACING = (1.5, 0.4, 0.4)
POSES = 20


def _errors_mm(kind: str, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    errors = []
    for _ in range(POSES):
        body = random_body(kind, rng)
        mask = voxelized(body, SPACING, rng)
        errors.append(longest_in_space(mask.array, mask.dhw_to_ras).width_mm - body.diameter_mm)
    return np.array(errors)


@pytest.mark.parametrize("kind", ["ball", "ellipsoid", "cone"])
def test_3d_diameters_of_bodies_in_random_poses_are_neither_too_long_nor_too_short(kind: str):
    errors = _errors_mm(kind, seed=4)
    assert abs(np.median(errors)) < 0.1  # a quarter of a pixel
    assert np.mean(np.abs(errors) <= 0.25) >= 0.8


def test_axial_diameters_of_balls_on_strongly_tilted_scans_are_neither_too_long_nor_too_short():
    rng = np.random.default_rng(5)
    errors = []
    for _ in range(8):
        body = random_body("ball", rng)
        mask = voxelized(body, SPACING, rng, at_least_tilted_deg=31.0)
        found = {m.id: m for m in measure(Volume(mask.array.astype(np.uint8), mask.dhw_to_ras))}["whole_max_axial"]
        assert "resliced" in found.method
        errors.append((found.value or 0.0) - body.diameter_mm)
    assert abs(np.mean(errors)) < 0.1
    assert np.abs(errors).max() < 0.3


def test_width_of_a_dense_cloud_in_a_disc_is_that_of_the_disc():
    steps = np.stack(np.meshgrid(np.arange(-120, 121), np.arange(-120, 121), indexing="ij"), -1).reshape(-1, 2) * 0.1
    points = steps[np.linalg.norm(steps, axis=1) <= 10.0]
    found = largest_width(points, points, np.array((1.0, 0.3)), 0.01, np.eye(2))
    assert found.width_mm == pytest.approx(20.0, abs=0.02)  # a fifth of a pixel
    assert np.linalg.norm(found.direction) == pytest.approx(1.0)


def test_ends_in_two_clouds_are_looked_for_in_their_own():
    body = Body(lambda points: np.linalg.norm(points, axis=1) <= 4.0, 8.0, 4.0)
    ball = voxelized(body, (0.5, 0.5, 0.5), np.random.default_rng(1))
    centers = np.argwhere(ball.array) @ ball.dhw_to_ras[:3, :3].T + ball.dhw_to_ras[:3, 3]
    apart = np.array((20.0, 0.0, 0.0))
    found = largest_width(centers + apart, centers, apart, 0.125, np.eye(3))
    assert found.width_mm == pytest.approx(28.0, abs=0.2)


def test_second_derivatives_of_a_fitted_quadratic_are_those_of_its_terms():
    """Of 7 + x + 2y + 3xx + 4xy + 5yy they are 6, 4 and 10; of 7 + x + 3xx it is 6."""
    assert _second_derivatives(np.array([7.0, 1, 2, 3, 4, 5]), 2).tolist() == [[6, 4], [4, 10]]
    assert _second_derivatives(np.array([7.0, 1, 3]), 1).tolist() == [[6]]


@pytest.mark.parametrize("kind", ["ball", "ellipsoid", "cone"])
def test_a_body_twenty_times_as_large_is_twenty_times_as_wide_in_the_same_direction(kind: str):
    """Nothing in it may be a length: one grid is as good as another for the same body on it."""
    rng = np.random.default_rng(3)
    mask = voxelized(random_body(kind, rng), SPACING, rng)
    centers = np.argwhere(mask.array) @ mask.dhw_to_ras[:3, :3].T + mask.dhw_to_ras[:3, 3]
    cell = float(np.prod(SPACING))
    start = np.array((0.9, 0.3, -0.2))
    one = largest_width(centers, centers, start, cell, mask.dhw_to_ras[:3, :3].T)
    other = largest_width(20 * centers, 20 * centers, start, 20**3 * cell, 20 * mask.dhw_to_ras[:3, :3].T)
    assert other.width_mm == pytest.approx(20 * one.width_mm, rel=1e-9)
    assert other.direction == pytest.approx(one.direction, abs=1e-9)


@pytest.mark.parametrize("cell", [0.04, 0.25])
@pytest.mark.parametrize("radius", [3.0, 12.0])
def test_the_outermost_center_lies_as_deep_as_centers_that_chance_has_strewn(cell: float, radius: float):
    """No center is less deep than h with probability exp(-cap(h) / cell): the mean depth is the integral of that.

    A cap of depth h has 4/3 sqrt(2 R) h^(3/2) in a plane and pi sqrt(R1 R2) h^2 in space; in a plane centers lie more
    evenly than by chance, by 0.85.
    """
    in_plane, _ = quad(lambda h: np.exp(-4 / 3 * np.sqrt(2 * radius) * h**1.5 / cell), 0, np.inf)
    assert _mean_depth_mm(np.array([radius]), cell) == pytest.approx(0.85 * in_plane, rel=1e-6)
    in_space, _ = quad(lambda h: np.exp(-np.pi * np.sqrt(radius * 5.0) * h**2 / cell), 0, np.inf)
    assert _mean_depth_mm(np.array([radius, 5.0]), cell) == pytest.approx(in_space, rel=1e-6)


def test_where_a_body_lies_changes_no_width():
    rng = np.random.default_rng(8)
    mask = voxelized(random_body("ellipsoid", rng), SPACING, rng)
    centers = np.argwhere(mask.array) @ mask.dhw_to_ras[:3, :3].T
    options = (np.array((0.9, 0.3, -0.2)), float(np.prod(SPACING)), mask.dhw_to_ras[:3, :3].T)
    here = largest_width(centers, centers, *options)
    moved = centers + np.array((300.0, -200.0, 150.0))
    there = largest_width(moved, moved, *options)
    assert there.width_mm == pytest.approx(here.width_mm, abs=1e-6)
    assert there.direction == pytest.approx(here.direction, abs=1e-6)


def test_a_row_of_voxels_twenty_times_as_large_is_twenty_times_as_wide():
    """Its ends have no radius; what is taken in its place goes with the size of a voxel."""
    centers, axes = np.argwhere(np.ones((1, 1, 40))) * SPACING, np.diag(SPACING)
    along, cell = np.array((0.0, 0.0, 1.0)), float(np.prod(SPACING))
    one = largest_width(centers, centers, along, cell, axes).width_mm
    other = largest_width(20 * centers, 20 * centers, along, 20**3 * cell, 20 * axes).width_mm
    assert other == pytest.approx(20 * one, rel=1e-6)

import numpy as np
import pytest

from Testing.support.lying_scans import CENTER_RAS_MM, GRIDS, empty_scan, with_ball
from VSSegmentationLib import geometry
from VSSegmentationLib.preprocessing import crop_grid, grid_of, operators_between, resample, reslice, working_grid
from VSSegmentationLib.preprocessing.grid import Box
from VSSegmentationLib.volume import Volume


def coordinates(volume):
    index = np.moveaxis(np.indices(volume.shape), 0, -1)
    return geometry.transform_points(volume.dhw_to_ras, index)


@pytest.mark.parametrize("source", GRIDS)
@pytest.mark.parametrize("target", ["axial", "oblique", "sagittal"])
def test_a_linear_image_stays_what_it_is_in_space(source, target):
    """Every voxel of the target that lies inside has the value that the plane has at its place."""
    scan = empty_scan(source, (40.0, 40.0, 40.0))
    slope = np.array([0.3, -0.7, 0.5])
    plane = scan.with_array((coordinates(scan) @ slope).astype(np.float32))
    grid = grid_of(empty_scan(target, (30.0, 30.0, 30.0), (0.6, 0.6, 0.6)))  # finer: nothing is smoothed
    found = reslice(plane, grid)
    inner = reslice(plane.with_array(np.ones(plane.shape, np.float32)), grid).inside
    expected = coordinates(Volume(found.array, grid.dhw_to_ras)) @ slope
    to_source = np.linalg.inv(scan.dhw_to_ras) @ grid.dhw_to_ras
    index = geometry.transform_points(to_source, np.moveaxis(np.indices(grid.shape), 0, -1))
    between = ((index >= 0) & (index <= np.array(scan.shape) - 1)).all(axis=-1)
    assert np.abs(found.array - expected)[between].max() < 1e-3
    box = ((index >= -0.5) & (index <= np.array(scan.shape) - 0.5)).all(axis=-1)
    assert np.count_nonzero(box != inner) == 0


def test_between_grids_along_the_same_axes_it_does_what_resampling_does():
    scan = empty_scan("axial", (30.0, 30.0, 30.0))
    scan = scan.with_array(np.random.default_rng(0).normal(size=scan.shape).astype(np.float32))
    for spacing in ((1.0, 0.5, 0.5), (3.0, 1.5, 0.7)):
        grid = working_grid(grid_of(scan), spacing)
        inner = crop_grid(grid, Box((2, 4, 4), tuple(n - k for n, k in zip(grid.shape, (2, 4, 4), strict=True))))
        assert len(operators_between(grid_of(scan), inner)) == 3
        np.testing.assert_allclose(reslice(scan, inner).array, resample(scan, inner).array, atol=2e-3)


def test_a_ball_keeps_its_place_and_what_lies_outside_is_said():
    ball = with_ball(empty_scan("coronal", (40.0, 40.0, 40.0)), CENTER_RAS_MM, 6.0, 1.0)
    wide = grid_of(empty_scan("oblique", (80.0, 80.0, 80.0), (1.5, 1.0, 1.0)))
    found = reslice(ball, wide)
    center = np.argwhere(found.array > 0.5).mean(axis=0)
    assert geometry.transform_points(wide.dhw_to_ras, center) == pytest.approx(CENTER_RAS_MM, abs=0.1)
    inside_mm3 = found.inside.sum() * geometry.voxel_volume_mm3(wide.dhw_to_ras)
    size = np.prod([n * s for n, s in zip(ball.shape, ball.spacing_dhw_mm, strict=True)])
    assert inside_mm3 == pytest.approx(size, rel=0.02)

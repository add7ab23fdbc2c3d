"""A scan on a working grid, scored by all of its own voxels or by those that are not 0."""

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from VSSegmentationLib.preprocessing import crop_grid, filled, grid_of, scored_on, whole_intensity, working_grid
from VSSegmentationLib.preprocessing.grid import Box
from VSSegmentationLib.volume import Volume


def scan() -> Volume:
    """Oblique, anisotropic, the lower half air."""
    image = np.random.default_rng(3).normal(300, 40, (8, 30, 36)).astype(np.float32)
    image[:, :15] = 0
    return Volume(image, turned_affine((4, -6, 8), (3.0, 0.8, 0.8)))


@pytest.mark.parametrize("nonzero", [False, True])
def test_mean_and_deviation_are_those_of_the_scans_own_voxels_that_count(nonzero: bool):
    image = scan()
    counted = image.array[image.array != 0] if nonzero else image.array
    found = whole_intensity(image, nonzero=nonzero)
    assert found == pytest.approx((float(counted.mean()), float(counted.std())), rel=1e-5)


def test_slices_are_scored_as_in_the_whole_grid():
    image = scan()
    grid, intensity = working_grid(grid_of(image), (1.5, 0.5, 0.5)), whole_intensity(image, nonzero=True)
    whole = scored_on(image, grid, intensity, head=filled(image))
    part = Box((4, 0, 0), (9, *grid.shape[1:]))
    slices = scored_on(image, crop_grid(grid, part), intensity, head=filled(image))
    np.testing.assert_allclose(slices, whole[4:9], rtol=0, atol=1e-5)  # sums of float32 in another order


def test_what_lies_outside_the_head_is_the_mean_and_air_that_counts_is_below_it():
    image = scan()
    grid = grid_of(image)
    alone = scored_on(image, grid, whole_intensity(image, nonzero=True), head=filled(image))
    assert not alone[:, :15].any()
    assert abs(alone[:, 15:].mean()) < 0.01
    with_air = scored_on(image, grid, whole_intensity(image, nonzero=False))
    mean, deviation = whole_intensity(image, nonzero=False)
    np.testing.assert_allclose(with_air[:, :15], -mean / deviation, rtol=1e-5)

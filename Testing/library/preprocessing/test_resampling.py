import numpy as np
import pytest
from scipy import ndimage

from Testing.support.lying_scans import GRIDS, empty_scan
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.preprocessing import (
    Box,
    Grid,
    Slab,
    crop_grid,
    grid_of,
    operators_between,
    resample,
    resample_slabs,
    working_grid,
)
from VSSegmentationLib.volume import Volume

SLOPE = np.array([0.7, -1.3, 0.4])


def ramp(dhw_to_ras, shape):
    """A field that grows linearly in space."""
    index = np.moveaxis(np.indices(shape), 0, -1)
    return geometry.transform_points(dhw_to_ras, index) @ SLOPE + 11.0


def inner(array, margin):
    return array[tuple(slice(m, -m) for m in margin)]


@pytest.mark.parametrize("spacing", [(1.5, 0.5, 0.5), (3.0, 3.0, 3.0), (0.9, 1.9, 0.6)])
@pytest.mark.parametrize("name", GRIDS)
def test_linear_field_in_space_survives_on_any_grid(name, spacing):
    scan = empty_scan(name, (45.0, 45.0, 45.0))
    scan = scan.with_array(ramp(scan.dhw_to_ras, scan.shape).astype(np.float32))
    result = resample(scan, working_grid(grid_of(scan), spacing))
    margin = [int(np.ceil(12 / step)) for step in spacing]  # the smoothing reaches 4 sigma from the rim
    expected = ramp(result.dhw_to_ras, result.shape)
    assert inner(result.array, margin) == pytest.approx(inner(expected, margin), abs=1e-3)


def test_resampling_to_the_same_grid_changes_nothing():
    scan = Volume(np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32), np.diag([2.0, 0.5, 0.7, 1]))
    assert resample(scan, grid_of(scan)).array == pytest.approx(scan.array, abs=1e-6)


def test_result_is_that_of_gaussian_filter_and_affine_transform_of_scipy():
    array = np.random.default_rng(1).normal(size=(20, 24, 28)).astype(np.float32)
    scan = Volume(array, np.diag([1.0, 0.5, 0.4, 1.0]))
    target = working_grid(grid_of(scan), (1.5, 1.0, 0.3))
    scale = np.array([1.5, 2.0, 0.75])
    sigma = np.sqrt(np.maximum(scale**2 - 1, 0)) / (2 * np.sqrt(2 * np.log(2)))
    offset = (np.array(array.shape) - 1) / 2 - scale * (np.array(target.shape) - 1) / 2
    smooth = ndimage.gaussian_filter(array.astype(float), sigma, mode="nearest")
    expected = ndimage.affine_transform(smooth, scale, offset, target.shape, order=1, mode="nearest")
    assert resample(scan, target).array == pytest.approx(expected, abs=1e-4)


def test_smoothing_keeps_a_fine_stripe_from_turning_into_a_false_pattern():
    stripes = np.broadcast_to((np.arange(96) % 2).astype(np.float32), (8, 8, 96))
    result = resample(Volume(stripes, np.eye(4)), working_grid(Grid((8, 8, 96), np.eye(4)), (1.0, 1.0, 3.1)))
    assert result.array[..., 1:-1] == pytest.approx(np.full((8, 8, result.shape[2] - 2), 0.5), abs=0.08)


def test_part_of_the_working_grid_is_a_part_of_the_whole_and_the_scan_may_be_a_view():
    base = np.random.default_rng(2).normal(size=(30, 40, 20)).astype(np.float32)
    scan = Volume(np.transpose(base[::-1], (2, 0, 1)), np.diag([2.0, 0.7, 0.6, 1.0]))
    working = working_grid(grid_of(scan), (3.0, 0.5, 1.0))
    box = Box((3, 5, 6), (9, 30, 20))
    whole = resample(scan, working).array[tuple(slice(a, b) for a, b in zip(box.start, box.stop, strict=True))]
    part = resample(scan, crop_grid(working, box))
    assert part.array == pytest.approx(whole, abs=1e-5)
    assert part.dhw_to_ras == pytest.approx(crop_grid(working, box).dhw_to_ras)


def test_every_new_voxel_is_a_weighted_mean():
    operators = operators_between(Grid((9, 17, 30), np.eye(4)), working_grid(Grid((9, 17, 30), np.eye(4)), (2, 0.3, 7)))
    for operator in operators:
        assert operator.sum(axis=1) == pytest.approx(np.ones(len(operator)), abs=1e-5)
        assert operator.min() >= 0


def test_grids_with_other_axes_are_refused():
    turned = np.eye(4)[[1, 0, 2, 3]]
    mirrored = np.diag([-1.0, 1.0, 1.0, 1.0])
    for affine in (turned, mirrored):
        with pytest.raises(GeometryError, match="same way"):
            operators_between(Grid((4, 4, 4), np.eye(4)), Grid((4, 4, 4), affine))


@pytest.mark.parametrize("pieces", [[20], [1] * 20, [3, 9, 1, 7]])
@pytest.mark.parametrize("spacing", [(0.6, 1.0, 0.5), (3.7, 0.4, 1.0), (1.0, 1.0, 1.0)])
def test_slab_by_slab_gives_what_the_whole_gives(pieces, spacing):
    array = np.random.default_rng(3).normal(size=(2, 20, 9, 8)).astype(np.float32)
    source = Grid((20, 9, 8), np.eye(4))
    target = working_grid(source, spacing)
    starts = np.cumsum([0, *pieces[:-1]])
    slabs = (Slab(int(a), array[:, a : a + n]) for a, n in zip(starts, pieces, strict=True))
    result = list(resample_slabs(slabs, operators_between(source, target)))
    assert [slab.start for slab in result] == list(range(target.shape[0]))
    for channel in range(2):
        whole = resample(Volume(array[channel], np.eye(4)), target).array
        assert np.concatenate([slab.array[channel] for slab in result]) == pytest.approx(whole, abs=1e-5)


def test_probabilities_there_and_back_keep_a_flat_boundary_in_its_place():
    scan = Grid((20, 50, 50), np.diag([1.5, 0.41, 0.41, 1.0]))
    working = working_grid(scan, (1.5, 0.5, 0.5))
    places = geometry.transform_points(working.dhw_to_ras, np.moveaxis(np.indices(working.shape), 0, -1))[..., 2]
    probability = np.clip(0.5 + (places - 9.3) / 2, 0, 1).astype(np.float32)  # crosses one half at W = 9.3 mm
    slabs = resample_slabs([Slab(0, probability[None])], operators_between(working, scan))
    back = np.concatenate([slab.array[0] for slab in slabs])
    width = geometry.transform_points(scan.dhw_to_ras, np.moveaxis(np.indices(scan.shape), 0, -1))[..., 2]
    assert np.array_equal(back[:, 2:-2, 2:-2] >= 0.5, width[:, 2:-2, 2:-2] >= 9.3)

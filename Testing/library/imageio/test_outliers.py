"""A voxel that has nothing to do with the scan is named, and changes nothing else."""

import numpy as np
import pytest

from VSSegmentationLib.imageio import scan_of_volume
from VSSegmentationLib.imageio.outliers import without_outliers
from VSSegmentationLib.preprocessing import intensity_of
from VSSegmentationLib.volume import Volume


def noise() -> np.ndarray:
    return np.random.default_rng(3).normal(300, 60, (20, 40, 40)).astype(np.float32)


@pytest.mark.parametrize("value", [1e20, -1e20, 2e5])
def test_one_voxel_out_of_all_proportion_is_named_and_takes_no_part(value):
    array = noise()
    usual = intensity_of(array)
    array[7, 12, 30] = value
    scan = scan_of_volume(Volume(array, np.diag([2.0, 2.0, 2.0, 1.0])))
    assert intensity_of(scan.volume.array).mean == pytest.approx(usual.mean, rel=1e-4)
    assert intensity_of(scan.volume.array).deviation == pytest.approx(usual.deviation, rel=1e-3)
    (named,) = [sentence for sentence in scan.warnings if "column 30, row 12, slice 7" in sentence]
    assert f"{value:.3g}" in named


def test_bright_vessels_stay_as_they_are():
    array = noise()
    array[5:7, 5:7, 5:7] = 3000  # seven times the brightest tissue
    assert without_outliers(array) is None


def test_what_many_voxels_have_is_no_single_one():
    array = noise()
    array[:, :3] = 1e6
    assert without_outliers(array) is None

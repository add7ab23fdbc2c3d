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


def two_values(size: int) -> np.ndarray:
    """Half 0, half 1: so are the 0.1st and the 99.9th percentile, and 20 times as far lies from -20 to 21."""
    return np.resize(np.array([0, 1], np.float32), size).reshape(2, -1, 10)


@pytest.mark.parametrize(("value", "is_named"), [(21.0, False), (21.01, True), (-20.0, False), (-20.01, True)])
def test_twenty_times_the_usual_spread_is_still_usual(value, is_named):
    array = two_values(20_000)
    array[1, 2, 3] = value
    tamed = without_outliers(array)
    assert (tamed is not None) == is_named
    if tamed is not None:
        assert tamed.array[1, 2, 3] == (1.0 if value > 0 else 0.0)
        assert tamed.array.sum() == pytest.approx(two_values(20_000).sum(), abs=1)
        assert "between 0 and 1" in tamed.warning
        assert "more like it" not in tamed.warning


@pytest.mark.parametrize(("size", "few"), [(20_000, 2), (5_000, 1), (30_000, 3)])
def test_one_voxel_or_one_of_ten_thousand_are_few(size, few):
    array = two_values(size)
    array.flat[:few] = 1e6
    tamed = without_outliers(array)
    assert tamed is not None
    assert ("more like it" in tamed.warning) == (few > 1)
    assert few == 1 or f"and {few - 1} more like it" in tamed.warning
    array.flat[: few + 1] = 1e6
    assert without_outliers(array) is None


def test_an_image_of_one_value_but_for_a_few_has_no_spread_to_judge_by():
    array = np.zeros((2, 1000, 10), np.float32)
    array[0, 0, 0] = 1e20
    assert without_outliers(array) is None


@pytest.mark.parametrize(("value", "told"), [(-10.0, "between -10 and 1"), (11.0, "between 0 and 11")])
def test_what_a_thousandth_of_the_voxels_has_is_usual(value, told):
    """30 of 20,000 are more than one in a thousand and fewer than two: the 0.1st and the 99.9th percentile count."""
    array = two_values(20_000)
    array.flat[:30] = value
    array.flat[100] = 1e6
    tamed = without_outliers(array)
    assert tamed is not None
    assert told in tamed.warning


@pytest.mark.parametrize("at_the_limit", [21.0, -20.0])
def test_beside_one_beyond_the_limit_one_at_it_is_usual_as_well(at_the_limit):
    array = two_values(20_000)
    array[1, 2, 3], array[0, 0, 0] = at_the_limit, 1e6
    tamed = without_outliers(array)
    assert tamed is not None
    assert "more like it" not in tamed.warning
    assert tamed.array[1, 2, 3] == at_the_limit

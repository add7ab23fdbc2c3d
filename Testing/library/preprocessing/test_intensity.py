import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.preprocessing import dark_spread, head_mask, intensity_of, z_scored


def test_z_score_has_mean_zero_and_deviation_one_with_zeros_counted():
    array = np.zeros((4, 5, 6), np.float32)
    array[1:3] = 300.0
    intensity = intensity_of(array)
    assert intensity == pytest.approx((150.0, 150.0))
    assert np.unique(z_scored(array, intensity)) == pytest.approx((-1.0, 1.0))


@pytest.mark.parametrize("offset", [0.0, 1e6, -3e4])
def test_figures_are_those_of_numpy_also_far_from_zero(offset):
    array = (np.random.default_rng(0).normal(size=(9, 11, 13)) * 7 + offset).astype(np.float32)
    wide = array.astype(np.float64)
    assert intensity_of(array) == pytest.approx((wide.mean(), wide.std()), rel=1e-7)


def test_only_the_voxels_of_a_mask_count():
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert intensity_of(array, array < 2) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("value", [0.0, 5.0, -1e9, 1e-20])
def test_constant_image_is_refused(value):
    with pytest.raises(InputRefusedError, match="must differ"):
        intensity_of(np.full((3, 3, 3), value, np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 13, 26])
def test_voxels_that_are_no_numbers_are_refused(value, place):
    array = np.arange(27, dtype=np.float32)
    array[place] = value
    with pytest.raises(InputRefusedError, match="finite"):
        intensity_of(array.reshape(3, 3, 3))


def test_head_is_told_from_the_air_round_it_with_its_dark_inside():
    index = np.indices((30, 30, 30)) - 14.5
    distance = np.linalg.norm(index, axis=0)
    array = np.where(distance < 12, 100.0, 1.0).astype(np.float32)
    array[distance < 3] = 0.0
    assert np.array_equal(head_mask(array), distance < 12)


def test_the_root_spreads_the_dark_end_and_any_scaling_gives_the_same():
    tissues = np.repeat(np.array([1.0, 2.0, 10.0, 17.0, 101.0], np.float32), 200)  # a range of 100 from 1 up
    spread = dark_spread(tissues.reshape(10, 10, 10))
    low, second, third, fourth, high = np.unique(spread)
    assert np.array([second, third, fourth]) - low == pytest.approx((high - low) * np.array([0.1, 0.3, 0.4]), rel=1e-4)
    assert spread.mean() == pytest.approx(0.0, abs=1e-5)
    assert spread.std() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(dark_spread(tissues.reshape(10, 10, 10) * 7 - 300), spread, atol=1e-4)


def test_the_few_brightest_and_darkest_voxels_do_not_set_the_range():
    values = np.linspace(1, 2, 10_000, dtype=np.float32).reshape(10, 10, 100)
    outliers = values.copy()
    outliers.flat[:20], outliers.flat[-20:] = -50.0, 1000.0
    np.testing.assert_allclose(dark_spread(outliers), dark_spread(values), atol=1e-5)


def test_what_no_scan_has_shown_stays_0_and_does_not_count():
    image = np.zeros((6, 8, 8), np.float32)
    image[1:4] = np.random.default_rng(2).normal(1, 1, (3, 8, 8))
    spread = dark_spread(image)
    assert not spread[[0, 4, 5]].any()
    np.testing.assert_allclose(spread[1:4], dark_spread(image[1:4]), atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_an_even_image_has_no_dark_end_and_stays(value):
    image = np.full((3, 4, 5), value, np.float32)
    np.testing.assert_array_equal(dark_spread(image), image)

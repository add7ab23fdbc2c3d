import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.preprocessing import head_mask, intensity_of, z_scored


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

from itertools import pairwise

import numpy as np
import pytest

from Training.synthesis.noise import smooth_field


@pytest.mark.parametrize("wavelength", [1.0, 2.0, 6.0, 20.0, (4.0, 12.0, 30.0)])
@pytest.mark.parametrize("shape", [(24, 40, 48), (7, 33, 18)])
def test_a_field_has_mean_zero_and_deviation_one(shape: tuple[int, int, int], wavelength):
    field = smooth_field(np.random.default_rng(1), shape, wavelength)
    assert field.shape == shape
    assert field.dtype == np.float32
    assert field.mean() == pytest.approx(0, abs=1e-3)
    assert field.std() == pytest.approx(1, abs=1e-3)


def test_a_field_is_a_function_of_the_generators_state():
    one, same, other = (smooth_field(np.random.default_rng(seed), (16, 20, 24), 5) for seed in (2, 2, 3))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def _half_length(field: np.ndarray, axis: int) -> int:
    """At which lag the correlation along an axis falls below a half."""
    field = np.moveaxis(field, axis, 0)
    for lag in range(1, len(field)):
        if np.mean(field[lag:] * field[:-lag]) < 0.5:
            return lag
    return len(field)


def test_features_grow_with_the_wavelength():
    lengths = [_half_length(smooth_field(np.random.default_rng(5), (64, 64, 64), wave), 1) for wave in (4, 8, 16, 32)]
    for shorter, longer in pairwise(lengths):
        assert 1.4 * shorter <= longer <= 3 * shorter


def test_each_axis_has_a_wavelength_of_its_own():
    field = smooth_field(np.random.default_rng(6), (64, 64, 64), (4, 12, 28))
    assert _half_length(field, 0) < _half_length(field, 1) < _half_length(field, 2)

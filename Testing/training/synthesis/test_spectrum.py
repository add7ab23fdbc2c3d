import numpy as np
import pytest

from Training.synthesis.kspace import reconstruct
from Training.synthesis.spectrum import steepest_drop


@pytest.mark.parametrize("pixel", [0.7, 0.9, 1.2])
def test_the_drop_is_found_where_k_space_was_cut(pixel: float):
    rng = np.random.default_rng(2)
    image = 1 + 0.3 * rng.standard_normal((6, 200, 240)).astype(np.float32)
    cut = reconstruct(rng, image, 0.5, (pixel, 0.5), 0.001)
    drop = steepest_drop(cut, 1)
    assert drop.cycles_per_pixel == pytest.approx(0.5 * 0.5 / pixel, abs=0.03)
    assert drop.decades > 1
    assert steepest_drop(cut, 2).decades < 0.3


def test_an_even_spectrum_has_no_drop():
    white = np.random.default_rng(3).standard_normal((8, 200, 200)).astype(np.float32)
    assert steepest_drop(white, 1).decades < 0.15

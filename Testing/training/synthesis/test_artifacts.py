import numpy as np
import pytest

from Training.synthesis.artifacts import add_ghosts, bands, coil_shading

SHAPE, MM = (12, 100, 120), (1.5, 0.5, 0.5)


def test_a_coil_doubles_the_signal_over_its_reach():
    factors = coil_shading(SHAPE, MM, (0.0, 0.0), 2.0, 25.0)[0]
    assert factors.mean() == pytest.approx(1)
    middle, aside = factors[50, 60], factors[50, 110]  # 25 mm apart
    assert aside / middle == pytest.approx(2, rel=0.02)


def test_bands_are_dark_lines_on_an_even_field():
    factors = bands(np.random.default_rng(4), SHAPE, MM, 1.5, 0.8)
    assert factors.shape == SHAPE
    assert factors.max() == pytest.approx(1, abs=1e-3)
    assert 0.15 < factors.min() < 0.5
    assert (factors > 0.95).mean() > 0.6


def test_ghosts_alternate_and_leave_the_place_itself():
    image, pulsing = np.full((1, 4, 80), 0.5, np.float32), np.zeros((1, 4, 80), np.float32)
    pulsing[0, :, 40] = 1
    ghosted = add_ghosts(image, pulsing, 0.1, 10, 2)[0, 0]
    assert ghosted[[40, 30, 50, 20, 60]] == pytest.approx([0.5, 0.4, 0.4, 0.55, 0.55])

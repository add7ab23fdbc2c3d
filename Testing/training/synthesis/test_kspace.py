import numpy as np
import pytest

from Training.synthesis.kspace import reconstruct, sampled


def rng():
    return np.random.default_rng(8)


def test_what_is_sampled_reaches_to_half_of_one_over_the_true_pixel():
    line = sampled(200, 0.5, 0.8)
    frequency = np.abs(np.fft.fftfreq(200, 0.5))
    assert line[frequency < 0.624].all()
    assert not line[frequency > 0.626].any()
    assert sampled(64, 0.5, 0.4).all()


def test_partial_fourier_drops_the_end_of_one_side():
    frequency = np.fft.fftfreq(240, 0.5)
    line = sampled(240, 0.5, 0.5, partial=0.75)
    assert line.mean() == pytest.approx(0.75, abs=0.01)
    assert line[frequency > 0].all()


@pytest.mark.parametrize("pixel", [0.65, 0.9])
def test_the_spectrum_of_an_image_drops_at_the_true_pixel(pixel: float):
    image = 1 + 0.2 * rng().standard_normal((4, 160, 160)).astype(np.float32)
    result = reconstruct(rng(), image, 0.5, (pixel, pixel), 0.0)[:, 16:144, 16:144]
    tapered = (result - result.mean()) * np.hanning(128)[:, None] * np.hanning(128)
    power = (np.abs(np.fft.fft2(tapered)) ** 2).mean(axis=0)
    f = np.abs(np.fft.fftfreq(128, 0.5))
    along = power[0], power[:, 0]
    for line in along:
        inside, outside = line[(f > 0.1) & (f < 0.5 / pixel - 0.06)], line[f > 0.5 / pixel + 0.06]
        assert inside.mean() > 100 * outside.mean()


def test_noise_without_signal_is_rayleigh_whatever_is_cut():
    for pixel in ((0.5, 0.5), (0.8, 0.7)):
        image = reconstruct(rng(), np.zeros((12, 160, 160), np.float32), 0.5, pixel, 0.05)
        assert image.mean() == pytest.approx(0.05 * np.sqrt(np.pi / 2), rel=0.02)
        assert image.std() == pytest.approx(0.05 * np.sqrt(2 - np.pi / 2), rel=0.04)


def test_noise_on_signal_has_its_own_deviation_under_a_window_too():
    for window in ("none", "hamming"):
        ones = np.ones((12, 160, 160), np.float32)
        image = reconstruct(rng(), ones, 0.5, (0.7, 0.7), 0.03, filtered=window)
        assert image.std() == pytest.approx(0.03, rel=0.05)
        assert image.mean() == pytest.approx(np.sqrt(1 + 0.03**2), rel=0.002)


def test_zero_filled_grain_is_correlated_and_full_grain_is_not():
    def neighbors(pixel):
        image = reconstruct(rng(), np.ones((12, 160, 160), np.float32), 0.5, (pixel, pixel), 0.05)
        return np.corrcoef(image[:, :, 1:].ravel(), image[:, :, :-1].ravel())[0, 1]

    assert neighbors(0.5) == pytest.approx(0, abs=0.02)
    assert neighbors(1.0) == pytest.approx(2 / np.pi, abs=0.05)  # a sinc of two pixels, one apart


def test_an_even_image_stays_as_it_is():
    image = np.full((2, 30, 44), 0.7, np.float32)
    assert reconstruct(rng(), image, 0.5, (0.9, 0.8), 0.0) == pytest.approx(0.7, abs=1e-5)

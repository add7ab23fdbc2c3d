"""Where the spectrum of a scan drops: how fine it really is, whatever its pixels say."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_BIN = 0.02
"""Width of the bands of frequency, in cycles per pixel."""
_SIDE = 3
"""So many bands are compared on each side of a drop."""


class Drop(NamedTuple):
    """The steepest fall of power along one axis."""

    cycles_per_pixel: float
    decades: float
    """By how much the power falls there, as a power of ten."""


def band_power(slices: NDArray[np.float32], axis: int) -> NDArray[np.float64]:
    """Return log10 of the mean power in bands of 0.02 cycles per pixel, from 0 to 0.5.

    Args:
        slices: (S, H, W); each slice is windowed, so that its borders do not count as edges.
        axis: 1 for H, 2 for W.
    """
    window = np.hanning(slices.shape[1])[:, None] * np.hanning(slices.shape[2])
    centered = (slices - slices.mean(axis=(1, 2), keepdims=True)) * window
    other = 3 - axis
    power = (np.abs(np.fft.fft(centered, axis=axis)) ** 2).mean(axis=(0, other))
    frequency = np.abs(np.fft.fftfreq(slices.shape[axis]))
    bands = np.minimum((frequency / _BIN).astype(int), round(0.5 / _BIN) - 1)
    total = np.bincount(bands, power, minlength=round(0.5 / _BIN))
    count = np.bincount(bands, minlength=round(0.5 / _BIN))
    return np.asarray(np.log10(total / np.maximum(count, 1) + 1e-12))


def steepest_drop(slices: NDArray[np.float32], axis: int) -> Drop:
    """Return where the power falls most within 0.12 cycles per pixel, beyond the first 0.12 of every image."""
    power = band_power(slices, axis)
    falls = [
        (float(power[k - _SIDE : k].mean() - power[k : k + _SIDE].mean()), k)
        for k in range(2 * _SIDE, len(power) - _SIDE + 1)
    ]
    decades, band = max(falls)
    return Drop(band * _BIN, decades)

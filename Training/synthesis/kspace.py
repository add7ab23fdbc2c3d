"""From an ideal slice to a reconstructed one: what the scanner samples of k-space, its noise, and zero-filling.

Cutting k-space gives ringing (Gibbs), grain correlated over the true pixel, and the right sharpness in one step.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Image = NDArray[np.float32]
_PAD = 12
"""Pixels of mirrored image round it, so that opposite borders do not ring into each other."""


def sampled(size: int, spacing_mm: float, pixel_mm: float, partial: float = 1.0) -> NDArray[np.bool_]:
    """Return which frequencies of an axis are sampled, in the order of `scipy.fft.fftfreq`.

    Args:
        size: Pixels of the axis.
        spacing_mm: Distance between them.
        pixel_mm: True pixel: frequencies up to 1 / (2 pixel_mm) are sampled; a finer one than the spacing samples all.
        partial: Of the lines, how many are sampled (0.5 to 1); the rest, on the negative side, stays zero.
    """
    frequency = fft.fftfreq(size, spacing_mm)
    highest = min(0.5 / pixel_mm, 0.5 / spacing_mm)
    return np.asarray((np.abs(frequency) <= highest) & (frequency >= -highest * (2 * partial - 1)))


def reconstruct(
    rng: np.random.Generator,
    image: Image,
    spacing_mm: float,
    pixel_mm: tuple[float, float],
    noise: float,
    *,
    filtered: Literal["none", "hamming"] = "none",
    partial: float = 1.0,
) -> Image:
    """Return the magnitude of an image cut to its true matrix, with complex noise, zero-filled to its own grid.

    Args:
        rng: Draws the noise.
        image: (S, H, W) float32.
        spacing_mm: Of its pixels, along H and W.
        pixel_mm: True pixel along H and W.
        noise: Standard deviation of each channel in the result, so a magnitude is Rician (Gudbjartsson and Patz 1995).
        filtered: Window over the sampled part.
        partial: Share of lines along W that are sampled: partial Fourier.
    """
    pads = [(_PAD, fft.next_fast_len(n + 2 * _PAD) - n - _PAD) for n in image.shape[1:]]
    whole = np.pad(image, ((0, 0), *pads), mode="symmetric").astype(np.complex64)
    window = _window(whole.shape[1:], spacing_mm, pixel_mm, filtered, partial)
    spectrum = fft.fft2(whole)
    if noise > 0:
        pixels = window.size
        deviation = noise * pixels / np.sqrt(float((window**2).sum()))
        spectrum.real += np.float32(deviation) * rng.standard_normal(whole.shape, dtype=np.float32)
        spectrum.imag += np.float32(deviation) * rng.standard_normal(whole.shape, dtype=np.float32)
    spectrum *= window
    inner = tuple(slice(before, before + n) for (before, _), n in zip(pads, image.shape[1:], strict=True))
    return np.ascontiguousarray(np.abs(fft.ifft2(spectrum, overwrite_x=True))[:, *inner])


def _window(
    shape: tuple[int, ...],
    spacing_mm: float,
    pixel_mm: tuple[float, float],
    filtered: Literal["none", "hamming"],
    partial: float,
) -> Image:
    """Return what each frequency is multiplied with, (H, W) float32."""
    factors = []
    for size, pixel, kept in zip(shape, pixel_mm, (1.0, partial), strict=True):
        line = sampled(size, spacing_mm, pixel, kept).astype(np.float32)
        if filtered == "hamming":
            reach = np.clip(np.abs(fft.fftfreq(size, spacing_mm)) * 2 * max(pixel, spacing_mm), 0, 1)
            line *= (0.54 + 0.46 * np.cos(np.pi * reach)).astype(np.float32)
        factors.append(line)
    return np.asarray(factors[0][:, None] * factors[1][None])

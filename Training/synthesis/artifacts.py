"""Faults of a scanner that multiply or add to an image: coil shading, bands of a steady state, pulsation ghosts."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def coil_shading(
    shape: tuple[int, ...],
    spacing_mm: tuple[float, float, float],
    center_mm: tuple[float, float],
    ratio: float,
    over_mm: float,
) -> Image:
    """Return factors of mean 1 that grow `ratio`-fold over each `over_mm` from a center in the plane, (1, H, W).

    Surface coils see the skull brighter than the pons; the center is told from the middle of the image.
    """
    h, w = (
        (np.arange(n, dtype=np.float32) - np.float32((n - 1) / 2)) * np.float32(mm)
        for n, mm in zip(shape[1:], spacing_mm[1:], strict=True)
    )
    away = np.hypot(h[:, None] - np.float32(center_mm[0]), w[None] - np.float32(center_mm[1]))
    factors = np.exp(np.float32(np.log(ratio)) * (away - away.mean()) / np.float32(over_mm))
    return np.asarray(factors / factors.mean())[None]


def bands(
    rng: np.random.Generator, shape: tuple[int, ...], spacing_mm: tuple[float, float, float], turns: float, depth: float
) -> Image:
    """Return factors of 1 - `depth` where the field is off by an odd half of 1 / TR, 1 elsewhere (CISS, FIESTA).

    Args:
        rng: Draws the field.
        shape: (S, H, W).
        spacing_mm: Along each.
        turns: How many periods of 1 / TR the field changes by over 120 mm, about.
        depth: How much is lost in the middle of a band.
    """
    d, h, w = np.ogrid[tuple(slice(-1, 1, complex(0, n)) for n in shape)]
    d, h, w = (axis * n * mm / 120.0 for axis, n, mm in zip((d, h, w), shape, spacing_mm, strict=True))
    terms = rng.normal(0, 1, 8)  # curved as a shim leaves it: of second order
    field = terms[0] * d + terms[1] * h + terms[2] * w + terms[3] * d * h + terms[4] * h * w
    field = turns * (field + terms[5] * h * h + terms[6] * w * w + terms[7] * d * d).astype(np.float32)
    off = np.abs(field - np.floor(field) - np.float32(rng.uniform(0.2, 0.8)))
    return np.asarray(1 - np.float32(depth) * np.exp(-((off / np.float32(0.05)) ** 2)))


def add_ghosts(image: Image, pulsing: Image, share: float, shift: int, axis: int) -> Image:
    """Return an image with copies of what pulses along the phase encoding: each next one fainter, of the other sign."""
    result = image.copy()
    for number in (1, 2, 3):
        amplitude = np.float32(share * (-1) ** number / number)
        for direction in (-1, 1):
            result += amplitude * _shifted(pulsing, direction * number * shift, axis)
    return np.maximum(result, 0, out=result)


def _shifted(image: Image, by: int, axis: int) -> Image:
    """Return the image moved along an axis, nothing coming in from outside."""
    moved = np.zeros_like(image)
    n = image.shape[axis]
    if abs(by) >= n:
        return moved
    into, out = [slice(None)] * 3, [slice(None)] * 3
    into[axis] = slice(by, None) if by > 0 else slice(None, n + by)
    out[axis] = slice(None, n - by) if by > 0 else slice(-by, None)
    moved[tuple(into)] = image[tuple(out)]
    return moved

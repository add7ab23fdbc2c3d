"""Smooth random fields."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def smooth_field(
    rng: np.random.Generator, shape: Sequence[int], wavelength_voxels: float | Sequence[float]
) -> NDArray[np.float32]:
    """Return a random field of zero mean and unit variance whose features are about `wavelength_voxels` across.

    Drawn on a grid as coarse as the wavelength allows and interpolated, so long waves cost little.
    """
    waves = np.broadcast_to(np.asarray(wavelength_voxels, dtype=np.float64), (3,))
    step = np.maximum(1.0, waves / 2)
    coarse = [int(np.ceil(n / s)) + 3 for n, s in zip(shape, step, strict=True)]
    field = rng.standard_normal(coarse, dtype=np.float32)
    fine_sigma = [float(w / 3) if s <= 1.0 else 0.6 for w, s in zip(waves, step, strict=True)]
    field = ndimage.gaussian_filter(field, fine_sigma, mode="wrap")
    if max(step) > 1:
        start = rng.uniform(0.0, 1.0, 3)
        for axis in range(3):
            field = _interpolate(field, axis, start[axis] + np.arange(shape[axis]) / step[axis])
    else:
        field = field[tuple(slice(0, n) for n in shape)]
    spread = float(field.std())
    return np.asarray((field - field.mean()) / max(spread, 1e-6), dtype=np.float32)


def _interpolate(field: NDArray[np.float32], axis: int, places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the field at these places of one axis, between its values linearly, clamped to its ends."""
    last = field.shape[axis] - 1
    below = np.clip(np.floor(places).astype(int), 0, last - 1)
    weight = np.clip(places - below, 0, 1).astype(np.float32)
    moved = np.moveaxis(field, axis, 0)
    rows = moved[below] + weight[:, None, None] * (moved[below + 1] - moved[below])
    return np.moveaxis(rows, 0, axis)

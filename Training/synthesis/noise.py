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
        field = ndimage.affine_transform(
            field, 1 / step, offset=start, output_shape=tuple(shape), order=1, mode="nearest", output=np.float32
        )
    else:
        field = field[tuple(slice(0, n) for n in shape)]
    spread = float(field.std())
    return np.asarray((field - field.mean()) / max(spread, 1e-6), dtype=np.float32)

"""Bringing intensities to mean 0 and standard deviation 1."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib.errors import InputRefusedError


class Intensity(NamedTuple):
    """Mean and population standard deviation of the voxels a z-score is taken from."""

    mean: float
    deviation: float


def intensity_of(array: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> Intensity:
    """Return mean and standard deviation of all voxels, zeros included, or of those of a mask.

    Summed in float64 slice by slice, so that a whole head needs no second copy of itself.

    Args:
        array: (D, H, W) of any real type.
        mask: (D, H, W) bool.

    Raises:
        InputRefusedError: If there are NaNs or infinities, or all voxels are equal.

    Source: whole volume with zeros and population deviation, as in KCL-BMEIS/VS_Seg (Shapey et al., Scientific Data
    2021).
    """
    shift = float(array.flat[0])  # keeps the sum of squares exact when the mean is far from zero
    count, total, squares = 0, 0.0, 0.0
    for index, plane in enumerate(array):
        with np.errstate(invalid="ignore"):  # infinity minus infinity is refused below
            values = (plane if mask is None else plane[mask[index]]).astype(np.float64) - shift
        count += values.size
        total += float(values.sum())
        squares += float(np.vdot(values, values))
    if count == 0 or not np.isfinite(squares):
        msg = "every voxel must be a finite number, got NaN or infinity"
        raise InputRefusedError(msg)
    mean = total / count
    variance = squares / count - mean * mean
    if variance <= 1e-12 * max(1e-30, squares / count):
        msg = f"the intensities must differ, got {array.flat[0]:g} in every voxel"
        raise InputRefusedError(msg)
    return Intensity(mean + shift, float(np.sqrt(variance)))


def z_scored(array: NDArray[Any], intensity: Intensity) -> NDArray[np.float32]:
    """Return (array - mean) / deviation as float32."""
    scored: NDArray[np.float32] = np.subtract(array, np.float32(intensity.mean), dtype=np.float32)
    scored /= np.float32(intensity.deviation)
    return scored


def head_mask(array: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return (D, H, W) True in the head: brighter than a tenth of nearly the brightest, with the holes of it filled.

    Rough on purpose: it only keeps the air round the head out of a z-score.
    """
    low, high = np.percentile(array, (1, 99))
    mask: NDArray[np.bool_] = ndimage.binary_fill_holes(array >= low + 0.1 * (high - low))
    return mask

"""A scan on a working grid, normalized by the whole of it: the one code path of training and of use."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.preprocessing.grid import Grid
from VSSegmentationLib.preprocessing.intensity import Intensity, intensity_of, z_scored
from VSSegmentationLib.preprocessing.resampling import resample
from VSSegmentationLib.volume import Volume

_HALF, _MEAN = np.float32(0.5), np.float32(0)


def whole_intensity(scan: Volume, *, nonzero: bool) -> Intensity:
    """Return mean and deviation of a scan's own voxels, before any resampling.

    Args:
        scan: (D, H, W) in any order of axes.
        nonzero: Over the voxels that are not 0 alone, as where the skull was taken off.

    Raises:
        InputRefusedError: If the scan holds NaNs or infinities, or the voxels that count are equal.
    """
    return intensity_of(scan.array, scan.array != 0 if nonzero else None)


def filled(scan: Volume) -> Volume:
    """Return 1 where a scan is not 0: what is left of it where the skull was taken off."""
    return scan.with_array((scan.array != 0).astype(np.float32))


def scored_on(scan: Volume, grid: Grid, intensity: Intensity, *, head: Volume | None = None) -> NDArray[np.float32]:
    """Return the z-scores of a scan on a grid with the same axes.

    Args:
        scan: (D, H, W).
        grid: Of the result, or some slices of it.
        intensity: What is taken for mean and deviation.
        head: 1 where voxels count, of `filled`; what lies less than half in it is 0, the mean.

    Raises:
        GeometryError: If the axes of the two do not run the same way.
    """
    scored = z_scored(resample(scan, grid).array, intensity)
    return scored if head is None else np.where(resample(head, grid).array < _HALF, _MEAN, scored)

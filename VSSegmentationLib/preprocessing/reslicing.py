"""Linear resampling between grids that lie in any way to each other, as scans of one examination do."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib.preprocessing.grid import Grid
from VSSegmentationLib.volume import Volume

_FWHM_PER_SIGMA = 2 * np.sqrt(2 * np.log(2))
_EDGE = 0.5 + 1e-6
"""So far from the center of a voxel its box reaches, in voxels."""


class Resliced(NamedTuple):
    """A volume on another grid."""

    array: NDArray[np.float32]
    """(D, H, W); beyond the outermost centers the outermost value."""
    inside: NDArray[np.bool_]
    """(D, H, W): True where the volume has something to show."""


def reslice(volume: Volume, target: Grid) -> Resliced:
    """Return a volume on another grid, of any orientation and voxel size.

    Where voxels of the target are wider by a factor f along an axis of the volume, it is first smoothed along that axis
    as `operators_between` does, by a Gaussian of sigma = sqrt(f^2 - 1) / 2.355 of its voxels.
    """
    to_volume = np.linalg.inv(volume.dhw_to_ras) @ target.dhw_to_ras
    array = np.ascontiguousarray(volume.array, dtype=np.float32)
    factors = np.linalg.norm(to_volume[:3, :3], axis=1)
    sigmas = np.sqrt(np.clip(factors**2 - 1, 0, None)) / _FWHM_PER_SIGMA
    if (factors > 1 + 1e-6).any():
        array = ndimage.gaussian_filter(array, sigmas, mode="nearest")
    found = ndimage.affine_transform(
        array, to_volume[:3, :3], to_volume[:3, 3], output_shape=target.shape, order=1, mode="nearest"
    )
    inside = np.ones(target.shape, np.bool_)
    d, h, w = np.ogrid[: target.shape[0], : target.shape[1], : target.shape[2]]
    for (along_d, along_h, along_w, offset), count in zip(to_volume[:3], volume.shape, strict=True):
        place = along_d * d + along_h * h + along_w * w + offset
        inside &= (place >= -_EDGE) & (place <= count - 1 + _EDGE)
    return Resliced(np.asarray(found, np.float32), inside)

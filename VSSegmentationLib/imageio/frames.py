"""The only place where LPS (DICOM, ITK) and (i, j, k) order meet the RAS and (D, H, W) of this library."""

import numpy as np
import SimpleITK as sitk
from numpy.typing import ArrayLike, NDArray

from VSSegmentationLib.geometry import Affine, as_affine, directions, transform_points
from VSSegmentationLib.volume import Volume

LPS_TO_RAS = as_affine(np.diag([-1.0, -1.0, 1.0, 1.0]))
"""(4, 4), its own inverse: it also takes RAS to LPS."""


def ras_from_lps(points_lps: ArrayLike) -> NDArray[np.float64]:
    """Return the same (..., 3) points or directions in this library's frame."""
    return transform_points(LPS_TO_RAS, np.asarray(points_lps))


def lps_from_ras(points_ras: ArrayLike) -> NDArray[np.float64]:
    """Return the same (..., 3) points or directions in the frame of DICOM and ITK."""
    return transform_points(LPS_TO_RAS, np.asarray(points_ras))


def dhw_to_ras_from_lps(ijk_to_lps: Affine) -> Affine:
    """Turn an (i, j, k)-to-LPS affine into a (d, h, w)-to-RAS one."""
    return as_affine((LPS_TO_RAS @ ijk_to_lps)[:, [2, 1, 0, 3]])


def dhw_to_ras_from_ras(ijk_to_ras: Affine) -> Affine:
    """Turn an (i, j, k)-to-RAS affine into a (d, h, w)-to-RAS one."""
    return as_affine(ijk_to_ras[:, [2, 1, 0, 3]])


def ijk_to_ras(dhw_to_ras: Affine) -> Affine:
    """Turn a (d, h, w)-to-RAS affine into an (i, j, k)-to-RAS one."""
    return as_affine(dhw_to_ras[:, [2, 1, 0, 3]])


def dhw_to_ras_from_itk(image: sitk.Image) -> Affine:
    """Return the place of a three-dimensional ITK image."""
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    ijk_to_lps[:3, 3] = image.GetOrigin()
    return dhw_to_ras_from_lps(ijk_to_lps)


def volume_from_itk(image: sitk.Image) -> Volume:
    """Return the voxels and the place of a three-dimensional scalar ITK image."""
    return Volume(sitk.GetArrayFromImage(image), dhw_to_ras_from_itk(image))


def itk_from_volume(volume: Volume) -> sitk.Image:
    """Return the same voxels in the same place as an ITK image."""
    array: NDArray[np.generic] = np.ascontiguousarray(volume.array)
    image = sitk.GetImageFromArray(array)
    ijk_to_lps = LPS_TO_RAS @ ijk_to_ras(volume.dhw_to_ras)
    image.SetOrigin(ijk_to_lps[:3, 3].tolist())
    image.SetSpacing(volume.spacing_dhw_mm[::-1])
    image.SetDirection(lps_from_ras(directions(volume.dhw_to_ras).T[::-1]).T.ravel().tolist())
    return image

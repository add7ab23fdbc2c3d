"""The only place where LPS (DICOM, ITK) and (i, j, k) order meet the RAS and (D, H, W) of this library."""

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from VSSegmentationLib.geometry import Affine, as_affine, directions, spacing_dhw_mm, transform_points

LPS_TO_RAS = as_affine(np.diag([-1.0, -1.0, 1.0, 1.0]))
"""(4, 4), its own inverse: it also takes RAS to LPS."""


def ras_from_lps(points_lps: ArrayLike) -> NDArray[np.float64]:
    """Return the same (..., 3) points or directions in this library's frame."""
    return transform_points(LPS_TO_RAS, np.asarray(points_lps))


def lps_from_ras(points_ras: ArrayLike) -> NDArray[np.float64]:
    """Return the same (..., 3) points or directions in the frame of DICOM and ITK."""
    return transform_points(LPS_TO_RAS, np.asarray(points_ras))


def signs_to_lps(axes: str) -> NDArray[np.float64]:
    """Return the (3,) signs that take a frame to LPS, of letters for where its axes point: "RAS", "LAS" or "LPS"."""
    return np.array([1.0 if letter == wanted else -1.0 for letter, wanted in zip(axes, "LPS", strict=True)])


class ItkGrid(Protocol):
    """What an image of SimpleITK tells of its place."""

    def GetOrigin(self) -> tuple[float, ...]:  # noqa: N802 - named by ITK
        """Return the center of the first voxel in LPS, mm."""

    def GetSpacing(self) -> tuple[float, ...]:  # noqa: N802 - named by ITK
        """Return the voxel size along i, j, k in mm."""

    def GetDirection(self) -> tuple[float, ...]:  # noqa: N802 - named by ITK
        """Return the rows of the matrix whose columns are the directions of i, j, k in LPS."""


def dhw_to_ras_from_lps(ijk_to_lps: Affine) -> Affine:
    """Turn an (i, j, k)-to-LPS affine into a (d, h, w)-to-RAS one."""
    return as_affine((LPS_TO_RAS @ ijk_to_lps)[:, [2, 1, 0, 3]])


def dhw_to_ras_from_ras(ijk_to_ras: Affine) -> Affine:
    """Turn an (i, j, k)-to-RAS affine into a (d, h, w)-to-RAS one."""
    return as_affine(ijk_to_ras[:, [2, 1, 0, 3]])


def ijk_to_ras(dhw_to_ras: Affine) -> Affine:
    """Turn a (d, h, w)-to-RAS affine into an (i, j, k)-to-RAS one."""
    return as_affine(dhw_to_ras[:, [2, 1, 0, 3]])


def dhw_to_ras_from_itk(image: ItkGrid) -> Affine:
    """Return the place of a three-dimensional ITK image."""
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    ijk_to_lps[:3, 3] = image.GetOrigin()
    return dhw_to_ras_from_lps(ijk_to_lps)


def itk_place(dhw_to_ras: Affine) -> tuple[list[float], list[float], list[float]]:
    """Return origin, spacing and direction as an ITK image takes them."""
    origin_lps_mm = (LPS_TO_RAS @ dhw_to_ras)[:3, 3]
    direction = LPS_TO_RAS[:3, :3] @ directions(dhw_to_ras)[:, ::-1]
    return origin_lps_mm.tolist(), list(spacing_dhw_mm(dhw_to_ras)[::-1]), direction.ravel().tolist()

"""The planes in which axial measures are taken: the scan's own slices, or a resliced mask when those are too tilted."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.volume import Volume

MAX_TILT_DEG = 30.0
"""Up to here a radiologist reads, and this library measures, the acquired slices as they are."""


class Grid(NamedTuple):
    """Where voxels lie, without the voxels."""

    shape: Shape
    dhw_to_ras: Affine


def is_too_tilted(dhw_to_ras: Affine) -> bool:
    """Return whether even the most axial planes of a grid are more than 30 degrees from axial."""
    return geometry.tilt_from_axial_deg(dhw_to_ras) > MAX_TILT_DEG


def describe_planes(dhw_to_ras: Affine) -> str:
    """Say in words in which planes an axial measure of this grid is taken."""
    tilt = geometry.tilt_from_axial_deg(dhw_to_ras)
    if is_too_tilted(dhw_to_ras):
        return f"mask resliced to axial planes because the scan is tilted by {tilt:.0f} degrees"
    degrees = f"{tilt:.0f} degree{'s' if round(tilt) != 1 else ''}"
    spacing = geometry.spacing_dhw_mm(dhw_to_ras)
    if spacing[geometry.axial_axis(dhw_to_ras)] < 0.99 * max(spacing):
        return f"planes of a scan whose slices are not axial, tilted by {degrees} from axial"
    return "acquisition slices, axial" if round(tilt) == 0 else f"acquisition slices, tilted by {degrees} from axial"


def axial_grid(dhw_to_ras: Affine, low_ras_mm: NDArray[np.float64], high_ras_mm: NDArray[np.float64]) -> Grid:
    """Return an axial grid (D superior, H anterior, W right) over a box, at the smallest spacing of another grid.

    All such grids of one scan share a lattice through its first voxel, so that resliced masks and pictures agree.

    Args:
        dhw_to_ras: Grid of the scan.
        low_ras_mm: (3,) corner of the box with the smallest coordinates.
        high_ras_mm: (3,) corner with the largest ones.
    """
    step = min(geometry.spacing_dhw_mm(dhw_to_ras))
    anchor = dhw_to_ras[:3, 3]
    first = np.floor((low_ras_mm - anchor) / step)
    last = np.ceil((high_ras_mm - anchor) / step)
    right, anterior, superior = (last - first + 1).astype(int).tolist()
    affine = np.zeros((4, 4))
    affine[(2, 1, 0), (0, 1, 2)] = step
    affine[:3, 3] = anchor + first * step
    affine[3, 3] = 1
    return Grid((superior, anterior, right), geometry.as_affine(affine))


def sample(volume: Volume, grid: Grid) -> Volume:
    """Return a volume on another grid by linear interpolation, float32, 0 outside."""
    to_index = np.linalg.inv(volume.dhw_to_ras) @ grid.dhw_to_ras
    array: NDArray[Any] = volume.array.astype(np.float32)
    out = ndimage.affine_transform(array, to_index[:-1], output_shape=grid.shape, order=1, mode="grid-constant")
    return Volume(out, grid.dhw_to_ras)


def reslice_mask(mask: Volume, scan_to_ras: Affine) -> Volume:
    """Return a bool mask on axial planes of the scan's lattice: linear interpolation, inside from 0.5.

    Args:
        mask: bool; the whole scan or a crop of it.
        scan_to_ras: `dhw_to_ras` of the whole scan, so that every crop of it lands on the same lattice.
    """
    corners = np.array(np.meshgrid(*[(-1, n) for n in mask.shape], indexing="ij")).reshape(3, -1).T
    points = geometry.transform_points(mask.dhw_to_ras, corners)
    resliced = sample(mask, axial_grid(scan_to_ras, points.min(axis=0), points.max(axis=0)))
    return Volume(resliced.array >= 0.5, resliced.dhw_to_ras)

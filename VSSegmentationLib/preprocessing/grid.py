"""Voxel grids without voxels: the working grid over a scan, and boxes in it given in mm."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.geometry import Affine, Shape, Triplet
from VSSegmentationLib.volume import Volume

LARGEST_FIELD_OF_VIEW_MM = 1000.0
"""No MRI scanner images more at once; a header that says so is wrong, and its working grid would fill the memory."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Where voxels are, without their values."""

    shape: Shape
    dhw_to_ras: Affine
    """(4, 4) float64; index (0, 0, 0) is the center of the first voxel."""

    @property
    def spacing_dhw_mm(self) -> Triplet:
        """Distance between neighboring voxel centers along D, H, W in mm."""
        return geometry.spacing_dhw_mm(self.dhw_to_ras)


class Box(NamedTuple):
    """Voxels from `start` up to, not including, `stop`."""

    start: Shape
    stop: Shape

    @property
    def shape(self) -> Shape:
        """Number of voxels along D, H, W."""
        d, h, w = (b - a for a, b in zip(self.start, self.stop, strict=True))
        return d, h, w


def grid_of(volume: Volume) -> Grid:
    """Return the grid a volume lies on."""
    return Grid(volume.shape, volume.dhw_to_ras)


def field_of_view_mm(grid: Grid) -> Triplet:
    """Return the size of the grid's box along D, H, W in mm, from voxel edge to voxel edge."""
    d, h, w = (n * s for n, s in zip(grid.shape, grid.spacing_dhw_mm, strict=True))
    return d, h, w


def working_grid(grid: Grid, spacing_dhw_mm: Triplet | None) -> Grid:
    """Return the grid of exactly this spacing that fills the same physical box, along the same axes.

    The box is centered on the box of the scan; where the spacing does not divide it, the two differ by at most half a
    new voxel in all. The centers of the first voxels of the two grids therefore differ: their edges meet.

    Args:
        grid: Grid of the scan.
        spacing_dhw_mm: New voxel size along the axes of `grid`, or None for the same grid.

    Raises:
        InputRefusedError: If the field of view is beyond what a scanner can image.
    """
    extent = field_of_view_mm(grid)
    if max(extent) > LARGEST_FIELD_OF_VIEW_MM:
        sizes = " x ".join(f"{side:.0f}" for side in extent)
        msg = (
            f"the field of view must be at most {LARGEST_FIELD_OF_VIEW_MM:.0f} mm per side, got {sizes} mm: "
            "check the voxel spacing in the file"
        )
        raise InputRefusedError(msg)
    if spacing_dhw_mm is None:
        return grid
    shape = tuple(max(1, round(side / step)) for side, step in zip(extent, spacing_dhw_mm, strict=True))
    scale = np.array(spacing_dhw_mm) / grid.spacing_dhw_mm
    index_map = np.eye(4)  # new index -> old index
    index_map[:3, :3] = np.diag(scale)
    index_map[:3, 3] = (np.array(grid.shape) - 1) / 2 - scale * (np.array(shape) - 1) / 2
    return Grid((shape[0], shape[1], shape[2]), geometry.as_affine(grid.dhw_to_ras @ index_map))


def crop_grid(grid: Grid, box: Box) -> Grid:
    """Return the part of a grid inside a box.

    Raises:
        GeometryError: If the box is empty or leaves the grid.
    """
    if not all(0 <= a < b <= n for a, b, n in zip(box.start, box.stop, grid.shape, strict=True)):
        msg = f"a crop must lie inside {grid.shape} and not be empty, got {box.start} to {box.stop}"
        raise GeometryError(msg)
    affine = grid.dhw_to_ras.copy()
    affine[:3, 3] = geometry.transform_points(grid.dhw_to_ras, np.array(box.start))
    return Grid(box.shape, geometry.as_affine(affine))


def box_around(grid: Grid, center_ras_mm: Triplet, size_dhw_mm: Triplet) -> Box:
    """Return the box of this size along the grid's axes round a point, as far as it lies on the grid.

    Raises:
        GeometryError: If none of it does.
    """
    to_index = geometry.as_affine(np.linalg.inv(grid.dhw_to_ras))
    center = geometry.transform_points(to_index, np.array(center_ras_mm))
    starts, stops = [], []
    for middle, size, step, count in zip(center, size_dhw_mm, grid.spacing_dhw_mm, grid.shape, strict=True):
        voxels = max(1, round(size / step))
        start = round(middle + 0.5 - voxels / 2)
        starts.append(max(0, start))
        stops.append(min(count, start + voxels))
    if any(a >= b for a, b in zip(starts, stops, strict=True)):
        msg = f"a box of {size_dhw_mm} mm round {center_ras_mm} lies outside the scan"
        raise GeometryError(msg)
    return Box((starts[0], starts[1], starts[2]), (stops[0], stops[1], stops[2]))


def indices_inside(grid: Grid, part: Grid) -> Box:
    """Return the voxels of `grid` whose centers lie within the box of `part`, a grid along the same axes.

    A part thinner than one voxel of `grid` gives the nearest voxel.
    """
    to_grid = np.linalg.inv(grid.dhw_to_ras) @ part.dhw_to_ras
    low = geometry.transform_points(to_grid, np.full(3, -0.5))
    high = geometry.transform_points(to_grid, np.array(part.shape) - 0.5)
    limit = np.array(grid.shape)
    start = np.clip(np.ceil(low - 1e-6).astype(int), 0, limit - 1)
    stop = np.clip(np.floor(high + 1e-6).astype(int) + 1, start + 1, limit)
    a, b, c = start.tolist()
    x, y, z = stop.tolist()
    return Box((a, b, c), (x, y, z))

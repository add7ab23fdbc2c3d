"""A labelmap on the grid of the scan it belongs to, voxel for voxel: found by position, never by counting."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import bounding_box
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.volume import Volume, crop

_ROUND_LABELS = 2
_TOLERANCE_VOXELS = 0.05
"""How far a voxel may lie from its fellow: more than single precision of a file, less than any shift worth the name."""


def place_on_grid(labelmap: Volume, shape: Shape, dhw_to_ras: Affine) -> Volume:
    """Return the labels on another grid, whose voxels must be the same ones in the world.

    The axes may be permuted or flipped against each other, and the labelmap may cover another part of the scan (Slicer
    crops what it saves): nothing is interpolated and no voxel moves.

    Args:
        labelmap: (D, H, W) of label values; 0 is background.
        shape: Of the wanted grid.
        dhw_to_ras: Of the wanted grid.

    Returns:
        The labels on the wanted grid, background where the labelmap does not reach.

    Raises:
        GeometryError: If the voxels are not the same ones, or a label lies outside the wanted grid.
    """
    to_grid = np.linalg.inv(dhw_to_ras) @ labelmap.dhw_to_ras
    turn, shift = np.rint(to_grid[:3, :3]).astype(int), np.rint(to_grid[:3, 3]).astype(int)
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in labelmap.shape], indexing="ij")).reshape(3, -1).T
    apart = geometry.transform_points(geometry.as_affine(to_grid), corners) - (corners @ turn.T + shift)
    is_permutation = np.array_equal(np.abs(turn).sum(axis=0), (1, 1, 1)) and abs(round(np.linalg.det(turn))) == 1
    if not is_permutation or np.abs(apart).max() > _TOLERANCE_VOXELS:
        msg = (
            f"the labelmap must have the voxels of the scan, got spacings {_rounded(labelmap.dhw_to_ras)} and "
            f"{_rounded(dhw_to_ras)} mm, or a turn or shift between them; bring it to the grid of the scan first"
        )
        raise GeometryError(msg)
    placed = np.zeros(shape, dtype=labelmap.array.dtype)
    index = np.argwhere(labelmap.array)
    there = index @ turn.T + shift
    outside = int(np.count_nonzero(((there < 0) | (there >= shape)).any(axis=1)))
    if outside:
        msg = (
            f"the labelmap must lie inside the scan, and {outside} of its {len(index)} labeled voxels lie outside; "
            "give the scan it was drawn on"
        )
        raise GeometryError(msg)
    placed[tuple(there.T)] = labelmap.array[tuple(index.T)]
    return Volume(placed, dhw_to_ras)


def cut_to_labels(labelmap: Volume) -> Volume:
    """Return the part of a labelmap that holds labels, with some voxels round it; a corner of one that holds none.

    It is a thousandth of a head, so that files of it are quick; `place_on_grid` brings it back.
    """
    occupied = bounding_box(labelmap.array) or ((0, 0, 0), (0, 0, 0))
    low = np.maximum(np.array(occupied[0]) - _ROUND_LABELS, 0)
    high = np.minimum(np.array(occupied[1]) + _ROUND_LABELS, labelmap.shape)
    (a, b, c), (x, y, z) = low.tolist(), high.tolist()
    return crop(labelmap, (a, b, c), (x, y, z))


def place_on_scan(labelmap: Volume, scan: Volume) -> Volume:
    """Return the labels on the grid of a scan, as `place_on_grid` does; left and right are as certain as the scan's.

    Raises:
        GeometryError: As for `place_on_grid`.
    """
    placed = place_on_grid(labelmap, scan.shape, scan.dhw_to_ras)
    return replace(placed, axes_assumed=scan.axes_assumed)


def _rounded(dhw_to_ras: Affine) -> NDArray[np.float64]:
    return np.round(geometry.spacing_dhw_mm(dhw_to_ras), 3)

"""The voxels of one segment, laid onto a grid."""

from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from scipy import ndimage
from vtkmodules.util.numpy_support import vtk_to_numpy

from VSSegmentationLib.scene.places import dhw_to_world, matrix_from_vtk
from VSSegmentationLib.volume import Volume

_SAME = 1e-3
"""Of a voxel: what text in a file may round away."""


def paste_segment(
    segmentation_node: Any,  # vtkMRMLSegmentationNode
    identity: str,
    grid: Volume,
    value: int,
    into: NDArray[np.uint8],
) -> None:
    """Write `value` where the segment is; by the nearest voxel where it lies on another grid."""
    image = slicer.vtkOrientedImageData()
    segmentation_node.GetBinaryLabelmapRepresentation(identity, image)
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    scalars = image.GetPointData().GetScalars()
    if scalars is None or i1 < i0 or j1 < j0 or k1 < k0:
        return  # an empty segment may have no image at all
    mask = vtk_to_numpy(scalars).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1) != 0
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    to_world = dhw_to_world(segmentation_node, matrix_from_vtk(matrix))
    grid_to_mask = np.linalg.inv(to_world) @ grid.dhw_to_ras
    grid_to_mask[:3, 3] -= (k0, j0, i0)
    offset = np.rint(grid_to_mask[:3, 3]).astype(int)
    aligned = np.eye(4)
    aligned[:3, 3] = offset
    corners = np.array(np.meshgrid(*[(0, n - 1, 1) for n in grid.shape], indexing="ij")).reshape(3, -1)
    apart = (grid_to_mask - aligned)[:3] @ np.vstack([corners, np.ones(corners.shape[1])])
    if np.abs(apart).max() <= _SAME:
        _paste_aligned(mask, -offset, value, into)
    else:
        brought = ndimage.affine_transform(
            mask.astype(np.uint8), grid_to_mask[:3, :3], grid_to_mask[:3, 3], grid.shape, order=0, mode="grid-constant"
        )
        into[brought != 0] = value


def _paste_aligned(mask: NDArray[np.bool_], start: NDArray[np.int_], value: int, into: NDArray[np.uint8]) -> None:
    """`start` is the index in `into` of the first voxel of the mask; what sticks out of the grid is left behind."""
    low = np.maximum(start, 0)
    high = np.minimum(start + mask.shape, into.shape)
    if (high <= low).any():
        return
    target = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    part = tuple(slice(a, b) for a, b in zip(low - start, high - start, strict=True))
    into[target][mask[part]] = value

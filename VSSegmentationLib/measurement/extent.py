"""The longest straight line between two boundary points of a mask in space."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.measurement.indices import true_indices

Points = NDArray[np.float64]

_SAME = 1e-9  # relative: lengths this close are a tie; oblique affines add rounding noise
_MANY = 600
"""Points of which all pairs are still quicker than a convex hull."""
_FLAT = 1e-7  # relative: a point set that spreads less along a direction is flat


class SpatialDiameter(NamedTuple):
    """The longest lines of one region in space."""

    cracks_mm: float
    """Between mid-points of voxel faces that part inside from outside."""
    centers_mm: float
    """Between voxel centers (Feret); 0.0 for a single voxel."""
    end_points_ras_mm: Points
    """(2, 3) ends of the line between face mid-points."""


def longest_in_space(mask: NDArray[np.bool_], dhw_to_ras: Affine) -> SpatialDiameter:
    """Return the longest line through a mask, in any direction; it may leave the mask in between.

    Args:
        mask: (D, H, W) bool.
        dhw_to_ras: Array index to RAS in mm.

    Raises:
        EmptyMaskError: If no voxel is True.

    Source: maximum 3D diameter, IBSI reference manual, L0JK, on face mid-points in place of mesh vertices.
    """
    if not mask.any():
        msg = "longest_in_space: the mask is empty; give a region with at least one voxel"
        raise EmptyMaskError(msg)
    cracks = _farthest_pair(geometry.transform_points(dhw_to_ras, _outermost_cracks(mask)))
    centers = _farthest_pair(geometry.transform_points(dhw_to_ras, _row_ends(true_indices(mask))))
    return SpatialDiameter(
        cracks_mm=float(np.linalg.norm(cracks[1] - cracks[0])),
        centers_mm=float(np.linalg.norm(centers[1] - centers[0])),
        end_points_ras_mm=cracks,
    )


def crack_points(mask: NDArray[np.bool_]) -> Points:
    """Return (n, 3), in array index, the mid-points between inside voxels and their outside 6-neighbors."""
    return np.concatenate(_cracks_by_axis(mask))


def _cracks_by_axis(mask: NDArray[np.bool_]) -> list[Points]:
    padded = np.pad(mask, 1)
    return [true_indices(np.diff(padded, axis=axis)) - 1 + 0.5 * (np.arange(3) == axis) for axis in range(3)]


def _outermost_cracks(mask: NDArray[np.bool_]) -> Points:
    """Return the crack points among which the ends of the longest line are."""
    return np.concatenate([_row_ends(points) for points in _cracks_by_axis(mask)])


def _row_ends(points: NDArray[np.generic]) -> Points:
    """Keep the first and last point of every row along the last axis: no other can be an end of the longest line.

    Needs lexicographic order.
    """
    new_row = (points[1:, :2] != points[:-1, :2]).any(axis=1)
    keep = np.concatenate(([True], new_row)) | np.concatenate((new_row, [True]))
    return points[keep].astype(np.float64)


def _farthest_pair(points: Points) -> Points:
    """Return (2, 3), the first pair among the longest; both the same for a single point."""
    points = points[_is_far_out(points)]
    if len(points) > _MANY:
        points = _hull(points)
    lengths = cdist(points, points)
    first, second = np.unravel_index(int(np.argmax(lengths >= lengths.max() * (1 - _SAME))), lengths.shape)
    return points[[first, second]]


def _is_far_out(points: Points) -> NDArray[np.bool_]:
    """Return (n,) bool: which of (n, axes) points in mm can be an end of the longest line.

    |p - q| <= |p - middle| + |q - middle| for any middle, so a point too near to it is no end of a line known to be
    longer. The middle of a long line, found by going to the farthest point a few times, leaves few of a round region.
    """
    start, end = points[0], points[0]
    for _ in range(3):
        start, end = end, points[int(np.argmax(((points - end) ** 2).sum(axis=1)))]
    from_middle = np.linalg.norm(points - (start + end) / 2, axis=1)
    at_least = float(np.linalg.norm(end - start))
    return np.asarray(from_middle + from_middle.max() >= at_least * (1 - _SAME))


def _hull(points: Points) -> Points:
    """Return the corners of the convex hull in the order of the points, also for flat, straight and single ones."""
    centered = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centered.T @ centered)
    along = centered @ axes
    extents = np.ptp(along, axis=0)
    spread = along[:, extents > _FLAT * max(float(extents.max()), _FLAT)]
    if spread.shape[1] < 2:
        line = spread[:, 0] if spread.shape[1] else np.zeros(len(points))
        return points[sorted({int(np.argmin(line)), int(np.argmax(line))})]
    return points[np.sort(ConvexHull(spread).vertices)]

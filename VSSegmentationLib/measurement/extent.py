"""The longest straight line through a mask in space: how long it is, and between which points it is drawn."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.measurement.extremes import cracks_of, extreme_voxels, true_indices
from VSSegmentationLib.measurement.subvoxel import largest_width

Points = NDArray[np.float64]

_SAME = 1e-12  # relative: oblique affines add rounding noise
_TIE = 1e-9  # relative: lines this close are equally long
_AT_ONCE = 32


class SpatialDiameter(NamedTuple):
    """The longest lines of one region in space."""

    width_mm: float
    """Largest width of the body, without the shortfall or the stairs of its voxels; see `subvoxel`."""
    cracks_mm: float
    """Between mid-points of voxel faces that part inside from outside."""
    centers_mm: float
    """Between voxel centers (Feret); 0.0 for a single voxel."""
    end_points_ras_mm: Points
    """(2, 3) ends of a line of that width, in the middle of the one between face mid-points."""


def longest_in_space(mask: NDArray[np.bool_], dhw_to_ras: Affine) -> SpatialDiameter:
    """Return the longest line through a mask, in any direction; it may leave the mask in between.

    Args:
        mask: (D, H, W) bool.
        dhw_to_ras: Array index to RAS in mm.

    Raises:
        EmptyMaskError: If no voxel is True.

    Source: maximum 3D diameter, IBSI reference manual, L0JK; there between mesh vertices, here without their stairs.
    """
    if not mask.any():
        msg = "longest_in_space: the mask is empty; give a region with at least one voxel"
        raise EmptyMaskError(msg)
    voxels = extreme_voxels(mask)
    face_points = geometry.transform_points(dhw_to_ras, cracks_of(voxels, mask, (0, 1, 2)))
    cracks = _farthest_pair(face_points)
    points = geometry.transform_points(dhw_to_ras, voxels)
    centers = _farthest_pair(points)
    voxel_mm3 = geometry.voxel_volume_mm3(dhw_to_ras)
    lines = _as_long(face_points, cracks)
    widest_mm = max(largest_width(points, points, line, voxel_mm3, dhw_to_ras[:3, :3].T).width_mm for line in lines)
    # A line through two centers lies inside, and none goes beyond the faces: a sheet or a bar has no other limits.
    width = min(max(widest_mm, _length(centers)), _length(cracks))
    reach = (cracks[1] - cracks[0]) / _length(cracks) * width / 2
    return SpatialDiameter(
        width_mm=width,
        cracks_mm=_length(cracks),
        centers_mm=_length(centers),
        end_points_ras_mm=cracks.mean(axis=0) + np.stack((-reach, reach)),
    )


def crack_points(mask: NDArray[np.bool_]) -> Points:
    """Return (n, 3), in array index, the mid-points between inside voxels and their outside 6-neighbors."""
    return cracks_of(true_indices(mask), mask, (0, 1, 2))


def _farthest_pair(points: Points) -> Points:
    """Return (2, 3) points that are as far apart as any; both the same for a single point.

    Two points inside a ball are no farther apart than it is wide. So only points outside the ball over a line that is
    long already can be ends of a longer one (after Malandain and Boissonnat, Int J Comput Geom Appl 2002;12:489-510).
    """
    best = _long_line(points)
    points = points[_is_far_out(points, _length(best))]
    compared = np.zeros(len(points), dtype=bool)  # with every other point
    while True:
        from_middle = np.linalg.norm(points - best.mean(axis=0), axis=1)
        outside = np.flatnonzero((from_middle > _length(best) / 2 * (1 + _SAME)) & ~compared)
        if not outside.size:
            return best
        outermost = outside[np.argsort(-from_middle[outside], kind="stable")][:_AT_ONCE]
        lengths = cdist(points[outermost], points)
        compared[outermost] = True
        first, second = np.unravel_index(int(np.argmax(lengths)), lengths.shape)
        if lengths[first, second] > _length(best):
            best = points[[outermost[first], second]]


def _as_long(points: Points, longest: Points) -> Points:
    """Return (n, 3) the steps of all lines as long as the longest one, so that none of them is preferred."""
    points = points[_is_far_out(points, _length(longest))]
    found = []
    for start in range(0, len(points), _AT_ONCE):
        lengths = cdist(points[start : start + _AT_ONCE], points[start:])
        first, second = np.nonzero(np.triu(lengths >= _length(longest) * (1 - _TIE)))
        found.append(points[start + second] - points[start + first])
    return np.concatenate(found)


def _is_far_out(points: Points, at_least_mm: float) -> NDArray[np.bool_]:
    """Return (n,) bool: which points can be an end of a line that long.

    |p - q| <= |p - middle| + |q - middle|, so a point too near to the middle can't. The nearer the middle is to that of
    the smallest ball around all points, the fewer are left; a few steps toward the farthest point bring it there.
    """
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    for step in range(8):
        middle = middle + (points[int(np.argmax(((points - middle) ** 2).sum(axis=1)))] - middle) / (20 + step)
    from_middle = np.linalg.norm(points - middle, axis=1)
    return np.asarray(from_middle + from_middle.max() >= at_least_mm * (1 - _SAME))


def _long_line(points: Points) -> Points:
    """Return (2, 3): from a point to the farthest one, and on to the farthest from there, a few times."""
    start = end = points[0]
    for _ in range(3):
        start, end = end, points[int(np.argmax(((points - end) ** 2).sum(axis=1)))]
    return np.stack((start, end))


def _length(line: Points) -> float:
    return float(np.linalg.norm(line[1] - line[0]))

"""The longest straight line inside one slice, by three estimators.

Source: definitions A (voxel centers), F (A plus half a pixel) and C (mid-points of the pixel edges between inside and
outside). A alone reads 0.1 to 0.6 mm short and C as much too long; F stays within 0.2 mm for 10 mm and more at pixels
of 0.55 mm and less.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import EmptyMaskError

Mask = NDArray[np.bool_]
Points = NDArray[np.float64]

_SAME = 1e-9  # lengths closer than this, relatively, are a tie: oblique affines add rounding noise
_STEPS = np.array([(-1, 0), (0, -1), (0, 1), (1, 0)])


class SliceDiameter(NamedTuple):
    """The longest line of one region in the slices of a stack."""

    slice_index: int
    centers_mm: float
    """A: largest distance between two voxel centers; 0.0 where a slice holds a single voxel."""
    corrected_mm: float | None
    """F: A plus half a pixel along the line; None when A is 0, since a point has no direction."""
    cracks_mm: float
    """C: largest distance between two mid-points of pixel edges that part inside from outside."""
    end_points: Points
    """(2, 2) row and column of the line to draw: from edge to edge of the two voxels of A."""
    line_mm: float
    """Length of the line to draw; F <= line_mm <= C."""


def longest_in_slices(mask: Mask, pixel_vectors_mm: Points) -> SliceDiameter:
    """Return the longest in-slice line of a mask.

    The slice is the one with the largest A. Ties: the larger F (it can differ where pixels are not square), then the
    smallest slice index, then the first pair of voxels in index order.

    Args:
        mask: (slices, rows, columns) bool.
        pixel_vectors_mm: (2, 3) steps in space from one row, and from one column, to the next.

    Raises:
        EmptyMaskError: If no voxel is True.
    """
    if not mask.any():
        msg = "longest_in_slices: the mask is empty; give a region with at least one voxel"
        raise EmptyMaskError(msg)
    best_index, best_pair, best = -1, np.zeros((2, 2)), (-1.0, -1.0)
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        pair = _farthest_pair(_row_ends(np.argwhere(mask[index])), pixel_vectors_mm)
        estimate = (_length_mm(pair, pixel_vectors_mm), float(_half_pixel(pair[1] - pair[0], pixel_vectors_mm)))
        if _is_longer(estimate, best):
            best_index, best_pair, best = int(index), pair, estimate
    section = mask[best_index]
    end_points = _line_to_draw(section, best_pair, pixel_vectors_mm)
    cracks = _farthest_pair(_row_ends(_crack_points(section)), pixel_vectors_mm)
    return SliceDiameter(
        slice_index=best_index,
        centers_mm=best[0],
        corrected_mm=sum(best) if best[0] > 0 else None,
        cracks_mm=_length_mm(cracks, pixel_vectors_mm),
        end_points=end_points,
        line_mm=_length_mm(end_points, pixel_vectors_mm),
    )


def _is_longer(new: tuple[float, float], old: tuple[float, float]) -> bool:
    if abs(new[0] - old[0]) > _SAME * max(new[0], 1.0):
        return new[0] > old[0]
    return new[1] > old[1] + _SAME


def _length_mm(pair: Points, pixel_vectors_mm: Points) -> float:
    return float(np.linalg.norm((pair[1] - pair[0]) @ pixel_vectors_mm))


def _half_pixel(steps: Points, pixel_vectors_mm: Points) -> Points:
    """Return half the pixel size along lines of (..., 2) row and column steps; 0 for no step."""
    sizes = np.linalg.norm(pixel_vectors_mm, axis=1)
    along = np.abs(steps) * sizes
    total = along.sum(axis=-1)
    return np.asarray(along @ sizes / np.where(total > 0, 2 * total, 1))


def _row_ends(points: NDArray[Any]) -> Points:
    """Keep the first and last point of every row: the ends of the longest line are always among them.

    Needs and keeps lexicographic order.
    """
    new_row = np.diff(points[:, 0]) > 0
    keep = np.concatenate(([True], new_row)) | np.concatenate((new_row, [True]))
    return points[keep].astype(np.float64)


def _farthest_pair(points: Points, pixel_vectors_mm: Points) -> Points:
    """Return (2, 2), the first pair in index order among the longest; both the same for a single point."""
    steps = points[None, :, :] - points[:, None, :]
    lengths = np.linalg.norm(steps @ pixel_vectors_mm, axis=-1)
    first, second = np.nonzero(lengths >= lengths.max() * (1 - _SAME))
    halves = _half_pixel(steps[first, second], pixel_vectors_mm)
    choice = int(np.argmax(halves >= halves.max() - _SAME))
    return points[[first[choice], second[choice]]]


def _crack_points(section: Mask) -> Points:
    """Return, in lexicographic order, the mid-points between inside pixels and their outside 4-neighbors."""
    padded = np.pad(section, 1)
    inside = np.argwhere(padded)
    found = [inside[~padded[tuple((inside + step).T)]] + step / 2 for step in _STEPS]
    points = np.concatenate(found) - 1
    return points[np.lexsort((points[:, 1], points[:, 0]))]


def _line_to_draw(section: Mask, pair: Points, pixel_vectors_mm: Points) -> Points:
    """Return the longest line between crack points of the two end pixels: the nearest ones where pixels are square."""
    padded = np.pad(section, 1)
    ends = []
    for pixel in pair.astype(int):
        outside = ~padded[tuple((pixel + 1 + _STEPS).T)]
        ends.append(pixel + _STEPS[outside] / 2)
    steps = ends[1][None, :, :] - ends[0][:, None, :]
    lengths = np.linalg.norm(steps @ pixel_vectors_mm, axis=-1)
    first, second = np.argwhere(lengths >= lengths.max() * (1 - _SAME))[0]
    return np.stack((ends[0][first], ends[1][second]))

"""The longest straight line inside one slice, by three estimators.

Source: definitions A (voxel centers), F (A plus half a pixel) and C (mid-points of the pixel edges between inside and
outside). A alone reads 0.1 to 0.6 mm short and C as much too long; F stays within 0.2 mm for 10 mm and more at pixels
of 0.55 mm and less.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from VSSegmentationLib.connected import Mask
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.measurement.extremes import cracks_of, extreme_voxels

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
    centers: Points
    """(2, 2) row and column of the two voxel centers of A."""
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
    return _longest(mask, mask, pixel_vectors_mm)


def longest_between(first: Mask, second: Mask, pixel_vectors_mm: Points) -> SliceDiameter:
    """Return the longest in-slice line with one end in each of two masks; ties as in `longest_in_slices`.

    Args:
        first: (slices, rows, columns) bool; the first end point lies in it.
        second: The same shape; the second end point lies in it.
        pixel_vectors_mm: (2, 3) steps in space from one row, and from one column, to the next.

    Raises:
        EmptyMaskError: If no slice holds voxels of both.
    """
    return _longest(first, second, pixel_vectors_mm)


def _longest(first: Mask, second: Mask, pixel_vectors_mm: Points) -> SliceDiameter:
    both = np.flatnonzero(first.any(axis=(1, 2)) & second.any(axis=(1, 2)))
    if not both.size:
        msg = "longest_in_slices: the mask is empty; give a region with at least one voxel in a slice"
        raise EmptyMaskError(msg)
    ends = _ends_of_slices(first, both)
    others = ends if first is second else _ends_of_slices(second, both)
    at_most_mm = _longest_possible_mm(ends, others, pixel_vectors_mm)
    best_index, best_pair, best = -1, np.zeros(0), (-1.0, -1.0)
    for number in np.argsort(-at_most_mm, kind="stable"):
        if at_most_mm[number] < best[0] * (1 - _SAME):
            break
        pair = _farthest_pair(ends.of_slice(number), others.of_slice(number), pixel_vectors_mm)
        estimate = (_length_mm(pair, pixel_vectors_mm), float(half_pixel_mm(pair[1] - pair[0], pixel_vectors_mm)))
        lower = int(both[number]) < best_index and not _is_longer(best, estimate)
        if lower or _is_longer(estimate, best):
            best_index, best_pair, best = int(both[number]), pair, estimate
    end_points = _line_to_draw((first[best_index], second[best_index]), best_pair, pixel_vectors_mm)
    cracks = _crack_ends(first, ends, best_index)
    other_cracks = cracks if first is second else _crack_ends(second, others, best_index)
    return SliceDiameter(
        slice_index=best_index,
        centers_mm=best[0],
        corrected_mm=sum(best) if best[0] > 0 else None,
        cracks_mm=_length_mm(_farthest_pair(cracks, other_cracks, pixel_vectors_mm), pixel_vectors_mm),
        centers=best_pair,
        end_points=end_points,
        line_mm=_length_mm(end_points, pixel_vectors_mm),
    )


class _Ends(NamedTuple):
    """The pixels of some slices among which the ends of their longest lines are, slice by slice in index order."""

    voxels: NDArray[np.intp]
    """(n, 3) slice, row and column."""
    starts: NDArray[np.intp]
    """Where each of the slices begins."""

    @property
    def points(self) -> Points:
        """(n, 2) row and column."""
        return self.voxels[:, 1:].astype(np.float64)

    def of_slice(self, number: int) -> Points:
        """Return (n, 2) row and column in one of the slices."""
        stop = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.voxels)
        return self.points[self.starts[number] : stop]


def _ends_of_slices(mask: Mask, slices: NDArray[np.intp]) -> _Ends:
    voxels = extreme_voxels(mask, in_slices=True)
    voxels = voxels[np.isin(voxels[:, 0], slices)]
    return _Ends(voxels, np.searchsorted(voxels[:, 0], slices))


def _crack_ends(mask: Mask, ends: _Ends, slice_index: int) -> Points:
    """Return (n, 2), in index order, the crack points among which the ends of the longest line of a slice are."""
    return cracks_of(ends.voxels[ends.voxels[:, 0] == slice_index], mask, (1, 2))[:, 1:]


def _longest_possible_mm(ends: _Ends, others: _Ends, pixel_vectors_mm: Points) -> Points:
    """Return, for each slice, what no line can exceed: the largest distances from the middle of its box, added."""
    ends_mm, others_mm = ends.points @ pixel_vectors_mm, others.points @ pixel_vectors_mm
    low, high = (f.reduceat(others_mm, others.starts, axis=0) for f in (np.minimum, np.maximum))
    middle = (low + high) / 2
    reach = np.zeros(len(middle))
    for points_mm, starts in ((ends_mm, ends.starts), (others_mm, others.starts)):
        counts = np.diff(starts, append=len(points_mm))
        from_middle = np.linalg.norm(points_mm - np.repeat(middle, counts, axis=0), axis=1)
        reach += np.maximum.reduceat(from_middle, starts)
    return reach


def _is_longer(new: tuple[float, float], old: tuple[float, float]) -> bool:
    if abs(new[0] - old[0]) > _SAME * max(new[0], 1.0):
        return new[0] > old[0]
    return new[1] > old[1] + _SAME


def _length_mm(pair: Points, pixel_vectors_mm: Points) -> float:
    return float(np.linalg.norm((pair[1] - pair[0]) @ pixel_vectors_mm))


def half_pixel_mm(steps: Points, pixel_vectors_mm: Points) -> Points:
    """Return half the pixel size along lines of (..., 2) row and column steps; 0 for no step."""
    sizes = np.linalg.norm(pixel_vectors_mm, axis=1)
    along = np.abs(steps) * sizes
    total = along.sum(axis=-1)
    return np.asarray(along @ sizes / np.where(total > 0, 2 * total, 1))


def _farthest_pair(ends: Points, others: Points, pixel_vectors_mm: Points) -> Points:
    """Return (2, 2), the first pair in index order among the longest; both the same for a single point."""
    lengths = cdist(ends @ pixel_vectors_mm, others @ pixel_vectors_mm)
    first, second = np.nonzero(lengths >= lengths.max() * (1 - _SAME))
    halves = half_pixel_mm(others[second] - ends[first], pixel_vectors_mm)
    choice = int(np.argmax(halves >= halves.max() - _SAME))
    return np.stack((ends[first[choice]], others[second[choice]]))


def _line_to_draw(sections: tuple[Mask, Mask], pair: Points, pixel_vectors_mm: Points) -> Points:
    """Return the longest line between crack points of the two end pixels: the nearest ones where pixels are square."""
    ends = []
    for section, pixel in zip(sections, pair.astype(int), strict=True):
        outside = ~np.pad(section, 1)[tuple((pixel + 1 + _STEPS).T)]
        ends.append(pixel + _STEPS[outside] / 2)
    steps = ends[1][None, :, :] - ends[0][:, None, :]
    lengths = np.linalg.norm(steps @ pixel_vectors_mm, axis=-1)
    first, second = np.argwhere(lengths >= lengths.max() * (1 - _SAME))[0]
    return np.stack((ends[0][first], ends[1][second]))

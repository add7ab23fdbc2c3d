"""Lines that stay inside one piece: parts of a tumor that a slice shows apart are not measured across the gap.

Two pieces of one slice may be joined on other slices only. A line from one to the other would run through what is no
tumor, and no reader would draw it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib.connected import Mask
from VSSegmentationLib.measurement.diameters import SliceDiameter, longest_between, longest_in_slices

Points = NDArray[np.float64]

_NEIGHBORS_8 = np.ones((3, 3), dtype=bool)


def longest_in_one_piece(mask: Mask, pixel_vectors_mm: Points) -> SliceDiameter:
    """Return the longest in-slice line of a mask with both ends in one connected piece (8 neighbors) of its slice.

    Args:
        mask: (slices, rows, columns) bool.
        pixel_vectors_mm: (2, 3) steps in space from one row, and from one column, to the next.

    Raises:
        EmptyMaskError: If no voxel is True.
    """
    pieces = _pieces_of(mask)
    return pieces.in_stack(longest_in_slices(pieces.masks, pixel_vectors_mm))


def longest_between_in_one_piece(
    first: Mask, second: Mask, whole: Mask, pixel_vectors_mm: Points
) -> SliceDiameter | None:
    """Return the longest in-slice line from one mask to another, both ends in one piece of the whole tumor.

    Args:
        first: (slices, rows, columns) bool; the first end point lies in it.
        second: The same shape; the second end point lies in it.
        whole: The same shape; its pieces count.
        pixel_vectors_mm: As for `longest_in_one_piece`.

    Returns:
        None where no piece of any slice holds voxels of both.
    """
    pieces = _pieces_of(whole)
    from_here, to_there = (mask[pieces.slices] & pieces.masks for mask in (first, second))
    if not (from_here.any(axis=(1, 2)) & to_there.any(axis=(1, 2))).any():
        return None
    return pieces.in_stack(longest_between(from_here, to_there, pixel_vectors_mm))


def piece_with(section: NDArray[np.bool_], points: Points) -> NDArray[np.bool_]:
    """Return the pieces of one slice that hold any of the points, so that a line across is taken where they are.

    Args:
        section: (rows, columns) bool.
        points: (n, 2) row and column, in pixels.

    Returns:
        The section itself where it holds none of the points.
    """
    numbers, count = ndimage.label(section, structure=_NEIGHBORS_8)
    if count < 2:
        return section
    pixels = np.clip(np.rint(points).astype(int), 0, np.array(section.shape) - 1)
    held = np.unique(numbers[tuple(pixels.T)])
    held = held[held > 0]
    return np.isin(numbers, held) if held.size else section


def count_pieces(section: NDArray[np.bool_]) -> int:
    """Return how many connected pieces (8 neighbors) a (rows, columns) slice shows."""
    return int(ndimage.label(section, structure=_NEIGHBORS_8)[1])


class _Pieces(NamedTuple):
    """Each piece of each slice as a slice of its own, in the order of the slices."""

    masks: Mask
    """(pieces, rows, columns) bool."""
    slices: NDArray[np.intp]
    """(pieces,) slice that each lies in."""

    def in_stack(self, found: SliceDiameter) -> SliceDiameter:
        """Return a line found in a piece as one of the slice of that piece."""
        return found._replace(slice_index=int(self.slices[found.slice_index]))


def _pieces_of(mask: Mask) -> _Pieces:
    masks, slices = [], []
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        numbers, count = ndimage.label(mask[index], structure=_NEIGHBORS_8)
        masks += [numbers == number for number in range(1, count + 1)]
        slices += [index] * count
    stacked = np.stack(masks) if masks else np.zeros((0, *mask.shape[1:]), dtype=bool)
    return _Pieces(stacked, np.array(slices, dtype=np.intp))

"""Connected pieces of a mask: voxels that share a face, an edge or a corner belong together."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]

NEIGHBORS_26 = np.ones((3, 3, 3), dtype=bool)
"""The voxel itself and the 26 round it, as `scipy.ndimage` takes a structure."""


class NumberedPieces(NamedTuple):
    """The connected pieces of a mask."""

    array: NDArray[np.int32]
    """(D, H, W) number of the piece in every voxel, from 1 in array order; 0 outside."""
    voxel_counts: NDArray[np.intp]
    """(number of pieces,) voxels of each: that of piece 1 first."""


def bounding_box(array: NDArray[Any]) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    """Return the first voxel and the one behind the last of the box that holds all that is not 0; None if nothing does.

    Args:
        array: (D, H, W) of bool, or of numbers that are not negative.
    """
    if not array.size:
        return None
    starts, stops = [0, 0, 0], list(array.shape)
    for axis in range(3):
        # Each axis looks only at what the axes before it have left.
        left = array[tuple(slice(a, b) for a, b in zip(starts, stops, strict=True))]
        filled = np.flatnonzero(left.max(axis=tuple(i for i in range(3) if i != axis)))
        if not filled.size:
            return None
        starts[axis], stops[axis] = int(filled[0]), int(filled[-1]) + 1
    return (starts[0], starts[1], starts[2]), (stops[0], stops[1], stops[2])


def number_pieces(mask: Mask) -> NumberedPieces:
    """Return the connected pieces (26 neighbors) of a (D, H, W) mask; it may be empty.

    Only the box that holds the mask is worked on: a tumor is a thousandth of a head.
    """
    array = np.zeros(mask.shape, dtype=np.int32)
    occupied = bounding_box(mask)
    if occupied is None:
        return NumberedPieces(array, np.zeros(0, dtype=np.intp))
    box = tuple(slice(first, stop) for first, stop in zip(*occupied, strict=True))
    inside = np.zeros(mask[box].shape, dtype=np.int32)
    ndimage.label(mask[box], structure=NEIGHBORS_26, output=inside)
    array[box] = inside
    return NumberedPieces(array, np.bincount(inside.ravel())[1:])


def largest_piece(mask: Mask) -> Mask:
    """Return the largest connected piece (26 neighbors), of equal ones the first in array order.

    Args:
        mask: (D, H, W) bool with at least one voxel.
    """
    pieces = number_pieces(mask)
    return np.asarray(pieces.array == pieces.voxel_counts.argmax() + 1, dtype=np.bool_)

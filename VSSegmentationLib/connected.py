"""Connected pieces of a mask: voxels that share a face, an edge or a corner belong together."""

from typing import NamedTuple

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


def number_pieces(mask: Mask) -> NumberedPieces:
    """Return the connected pieces (26 neighbors) of a (D, H, W) mask; it may be empty."""
    array = np.zeros(mask.shape, dtype=np.int32)
    ndimage.label(mask, structure=NEIGHBORS_26, output=array)
    return NumberedPieces(array, np.bincount(array.ravel())[1:])


def largest_piece(mask: Mask) -> Mask:
    """Return the largest connected piece (26 neighbors), of equal ones the first in array order.

    Args:
        mask: (D, H, W) bool with at least one voxel.
    """
    pieces = number_pieces(mask)
    return np.asarray(pieces.array == pieces.voxel_counts.argmax() + 1, dtype=np.bool_)

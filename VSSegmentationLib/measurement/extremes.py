"""The few voxels of a mask among which the ends of its longest lines are."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.connected import Mask

Indices = NDArray[np.intp]
Points = NDArray[np.float64]

Step = tuple[int, int, int]


_NEIGHBORS: list[Step] = [(d, h, w) for d, h, w in product((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)) if (d, h, w) > (0, 0, 0)]
"""One of each opposite two of the 26 neighbors."""


def true_indices(mask: Mask) -> Indices:
    """Return (n, dimensions) indices in lexicographic order: as `numpy.argwhere`, several times as quick."""
    return np.stack(np.unravel_index(np.flatnonzero(mask), mask.shape), axis=1)


def extreme_voxels(mask: Mask, *, in_slices: bool = False) -> Indices:
    """Return (n, 3) indices, in lexicographic order, of voxels that do not lie in the middle between two others.

    A voxel in the middle between two inside neighbors is no corner of the convex hull, so it is no end of a longest
    line, and neither are the mid-points of its faces: those of the other two lie in the hull as well. This holds on
    every grid, since it speaks of middles only.

    Args:
        mask: (D, H, W) bool.
        in_slices: Look at each slice (d) on its own.
    """
    padded = np.pad(mask, 1)
    between = np.zeros_like(mask)
    for d, h, w in _NEIGHBORS:
        if not (in_slices and d):
            between |= _shifted(padded, (d, h, w)) & _shifted(padded, (-d, -h, -w))
    return true_indices(mask & ~between)


def cracks_of(voxels: Indices, mask: Mask, axes: tuple[int, ...]) -> Points:
    """Return (n, 3), in lexicographic order, the mid-points between inside voxels and their outside neighbors.

    Args:
        voxels: (m, 3) indices of inside voxels.
        mask: (D, H, W) bool.
        axes: Along which neighbors count: (0, 1, 2) in space, (1, 2) in a slice.
    """
    padded = np.pad(mask, 1)
    found = []
    for axis in axes:
        for sign in (-1, 1):
            step = sign * (np.arange(3) == axis)
            outside = ~padded[tuple((voxels + 1 + step).T)]
            found.append(voxels[outside] + step / 2)
    points = np.concatenate(found)
    return points[np.lexsort(points.T[::-1])]


def _shifted(padded: Mask, step: Step) -> Mask:
    """Return, for each voxel of the mask without its padding, the neighbor at a step."""
    d, h, w = (slice(1 + s, n - 1 + s) for s, n in zip(step, padded.shape, strict=True))
    return padded[d, h, w]

"""Where in a head the voxels of a drawn region lie: turned, stretched, mirrored."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float32]
"""(3, D, H, W): for each voxel of a region its place in the head, in mm, which is the index of the head's 1 mm grid."""

MIRROR = np.diag([1.0, 1.0, -1.0])
"""Swaps right and left."""

_Float = TypeVar("_Float", np.float32, np.float64)


def draw_matrix(rng: np.random.Generator, rotation_deg: float, scale: float) -> NDArray[np.float64]:
    """Return a (3, 3) matrix from the region to the head: turned about all three axes, then stretched along each."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(rng.uniform(-rotation_deg, rotation_deg, 3))):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        matrix = matrix @ turn
    return np.asarray(matrix / rng.uniform(1 - scale, 1 + scale, 3))


def nearest_voxel(places: Places, point: NDArray[_Float]) -> NDArray[np.int64]:
    """Return the index of the voxel of the region whose place is nearest to a point of the head, in mm."""
    away = ((places - point[:, None, None, None]) ** 2).sum(axis=0)
    return np.array(np.unravel_index(int(np.argmin(away)), places.shape[1:]), dtype=np.int64)

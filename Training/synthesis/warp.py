"""Where in a head the voxels of a drawn region lie: turned, stretched, mirrored."""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Places = NDArray[np.float32]
"""(3, D, H, W): for each voxel of a region its place in the head, in mm, which is the index of the head's 1 mm grid."""

MIRROR = np.diag([1.0, 1.0, -1.0])
"""Swaps right and left."""

_Float = TypeVar("_Float", np.float32, np.float64)


Degrees = tuple[float, float, float]
"""Turns about D, H and W: yaw, roll and pitch."""


def turn_matrix(degrees_dhw: Degrees) -> NDArray[np.float64]:
    """Return the (3, 3) rotation by these angles about D (yaw), H (roll) and W (pitch), the last first."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees_dhw)):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        matrix = matrix @ turn
    return matrix


def draw_matrix(rng: np.random.Generator, rotation_deg: float | Degrees, scale: float) -> NDArray[np.float64]:
    """Return a (3, 3) matrix from the region to the head: turned about all three axes, then stretched along each.

    `rotation_deg` is the largest turn about each axis, or about D, H and W.
    """
    most = np.broadcast_to(rotation_deg, 3)
    yaw, roll, pitch = rng.uniform(-most, most).tolist()
    return np.asarray(turn_matrix((yaw, roll, pitch)) / rng.uniform(1 - scale, 1 + scale, 3))


class Turned(NamedTuple):
    """A part of a fine tissue map, turned; index 0 is at 0 mm again."""

    tissues: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    """(3, 3): from a place in the turned part to one in the whole, both in voxels."""
    offset: NDArray[np.float64]

    def place_of(self, points: NDArray[np.float64], spacing_mm: float) -> NDArray[np.float64]:
        """Return where points (..., 3) of the whole, in mm, lie in the turned part, in mm."""
        back = np.linalg.inv(self.matrix)
        return np.asarray((points / spacing_mm - self.offset) @ back.T * spacing_mm)


def turned(
    tissues: NDArray[np.uint8], degrees_dhw: Degrees, center: NDArray[np.float64], shape: tuple[int, int, int]
) -> Turned:
    """Return a part of a tissue map, turned about a voxel of it that comes to lie in the part's middle.

    The nearest voxel's tissue is taken; beyond the map its border repeats. Landmarks follow by `place_of`.
    """
    matrix = turn_matrix(degrees_dhw)
    offset = center - matrix @ ((np.array(shape) - 1) / 2)
    if np.allclose(matrix, np.eye(3)):
        offset = np.round(offset)
        sizes = zip(shape, offset, tissues.shape, strict=True)
        index = [np.clip(np.arange(n) + int(o), 0, top - 1) for n, o, top in sizes]
        return Turned(np.ascontiguousarray(tissues[np.ix_(*index)]), matrix, offset)
    part = ndimage.affine_transform(tissues, matrix, offset, output_shape=shape, order=0, mode="nearest")
    return Turned(part, matrix, offset)


def nearest_voxel(places: Places, point: NDArray[_Float]) -> NDArray[np.int64]:
    """Return the index of the voxel of the region whose place is nearest to a point of the head, in mm."""
    away = ((places - point[:, None, None, None]) ** 2).sum(axis=0)
    return np.array(np.unravel_index(int(np.argmin(away)), places.shape[1:]), dtype=np.int64)

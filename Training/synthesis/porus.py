"""Where the canal opens, as the image shows it: the plane through the lips of the bone round it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.ear import Ear
from Training.synthesis.shapes import Point
from Training.synthesis.tissues import Tissue

_HARD = np.zeros(256, dtype=np.bool_)
_HARD[[Tissue.BONE, Tissue.MARROW, Tissue.MASTOID, Tissue.AIR, Tissue.LABYRINTH, Tissue.COCHLEA]] = True
_ANGLES = 32
_BESIDE_MM = (0.8, 1.4, 2.0)
"""How far outside the canal's wall the bone is looked for: the lip is rounded, and one circle may run in a groove."""
_ALONG_MM = np.arange(-7.0, 5.01, 0.25)
_WALL_MM = 1.5
"""So far a wall has to go on to be one, and not a spicule."""
_LEAST_LIPS = 12
_OFF_MM = 1.5
"""Lips farther from the plane than this are left out of the second fit: a vessel's groove, a missing wall."""
_STEEPEST = np.tan(np.radians(40.0))


class PorusPlane(NamedTuple):
    """The opening of a canal; (D, H, W) in mm."""

    origin: Point
    normal: Point
    """Unit vector into the canal."""


def porus_plane(tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear, widen: float = 1.0) -> PorusPlane | None:
    """Return the plane through the lips of a carved canal; None where too little bone is round it.

    On lines beside the canal's wall, parallel to its axis, the lip is where bone begins. The plane is fitted to the
    lips by least squares, twice, the second time without those that are far off. So it is what a reader sees, whatever
    the canal was drawn with; a tumor that has eroded the lips moves it.

    Args:
        tissues: (D, H, W) `Tissue` values.
        spacing_mm: Voxel size.
        ear: Whose canal was carved.
        widen: How much wider a tumor has made it.
    """
    first, second = _across(ear.axis)
    angles = np.arange(_ANGLES) * 2 * np.pi / _ANGLES
    around = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second  # (angles, 3)
    lips: list[NDArray[np.float64]] = []
    for beside in _BESIDE_MM:
        radius = widen * ear.radius_mm + beside
        along = ear.porus + _ALONG_MM[:, None] * ear.axis  # (steps, 3)
        hard = _HARD[_nearest(tissues, (along[None] + radius * around[:, None]) / spacing_mm)]
        for number, start in enumerate(_first_wall(hard)):
            if start is not None:
                lips.append(np.array([start, *(radius * np.array([np.cos(angles[number]), np.sin(angles[number])]))]))
    if len(lips) < _LEAST_LIPS:
        return None
    height, slopes = _fitted(np.stack(lips))
    normal = ear.axis - slopes[0] * first - slopes[1] * second
    return PorusPlane(ear.porus + height * ear.axis, normal / np.linalg.norm(normal))


def _nearest(tissues: NDArray[np.uint8], places: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the tissue of the voxel nearest to each place (..., 3); beyond the region its border goes on."""
    index = np.clip(np.round(places), 0, np.array(tissues.shape) - 1).astype(int)
    return np.asarray(tissues[tuple(np.moveaxis(index, -1, 0))])


def _across(axis: Point) -> tuple[Point, Point]:
    first = np.cross(axis, [1.0, 0.0, 0.0])  # the axis runs outward, never straight up
    first /= np.linalg.norm(first)
    return first, np.cross(axis, first)


def _first_wall(hard: NDArray[np.bool_]) -> list[float | None]:
    """Return, for each line, how far along the axis bone begins and goes on; None where it does not, or always did."""
    steps = round(_WALL_MM / float(_ALONG_MM[1] - _ALONG_MM[0]))
    shifted = [hard[:, n : hard.shape[1] - steps + n] for n in range(steps + 1)]
    running: NDArray[np.bool_] = np.logical_and.reduce(shifted)
    return [float(_ALONG_MM[line.argmax()]) if line.any() and not line[0] else None for line in running]


def _fitted(lips: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return height and slopes of the plane through (n, 3) lips: along the axis, and the two directions across it."""
    kept = np.abs(lips[:, 0] - np.median(lips[:, 0])) <= 2 * _OFF_MM
    for _ in range(2):
        terms = np.stack([np.ones(kept.sum()), lips[kept, 1], lips[kept, 2]], axis=1)
        (height, *slopes), *_ = np.linalg.lstsq(terms, lips[kept, 0], rcond=None)
        off = np.abs(lips[:, 0] - height - lips[:, 1:] @ np.array(slopes))
        kept = off <= max(_OFF_MM, float(np.median(off)))
    steepness = float(np.linalg.norm(slopes))
    return float(height), np.array(slopes) * min(1.0, _STEEPEST / max(steepness, 1e-9))

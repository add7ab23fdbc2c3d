"""Where the canal opens, as the image shows it: the plane through the lips of the bone round it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.ear import Ear
from Training.synthesis.shapes import Point
from Training.synthesis.tissues import HARD

_HARD = np.zeros(256, dtype=np.bool_)
_HARD[list(HARD)] = True
_ANGLES = 32
_BESIDE_MM = (0.8, 1.4, 2.0)
"""How far outside the canal's wall the bone is looked for: the lip is rounded, and one circle may run in a groove."""
_ALONG_MM = np.arange(-11.0, 8.01, 0.25)
_WALL_MM = 1.5
"""So far a wall has to go on to be one, and not a spicule."""
_LEAST_LIPS = 12
_OFF_MM = 1.5
"""Lips farther from the plane than this are left out of the next fit: a vessel's groove, a missing wall."""
_STEEPEST = np.tan(np.radians(60.0))
"""The anterior lip lies 5 to 6 mm medial of the posterior one: the plane leans by about 45 degrees."""


class PorusPlane(NamedTuple):
    """The opening of a canal; (D, H, W) in mm."""

    origin: Point
    normal: Point
    """Unit vector into the canal."""


def porus_plane(tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear, widen: float = 1.0) -> PorusPlane | None:
    """Return the plane through the lips of a carved canal; None where too little bone is round it.

    On lines beside the canal's wall, parallel to its axis, the lip is where bone begins. The plane is fitted to the
    lips by least squares, again and again without those that are far off. So it is what a reader sees, whatever the
    canal was drawn with; a tumor that has eroded the lips moves it. It is oblique, as the anterior lip lies medial of
    the posterior one: the line that a radiologist draws from lip to lip, and takes extrameatal diameters from.

    Args:
        tissues: (D, H, W) `Tissue` values.
        spacing_mm: Voxel size.
        ear: Whose canal was carved.
        widen: How much wider a tumor has made it.
    """
    first, second = ear.frame[:, 1:].T
    angles = np.arange(_ANGLES) * 2 * np.pi / _ANGLES
    lips: list[NDArray[np.float64]] = []
    half = ear.half_widths(np.zeros(1), widen)[0]
    for beside in _BESIDE_MM:
        across = (half + beside) * np.stack([np.cos(angles), np.sin(angles)], axis=1)  # (angles, 2)
        along = ear.porus + _ALONG_MM[:, None] * ear.axis  # (steps, 3)
        hard = _HARD[_nearest(tissues, (along[None] + (across @ np.stack([first, second]))[:, None]) / spacing_mm)]
        for number, start in enumerate(_first_wall(hard)):
            if start is not None:
                lips.append(np.array([start, *across[number]]))
    if len(lips) < _LEAST_LIPS:
        return None
    height, slopes = _fitted(np.stack(lips))
    normal = ear.axis - slopes[0] * first - slopes[1] * second
    return PorusPlane(ear.porus + height * ear.axis, normal / np.linalg.norm(normal))


def _nearest(tissues: NDArray[np.uint8], places: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the tissue of the voxel nearest to each place (..., 3); beyond the region its border goes on."""
    index = np.clip(np.round(places), 0, np.array(tissues.shape) - 1).astype(int)
    return np.asarray(tissues[tuple(np.moveaxis(index, -1, 0))])


def _first_wall(hard: NDArray[np.bool_]) -> list[float | None]:
    """Return, for each line, how far along the axis bone begins and goes on; None where it does not, or always did."""
    steps = round(_WALL_MM / float(_ALONG_MM[1] - _ALONG_MM[0]))
    shifted = [hard[:, n : hard.shape[1] - steps + n] for n in range(steps + 1)]
    running: NDArray[np.bool_] = np.logical_and.reduce(shifted)
    return [float(_ALONG_MM[line.argmax()]) if line.any() and not line[0] else None for line in running]


def _fitted(lips: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return height and slopes of the plane through (n, 3) lips: along the axis, and the two directions across it."""
    kept = np.ones(len(lips), dtype=np.bool_)
    for _ in range(4):
        terms = np.stack([np.ones(kept.sum()), lips[kept, 1], lips[kept, 2]], axis=1)
        (height, *slopes), *_ = np.linalg.lstsq(terms, lips[kept, 0], rcond=None)
        off = np.abs(lips[:, 0] - height - lips[:, 1:] @ np.array(slopes))
        kept = off <= max(_OFF_MM, float(np.median(off)))
    steepness = float(np.linalg.norm(slopes))
    return float(height), np.array(slopes) * min(1.0, _STEEPEST / max(steepness, 1e-9))


def lips_of(tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear) -> NDArray[np.float64] | None:
    """Return (2, 3) anterior and posterior lip in mm, on the axial level of the axis; None where one has no bone.

    Args:
        tissues: (D, H, W) `Tissue` values with a carved canal.
        spacing_mm: Voxel size.
        ear: Whose canal it is.
    """
    front = ear.frame[:, 1]
    half = ear.half_widths(np.zeros(1))[0, 0] + _BESIDE_MM[0]
    lips = []
    for way in (1.0, -1.0):
        places = ear.porus + _ALONG_MM[:, None] * ear.axis + way * half * front
        start = _first_wall(_HARD[_nearest(tissues, places / spacing_mm)][None])[0]
        if start is None:
            return None
        lips.append(ear.porus + start * ear.axis + way * half * front)
    found = np.stack(lips)
    found[:, 0] = found[:, 0].mean()
    return found

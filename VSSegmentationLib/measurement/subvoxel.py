"""How wide a body is, from the voxels inside it, without the shortfall that voxels bring.

The outermost voxel center inside a body lies a little below its surface: along a direction n by a depth d, where the
cap of that depth holds no center. Centers fill space evenly, so the chance of an empty cap is exp(-size of the cap /
size of a cell), and the mean depth follows from the radii r of the surface where it meets n. In space a cap has the
volume pi d^2 sqrt(r1 r2), so the mean is sqrt(cell / sqrt(r1 r2)) / 2. In a plane it has the area 4/3 sqrt(2 r) d^1.5,
so the mean is gamma(5/3) (3 cell / (4 sqrt(2 r)))^(2/3). The radii come from the support function h itself: they are
the eigenvalues of its second derivatives plus h (Schneider, Convex Bodies: The Brunn-Minkowski Theory, section 2.5).

Widths in many directions round that of the longest line are made whole in this way and fitted by a parabola; its top is
the diameter. So no single voxel decides, and of directions that fit a round body equally well none is preferred.
"""

from math import gamma, radians
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_CONE_RAD = radians(35.0)
"""So far from the longest line widths are looked at: wide enough to average over voxels on round bodies, and narrow
enough for a parabola on long ones."""
_IN_PLANE = 31
_RINGS, _SPOKES = 5, 8
"""Of directions: in a plane; and in space, for each axis of the grid."""
_SEEN = 1e-6
_STILL_RAD = 1e-3
_EVENLY = 0.85
"""In a plane centers lie more evenly than by chance, so the outermost one lies nearer, by 0.81 to 0.88 on discs of 2 to
8 pixels radius. In space the chance is right: by 0.94 to 1.15 for voxels from 1 mm to 0.4 x 0.4 x 1.5 mm."""
_ROUNDS = 3
_FLAT = 0.02
"""Of the diameter: the width falls off at least so much per radian squared, or the top of a round body has no place."""
_AT_MOST = 0.6
"""Of the cone: the direction moves no farther in one round."""


class Width(NamedTuple):
    """The largest width of a body."""

    width_mm: float
    direction: Points
    """(k,) unit vector along it."""


Fan = tuple[Points, Points]
"""(n, k - 1) angles from a middle direction, and the (m, n) least squares that fit a parabola to values there."""


def largest_width(points_mm: Points, others_mm: Points, direction: Points, cell: float, axes: Points) -> Width:
    """Return the largest distance between two parallel planes (lines) that touch a body, near a direction.

    Args:
        points_mm: (n, k) voxel centers inside, k 2 or 3; the end toward the direction is looked for among them.
        others_mm: (m, k) the same for the other end; the same points where one body holds both.
        direction: (k,) along the longest line from the others to the points, of any length but zero.
        cell: Volume (area) that belongs to one center, in mm3 (mm2).
        axes: (k, k) steps along the axes of the grid of centers. Directions are laid out from each of them, so that the
            order and the signs in which a grid is stored change nothing.

    Source: as the module says; how well it holds is measured by `benchmarks/diameter_accuracy.py`.
    """
    middle = (points_mm.mean(axis=0) + others_mm.mean(axis=0)) / 2
    ends = (points_mm - middle, middle - others_mm)
    direction = direction / np.linalg.norm(direction)
    width = 0.0
    for _ in range(_ROUNDS):
        frame = _frame(direction)
        offsets, solve = _fan(frame, axes)
        toward = _toward(direction, frame, offsets)
        fits = [_whole_support((end @ toward.T).max(axis=0), solve, cell) for end in ends]
        width, move = _top(fits[0] + fits[1], len(direction) - 1)
        direction = _toward(direction, frame, move[None, :])[0]
        if float(np.linalg.norm(move)) < _STILL_RAD:
            break
    return Width(width, direction)


def _fan(frame: Points, axes: Points) -> Fan:
    """Return directions round a middle one, alike to both sides of what each axis of the grid shows of itself."""
    if len(frame) == 1:
        offsets = np.linspace(-_CONE_RAD, _CONE_RAD, _IN_PLANE)[:, None]
    else:
        seen = axes @ frame.T
        lengths = np.linalg.norm(seen, axis=1)
        turns = [
            np.arctan2(y, x) for (x, y), seen_mm in zip(seen, lengths, strict=True) if seen_mm > _SEEN * lengths.max()
        ]
        angles = _CONE_RAD * np.sqrt((np.arange(_RINGS) + 0.5) / _RINGS)
        spokes = np.add.outer(turns, (np.arange(_SPOKES) + 0.5) * 2 * np.pi / _SPOKES).ravel()
        offsets = np.stack((np.outer(angles, np.cos(spokes)).ravel(), np.outer(angles, np.sin(spokes)).ravel()), axis=1)
    first, second = np.triu_indices(len(frame))
    terms = np.concatenate((np.ones((len(offsets), 1)), offsets, offsets[:, first] * offsets[:, second]), axis=1)
    solve: Points = np.asarray(np.linalg.pinv(terms), dtype=np.float64)
    return np.asarray(offsets), solve


def _frame(direction: Points) -> Points:
    """Return (k - 1, k) unit vectors at right angles to a direction."""
    others = np.linalg.svd(direction[None, :])[2][1:]
    return np.asarray(others)


def _toward(direction: Points, frame: Points, offsets: Points) -> Points:
    """Return (n, k) unit vectors that lie (n, k - 1) angles from a direction."""
    angles = np.linalg.norm(offsets, axis=1, keepdims=True)
    return np.asarray(np.cos(angles) * direction + np.sinc(angles / np.pi) * (offsets @ frame))


def _whole_support(support_mm: Points, solve: Points, cell: float) -> Points:
    """Return (m,) the fit of a support function, given by its outermost centers, with their mean depth added."""
    fit = solve @ support_mm
    size = {3: 1, 6: 2}[len(solve)]
    for _ in range(3):
        radii = np.linalg.eigvalsh(_second_derivatives(fit, size) + fit[0] * np.eye(size))
        least = 0.5 * cell ** (1 / (size + 1))  # a corner has no radius, and no voxel shows one below its own
        fit = solve @ (support_mm + _mean_depth_mm(np.maximum(radii, least), cell))
    return np.asarray(fit)


def _mean_depth_mm(radii_mm: Points, cell: float) -> float:
    if len(radii_mm) == 2:
        return 0.5 * float(np.sqrt(cell / np.sqrt(radii_mm.prod())))
    return float(_EVENLY * gamma(5 / 3) * (3 * cell / (4 * np.sqrt(2 * radii_mm[0]))) ** (2 / 3))


def _second_derivatives(fit: Points, size: int) -> Points:
    matrix = np.zeros((size, size))
    for number, (row, column) in enumerate(zip(*np.triu_indices(size), strict=True)):
        matrix[row, column] += fit[1 + size + number]
        matrix[column, row] += fit[1 + size + number]
    return matrix


def _top(fit: Points, size: int) -> tuple[float, Points]:
    """Return the largest value of a fitted width, and how far from the middle direction it lies."""
    falls, axes = np.linalg.eigh(_second_derivatives(fit, size))
    falls = np.minimum(falls, -_FLAT * fit[0])
    slope = axes.T @ fit[1 : 1 + size]
    move = axes @ (-slope / falls)
    far = float(np.linalg.norm(move))
    move = move * min(1.0, _AT_MOST * _CONE_RAD / max(far, 1e-9))
    along = axes.T @ move
    return float(fit[0] + slope @ along + (falls * along**2).sum() / 2), np.asarray(move)

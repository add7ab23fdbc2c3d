"""Solids as signed distances in mm (negative inside), and stamping them into a tissue map.

A solid is a function of three broadcastable coordinate arrays (d, h, w) in mm; it comes with a box outside of which it
is known to be positive, so that stamping touches few voxels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Point = NDArray[np.float64]
Distance = Callable[[Array, Array, Array], Array]


@dataclass(frozen=True)
class Solid:
    """A signed distance and the box that holds every point of its inside."""

    distance: Distance
    low: Point
    high: Point


class Window(NamedTuple):
    """The part of a grid that a solid can touch, and the coordinates of its voxels in mm."""

    voxels: tuple[slice, slice, slice]
    coordinates: tuple[Array, Array, Array]


def window_of(solid: Solid, shape: Sequence[int], spacing_mm: float, margin_mm: float = 1.0) -> Window | None:
    """Return the voxels within `margin_mm` of the solid's box, or None when it lies outside the grid."""
    index, coordinates = [], []
    for axis, n in enumerate(shape):
        a = max(0, int(np.floor((solid.low[axis] - margin_mm) / spacing_mm)))
        b = min(n, int(np.ceil((solid.high[axis] + margin_mm) / spacing_mm)) + 1)
        if a >= b:
            return None
        index.append(slice(a, b))
        one = [1, 1, 1]
        one[axis] = b - a
        coordinates.append((np.arange(a, b, dtype=np.float32) * np.float32(spacing_mm)).reshape(one))
    return Window((index[0], index[1], index[2]), (coordinates[0], coordinates[1], coordinates[2]))


def stamp(
    tissues: NDArray[np.uint8], spacing_mm: float, solid: Solid, tissue: int, only_over: Sequence[int] | None = None
) -> None:
    """Turn the inside of the solid into `tissue`, in place; `only_over` keeps everything but those tissues."""
    window = window_of(solid, tissues.shape, spacing_mm)
    if window is None:
        return
    inside = solid.distance(*window.coordinates) < 0
    region = tissues[window.voxels]
    if only_over is not None:
        inside &= _lookup(only_over)[region]
    region[inside] = tissue


def _lookup(tissues: Sequence[int]) -> NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[list(tissues)] = True
    return table


def ellipsoid(center: Point, radii: Sequence[float] | Point, rotation: NDArray[np.float64] | None = None) -> Solid:
    """Return an ellipsoid; columns of `rotation` are its axes. The distance is exact on its surface, scaled off it."""
    r = np.asarray(radii, dtype=np.float64)
    axes = (np.eye(3) if rotation is None else rotation) / r
    mean = np.float32(r.min())
    reach = float(r.max())

    def distance(d: Array, h: Array, w: Array) -> Array:
        x, y, z = d - np.float32(center[0]), h - np.float32(center[1]), w - np.float32(center[2])
        total = np.float32(0)
        for column in axes.T.astype(np.float32):
            total = total + (column[0] * x + column[1] * y + column[2] * z) ** 2
        return np.asarray((np.sqrt(total) - 1) * mean, dtype=np.float32)

    return Solid(distance, center - reach, center + reach)


def tube(points: NDArray[np.float64], radii: Sequence[float] | float) -> Solid:
    """Return a tube of rounded segments through (N, 3) points, its radius linear between them."""
    r = np.broadcast_to(np.asarray(radii, dtype=np.float64), (len(points),))
    reach = float(r.max())

    def distance(d: Array, h: Array, w: Array) -> Array:
        best: Array | None = None
        for a, b, ra, rb in zip(points[:-1], points[1:], r[:-1], r[1:], strict=True):
            ab = (b - a).astype(np.float32)
            length2 = np.float32(max(float(ab @ ab), 1e-6))
            x, y, z = d - np.float32(a[0]), h - np.float32(a[1]), w - np.float32(a[2])
            t = np.clip((x * ab[0] + y * ab[1] + z * ab[2]) / length2, 0, 1)
            away = np.sqrt((x - t * ab[0]) ** 2 + (y - t * ab[1]) ** 2 + (z - t * ab[2]) ** 2)
            away = away - (np.float32(ra) + t * np.float32(rb - ra))
            best = away if best is None else np.minimum(best, away)
        if best is None:
            msg = f"a tube needs at least two points, got {len(points)}"
            raise ValueError(msg)
        return best

    return Solid(distance, points.min(axis=0) - reach, points.max(axis=0) + reach)


def ring(center: Point, normal: Point, radius: float, thickness: float, arc: float = 2 * np.pi) -> Solid:
    """Return part of a torus: a tube of radius `thickness` along an arc of the circle with this center and normal."""
    normal = normal / np.linalg.norm(normal)
    helper = np.array([1.0, 0, 0]) if abs(normal[0]) < 0.9 else np.array([0, 1.0, 0])
    e1 = np.cross(normal, helper)
    e1 /= np.linalg.norm(e1)
    e2 = np.cross(normal, e1)
    angles = np.linspace(0, arc, 15)
    points = center + radius * (np.cos(angles)[:, None] * e1 + np.sin(angles)[:, None] * e2)
    return tube(points, thickness)


def spiral(center: Point, axis: Point, turns: float, radii: tuple[float, float], height: float) -> NDArray[np.float64]:
    """Return points of a conical helix, from its wide base at `center` to its apex along `axis`."""
    axis = axis / np.linalg.norm(axis)
    helper = np.array([1.0, 0, 0]) if abs(axis[0]) < 0.9 else np.array([0, 1.0, 0])
    e1 = np.cross(axis, helper)
    e1 /= np.linalg.norm(e1)
    e2 = np.cross(axis, e1)
    s = np.linspace(0, 1, int(12 * turns))
    angle = 2 * np.pi * turns * s
    radius = radii[0] + (radii[1] - radii[0]) * s
    around = np.cos(angle)[:, None] * e1 + np.sin(angle)[:, None] * e2
    return np.asarray(center + radius[:, None] * around + (height * s)[:, None] * axis)


def union(*solids: Solid, smooth_mm: float = 0.0) -> Solid:
    """Return the union; with `smooth_mm` the crease between them is filled (polynomial smooth minimum)."""

    def distance(d: Array, h: Array, w: Array) -> Array:
        result = solids[0].distance(d, h, w)
        for solid in solids[1:]:
            other = solid.distance(d, h, w)
            if smooth_mm > 0:
                k = np.float32(smooth_mm)
                blend = np.maximum(k - np.abs(result - other), 0) / k
                result = np.minimum(result, other)
                result -= blend * blend * k / 4
            else:
                result = np.minimum(result, other)
        return result

    low = np.stack([s.low for s in solids]).min(axis=0) - smooth_mm
    high = np.stack([s.high for s in solids]).max(axis=0) + smooth_mm
    return Solid(distance, low, high)

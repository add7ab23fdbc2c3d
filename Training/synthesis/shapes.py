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


def arc(center: Point, first: Point, middle: Point, radius: float, angle: float) -> NDArray[np.float64]:
    """Return points of an arc of `angle` round `center` in the plane of two unit vectors at right angles.

    Its middle lies toward `middle`, its beginning on the side of `first`.
    """
    angles = np.linspace(-angle / 2, angle / 2, 17)
    return np.asarray(center + radius * (np.cos(angles)[:, None] * middle - np.sin(angles)[:, None] * first))


class Profile(NamedTuple):
    """Half widths of a duct at places along its axis, all in mm."""

    along: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]


def duct(origin: Point, frame: NDArray[np.float64], profile: Profile) -> Solid:
    """Return a straight duct of elliptic section; exact on its surface near the middle of a wall, scaled off it.

    Args:
        origin: Where `profile.along` is 0.
        frame: (3, 3), columns: the axis, and the directions of the first and the second half width.
        profile: At least two places.
    """
    start, stop = float(profile.along[0]), float(profile.along[-1])
    reach = float(max(profile.first.max(), profile.second.max()))
    ends = origin + np.array([[start], [stop]]) * frame[:, 0]
    a, f, s = frame.T.astype(np.float32)

    def distance(d: Array, h: Array, w: Array) -> Array:
        x, y, z = d - np.float32(origin[0]), h - np.float32(origin[1]), w - np.float32(origin[2])
        t = x * a[0] + y * a[1] + z * a[2]
        one, two = (np.interp(t, profile.along, half).astype(np.float32) for half in (profile.first, profile.second))
        p, q = (x * f[0] + y * f[1] + z * f[2]) / one, (x * s[0] + y * s[1] + z * s[2]) / two
        across = np.sqrt(p**2 + q**2)
        # Off the surface the distance along the ray from the axis, so that a flat ellipse is not taken for near.
        mean = np.sqrt((p * one) ** 2 + (q * two) ** 2 + np.float32(1e-8)) / np.maximum(across, np.float32(1e-4))
        wall = (across - 1) * mean
        past = np.maximum(np.float32(start) - t, t - np.float32(stop))
        return np.asarray(np.where(past > 0, np.hypot(np.maximum(wall, 0), past), wall), dtype=np.float32)

    return Solid(distance, ends.min(axis=0) - reach, ends.max(axis=0) + reach)


def both(solid: Solid, *others: Distance) -> Solid:
    """Return what lies inside a solid and inside all others, which may be without end."""

    def distance(d: Array, h: Array, w: Array) -> Array:
        result = solid.distance(d, h, w)
        for other in others:
            result = np.maximum(result, other(d, h, w))
        return np.asarray(result)

    return Solid(distance, solid.low, solid.high)


def beyond(origin: Point, normal: Point) -> Distance:
    """Return the half space that a unit normal points into."""
    o, n = origin.astype(np.float32), normal.astype(np.float32)
    return lambda d, h, w: np.asarray(-((d - o[0]) * n[0] + (h - o[1]) * n[1] + (w - o[2]) * n[2]))


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

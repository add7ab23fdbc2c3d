"""Measuring an ear as papers do: bone to bone, the canal cut by the oblique plane of both lips, circles through canals.

The same procedure takes a tissue map and a segmented image. Arrays are (D, H, W), D to superior, H to anterior, W to
*lateral* (a left ear is mirrored); lengths in mm.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.labyrinth import closed_by

Mask = NDArray[np.bool_]
Vector = NDArray[np.float64]
_NERVES_MM = 0.6
"""Nerves and vessels in the fluid are closed by this: papers measure bone to bone."""
COCHLEA_CLOSED_MM = 1.2
_LEEWAY_MM, _HIGH_MM = 0.5, 4.5
_INSIDE_MM = 0.5
"""How far inside the plane of the lips the porus is measured: on the plane, bone of the lips is in the way."""
_NORMALS = np.array([[0.35, -0.7, 0.7], [0.1, 0.7, 0.7], [0.94, -0.32, -0.04]])
"""Of superior, posterior and lateral canal, to begin fitting with."""
_FROM_VESTIBULE = np.array([[3.5, -0.3, 0.3], [0.4, -3.4, 0.6], [0.2, -1.0, 1.7]])
"""Middle of their circles, to begin with."""


class EarParts(NamedTuple):
    """One ear on an isotropic grid of at most 0.25 mm."""

    spacing_mm: float
    fluid: Mask
    """What lies between bone and bone in canal and cistern; on an image, the bright of it."""
    canal_seed: Vector
    """A point (D, H, W) in mm within the canal, deep in bone."""
    lips: NDArray[np.float64]
    """(2, 3) anterior and posterior lip of the porus, mm, on one axial slice."""
    cochlea: Mask
    labyrinth: Mask
    """Vestibule and semicircular canals."""


def measure(parts: EarParts) -> dict[str, float]:
    """Return all sizes and places of an ear, in mm and mm3; the keys are rows of the table."""
    mm = parts.spacing_mm
    canal, plane = _canal(parts)
    tip, axis, porus = _axis(canal, plane, mm)
    length = float((tip - porus) @ axis)
    sizes = {"length": length}
    front = np.array([0.0, axis[2], -axis[1]])
    front *= np.sign(front[1]) / np.linalg.norm(front)
    middle = porus + 0.5 * length * axis
    up = np.array([1.0, 0, 0])
    sizes["mid AP"], sizes["mid CC"] = (_width(canal, middle, way, mm) for way in (front, up))
    along_face = _unit(parts.lips[0] - parts.lips[1])
    sizes["porus AP"] = _width(parts.fluid, porus + _INSIDE_MM * plane[1], along_face, mm)
    sizes["porus CC"] = _height(parts.fluid, porus, axis, 0.5 * length, mm)
    sizes["lips apart along the axis"] = -sizes["porus AP"] * float(along_face @ axis)
    sizes["canal volume"] = float(canal.sum()) * mm**3
    sizes |= _cochlea(parts, canal, tip)
    return sizes | _labyrinth(parts, canal, tip)


def _canal(parts: EarParts) -> tuple[Mask, tuple[Vector, Vector]]:
    """Return the filled canal lateral of the vertical plane through both lips, and that plane (point, normal)."""
    mm = parts.spacing_mm
    along = parts.lips[0] - parts.lips[1]
    normal = _unit(np.array([0.0, -along[2], along[1]]))
    normal *= np.sign(normal[2])
    point = parts.lips.mean(axis=0)
    grid = np.ogrid[tuple(slice(n) for n in parts.fluid.shape)]
    depth = sum((g * mm - p) * n for g, p, n in zip(grid, point, normal, strict=True))
    axis = _unit(parts.canal_seed - point)
    # Within a corridor from the opening along the axis: the cistern may bulge past the plane beside it.
    into = depth / (axis @ normal)
    rest = [g * mm - p - into * a for g, p, a in zip(grid, point, axis, strict=True)]
    beside = sum(r * f for r, f in zip(rest, _unit(along), strict=True))
    near = (np.abs(beside) < np.linalg.norm(along) / 2 + _LEEWAY_MM) & (np.abs(rest[0]) < _HIGH_MM) & (depth > 0)
    around = (np.abs(beside) < np.linalg.norm(along) / 2 + _LEEWAY_MM + 1) & (np.abs(rest[0]) < _HIGH_MM + 1)
    fluid = parts.fluid & ~parts.cochlea & ~parts.labyrinth & around & (depth > -2)
    window = _window(fluid, round(2 * _NERVES_MM / mm))
    filled = np.zeros_like(fluid)
    filled[window] = closed_by(fluid[window], mm, _NERVES_MM)
    pieces, _ = ndimage.label(filled & near)
    seed = pieces[tuple(np.round(parts.canal_seed / mm).astype(int))]
    if seed == 0:
        msg = "the seed lies in no canal"
        raise ValueError(msg)
    return pieces == seed, (point, normal)


def _axis(canal: Mask, plane: tuple[Vector, Vector], mm: float) -> tuple[Vector, Vector, Vector]:
    """Return the tip (most lateral canal voxel), the axis, and where it meets the plane of the porus."""
    voxels = np.argwhere(canal) * mm
    tip = voxels[voxels[:, 2] >= voxels[:, 2].max() - 0.01].mean(axis=0)
    places = np.arange(voxels[:, 2].max() - 7.5, voxels[:, 2].max() - 2.5, mm)
    centers = np.array([voxels[np.abs(voxels[:, 2] - w) < 0.6 * mm].mean(axis=0) for w in places])
    middle = centers.mean(axis=0)
    axis = np.linalg.svd(centers - middle, full_matrices=False)[2][0]
    axis *= np.sign(axis[2])
    porus = middle + ((plane[0] - middle) @ plane[1]) / (axis @ plane[1]) * axis
    return np.asarray(tip, dtype=np.float64), axis, np.asarray(porus, dtype=np.float64)


def _height(fluid: Mask, porus: Vector, axis: Vector, reach_mm: float, mm: float) -> float:
    """Return the height of the porus: from roof to floor, each where it begins.

    The opening leans: its roof begins up to some mm deeper than the vertical plane of the lips, where a line upright
    runs on through the cistern. So roof and floor are each taken at the first place along the axis where they are
    within the height of a canal.
    """
    roof = floor = float("nan")
    for depth in np.arange(_INSIDE_MM, reach_mm, mm):
        low, high = _stretch(fluid, porus + depth * axis, np.array([1.0, 0, 0]), mm)
        roof = high if np.isnan(roof) and high <= _HIGH_MM else roof
        floor = low if np.isnan(floor) and low >= -_HIGH_MM else floor
    return roof - floor


def _width(mask: Mask, point: Vector, way: Vector, mm: float) -> float:
    """Return how long the stretch of a line inside a mask is, that holds a point or begins nearest to it."""
    low, high = _stretch(mask, point, way, mm)
    return high - low


def _stretch(mask: Mask, point: Vector, way: Vector, mm: float) -> tuple[float, float]:
    """Return from where to where, in mm from a point, the stretch of a line inside a mask lasts."""
    steps = np.arange(-15, 15.01, mm / 2)
    places = np.round((point + steps[:, None] * way) / mm).astype(int)
    kept = ((places >= 0) & (places < mask.shape)).all(axis=1)
    line = np.zeros(len(steps), dtype=np.bool_)
    line[kept] = mask[tuple(places[kept].T)]
    pieces, count = ndimage.label(line)
    if count == 0:
        return float("nan"), float("nan")
    off = [np.abs(steps[pieces == n]).min() for n in range(1, count + 1)]
    held = steps[pieces == int(np.argmin(off)) + 1]
    return float(held.min() - mm / 4), float(held.max() + mm / 4)


def _cochlea(parts: EarParts, canal: Mask, tip: Vector) -> dict[str, float]:
    mm = parts.spacing_mm
    closed = closed_by(_cut_out(parts.cochlea, 2 * COCHLEA_CLOSED_MM / mm), mm, COCHLEA_CLOSED_MM)
    voxels = np.argwhere(closed) * mm
    offsets = voxels - voxels.mean(axis=0)
    principal = np.linalg.svd(offsets.T @ offsets)[0]
    extents = np.sort(np.ptp(offsets @ principal, axis=0) + mm)[::-1]
    sup, ant, lat = (np.argwhere(parts.cochlea) * mm).mean(axis=0) - tip
    return {
        "cochlea, fluid": float(parts.cochlea.sum()) * mm**3,
        "cochlea, closed": float(closed.sum()) * mm**3,
        "cochlea A": float(extents[0]),
        "cochlea B": float(extents[1]),
        "cochlea H": float(extents[2]),
        "cochlea center, superior of the tip": float(sup),
        "cochlea center, anterior of the tip": float(ant),
        "cochlea center, lateral of the tip": float(lat),
        "gap canal to cochlea": _gap(canal & parts.fluid, parts.cochlea, mm),
    }


def _cut_out(mask: Mask, margin: float) -> Mask:
    """Return what holds all of a mask, with a margin of False voxels."""
    window = _box_of(mask)
    return np.pad(mask[window], int(np.ceil(margin)))


def _gap(one: Mask, other: Mask, mm: float) -> float:
    """Return the least distance between the faces of voxels of two masks; infinite beyond 6 mm."""
    window = _window(other, round(6 / mm))
    if not one[window].any():
        return float("inf")
    return max(float(ndimage.distance_transform_edt(~one[window], mm)[other[window]].min()) - mm, 0.0)


def _box_of(mask: Mask) -> tuple[slice, ...]:
    return tuple(slice(int(at.min()), int(at.max()) + 1) for at in np.nonzero(mask))


def _window(mask: Mask, margin: int) -> tuple[slice, ...]:
    """Return the box that holds all of a mask, and some voxels round it."""
    box = _box_of(mask)
    return tuple(slice(max(part.start - margin, 0), part.stop + margin) for part in box)


def _labyrinth(parts: EarParts, canal: Mask, tip: Vector) -> dict[str, float]:
    mm = parts.spacing_mm
    if not parts.labyrinth.any():
        return {}
    window = _box_of(parts.labyrinth)
    corner = np.array([part.start for part in window]) * mm
    labyrinth, tip = parts.labyrinth[window], tip - corner
    wide = ndimage.distance_transform_edt(labyrinth, mm) > _CANAL_MM
    pieces, count = ndimage.label(wide)
    if count == 0:
        return {}
    largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    away = ndimage.distance_transform_edt(~largest, mm)
    vestibule = (away <= 1.25 * _CANAL_MM) & labyrinth
    center = np.asarray(np.argwhere(vestibule).mean(axis=0) * mm, dtype=np.float64)
    level = vestibule[round(center[0] / mm)]
    points = np.argwhere(level) * mm
    points = points - points.mean(axis=0)
    extents = np.ptp(points @ np.linalg.svd(points.T @ points)[0], axis=0) + mm
    sizes = {
        "vestibule, axial length": float(extents.max()),
        "vestibule, axial width": float(extents.min()),
        "gap canal to vestibule": _gap(canal & parts.fluid, parts.labyrinth, mm),
    }
    sizes |= {f"vestibule center, {name} of the tip": float(c - t)
              for name, c, t in zip(("superior", "anterior", "lateral"), center, tip, strict=True)}  # fmt: skip
    thin = labyrinth & (away > 1.8 * _CANAL_MM)
    return sizes | _circles(np.asarray(np.argwhere(thin) * mm, dtype=np.float64), center, mm)


_CANAL_MM = 0.7
"""Half of what is wider than a semicircular canal."""


def _circles(points: Vector, vestibule: Vector, mm: float) -> dict[str, float]:
    """Fit three circles to the voxels of the canals: each voxel goes to the nearest, which are fitted anew."""
    names = ("superior", "posterior", "lateral")
    normals = np.array([_unit(n) for n in _NORMALS])
    centers = vestibule + _FROM_VESTIBULE
    radii = np.array([3.3, 3.2, 2.5])
    owner = np.zeros(len(points), dtype=int)
    away = np.zeros((3, len(points)))
    for _ in range(12):
        for number in range(3):
            offset = points - centers[number]
            height = offset @ normals[number]
            across = np.linalg.norm(offset - height[:, None] * normals[number], axis=1)
            away[number] = np.hypot(height, across - radii[number])
        owner = away.argmin(axis=0)
        for number in range(3):
            own = points[(owner == number) & (away[number] < 1.3)]
            if len(own) > 30:
                centers[number], normals[number], radii[number] = _circle(own, normals[number])
    sizes: dict[str, float] = {}
    for number, name in enumerate(names):
        own = points[(owner == number) & (away[number] < 1.3)]
        if len(own) <= 30:
            continue
        arc = _arc_deg(own - centers[number], normals[number])
        sizes[f"{name} canal, radius"] = float(radii[number])
        sizes[f"{name} canal, arc"] = arc
        sizes[f"{name} canal, tube"] = 2 * float(np.sqrt(len(own) * mm**3 / (np.radians(arc) * radii[number] * np.pi)))
    lean = normals[2] * np.sign(normals[2][0])
    sizes["lateral canal, normal leans back"] = float(np.degrees(np.arctan2(-lean[1], lean[0])))
    return sizes


def _circle(points: Vector, before: Vector) -> tuple[Vector, Vector, float]:
    """Return center, normal and radius of the circle through points: plane by SVD, circle by least squares."""
    middle = points.mean(axis=0)
    first, second, normal = np.linalg.svd((points - middle).T @ (points - middle))[0].T
    x, y = (points - middle) @ first, (points - middle) @ second
    terms = np.stack([2 * x, 2 * y, np.ones(len(x))], axis=1)
    (a, b, c), *_ = np.linalg.lstsq(terms, x**2 + y**2, rcond=None)
    return middle + a * first + b * second, normal * np.sign(normal @ before), float(np.sqrt(c + a**2 + b**2))


def _arc_deg(offsets: Vector, normal: Vector) -> float:
    """Return how many degrees of a circle points lie at: in bins of 10 that hold any."""
    first = _unit(np.cross(normal, [0.3, 0.5, 0.8]))
    second = np.cross(normal, first)
    angles = np.degrees(np.arctan2(offsets @ second, offsets @ first))
    return 10.0 * len(np.unique(np.floor(angles / 10)))


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector))

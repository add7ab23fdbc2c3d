"""Synthetic vestibular schwannomas: from a few cubic millimeters in the canal to Koos IV.

Shapes follow what is described of the tumor: it begins in the canal, grows out of the porus (the ice-cream cone), turns
round or lobulated in the cistern, may stay short of the fundus, may erode the porus, may hold cysts or wear one.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.ear import Ear
from Training.synthesis.noise import smooth_field
from Training.synthesis.porus import PorusPlane, porus_plane
from Training.synthesis.shapes import Array, Point, Solid, ellipsoid, stamp, union, window_of
from Training.synthesis.tissues import BRAIN, Tissue


@dataclass(frozen=True, kw_only=True)
class TumorRanges:
    """What tumors are drawn from."""

    volume_cm3: tuple[float, float] = (0.02, 14.0)
    """Log-uniform; median 0.5 cm3, between observed tumors (0.16) and those treated by radiosurgery (1.5)."""
    intrameatal_only_share: float = 0.55
    """Of tumors below 0.25 cm3, how many stay inside the canal."""
    extrameatal_only_share: float = 0.08
    cystic_share: float = 0.25
    microcystic_share: float = 0.2
    peritumoral_cyst_share: float = 0.12


@dataclass(frozen=True, eq=False)
class Tumor:
    """A drawn tumor of one ear."""

    ear: Ear
    cisternal: Solid | None
    """The part that grows outside the canal, before bone has cut it; None when there is none."""
    center: Point
    radius_mm: float
    """Mean radius of the cisternal part; 0 when there is none."""
    canal_stretch_mm: tuple[float, float] | None
    """From where to where past the porus the canal is filled; None when the canal is free."""
    widen: float
    erosion_mm: float
    """How deep inside its own surface a tumor has to be to replace bone."""
    meatal_normal: Point
    """Of the porus where the bone round it does not tell."""


def draw_tumor(rng: np.random.Generator, ear: Ear, ranges: TumorRanges, volume_cm3: float | None = None) -> Tumor:
    """Draw a tumor; `volume_cm3` fixes about what size its cisternal part aims at."""
    u = rng.uniform
    low, high = np.log(ranges.volume_cm3)
    volume = float(np.exp(u(low, high))) if volume_cm3 is None else volume_cm3
    only_inside = volume < 0.25 and u() < ranges.intrameatal_only_share
    only_outside = not only_inside and u() < ranges.extrameatal_only_share
    filled = ear.length_mm * (u(0.85, 1.0) if u() < 0.45 else u(0.25, 0.85))
    stretch: tuple[float, float] | None = (-2.0, filled)
    if only_inside:
        start = u(-0.5, 0.5 * ear.length_mm)
        stretch = (start, max(start + u(1.5, 6.0), filled if u() < 0.5 else 0.0))
    if only_outside:
        stretch = None
    cisternal, center, radius = None, ear.porus, 0.0
    if not only_inside:
        radius = float((3 * volume * 1000 / (4 * np.pi)) ** (1 / 3))
        cisternal, center = _cisternal_part(rng, ear, radius)
    normal = ear.axis + rng.normal(0, 0.12, 3)
    return Tumor(
        ear=ear,
        cisternal=cisternal,
        center=center,
        radius_mm=radius,
        canal_stretch_mm=stretch,
        widen=float(u(0.85, 1.1) + (u(0, 0.4) if u() < 0.5 else 0)),
        erosion_mm=float(u(0.5, 3.5)) if u() < 0.5 else 99.0,
        meatal_normal=normal / np.linalg.norm(normal),
    )


def _cisternal_part(rng: np.random.Generator, ear: Ear, radius: float) -> tuple[Solid, Point]:
    u = rng.uniform
    ratios = np.array([u(0.75, 1.1), u(0.8, 1.3), u(0.7, 1.1)])
    ratios /= ratios.prod() ** (1 / 3)
    rotation, _ = np.linalg.qr(np.eye(3) + rng.normal(0, 0.25, (3, 3)))
    center = ear.at(-radius * u(0.35, 0.95), up=radius * u(-0.35, 0.35), front=radius * u(-0.5, 0.3))
    body = ellipsoid(center, radius * ratios, rotation)
    lobes = [body]
    for _ in range(int(rng.integers(0, 4)) if u() < 0.5 else 0):
        direction = rng.normal(size=3)
        lobes.append(ellipsoid(center + direction / np.linalg.norm(direction) * radius * u(0.5, 0.9),
                               radius * u(0.35, 0.65, 3)))  # fmt: skip
    lobes.append(
        ellipsoid(ear.at(-0.3 * radius), [max(ear.radius_mm, 0.4 * radius)] * 3)
    )  # it always reaches the porus
    solid = union(*lobes, smooth_mm=max(0.8, 0.3 * radius))
    return _rough(rng, solid, radius), center


def _rough(rng: np.random.Generator, solid: Solid, radius: float) -> Solid:
    """Return the solid with a bumpy surface: waves of random direction, of an amplitude below a fifth of the radius."""
    waves = rng.normal(0, 1.3 / max(radius, 2.0), (5, 3)).astype(np.float32) * np.float32(2.2)
    phases = rng.uniform(0, 2 * np.pi, 5).astype(np.float32)
    amplitude = np.float32(rng.uniform(0, 0.16) * radius / 2.2)

    def distance(d: Array, h: Array, w: Array) -> Array:
        bumps = np.float32(0)
        for (a, b, c), phase in zip(waves, phases, strict=True):
            bumps = bumps + np.sin(a * d + b * h + c * w + phase)
        return np.asarray(solid.distance(d, h, w) + amplitude * bumps)

    reach = 3.0 * float(amplitude)
    return Solid(distance, solid.low - reach, solid.high + reach)


def grown(tumor: Tumor, factor: float) -> Tumor:
    """Return the tumor some time later: its cisternal part `factor` times as wide, seen from the porus."""
    if factor == 1.0 or tumor.cisternal is None:
        return tumor
    before, porus = tumor.cisternal, tumor.ear.porus
    p, f = porus.astype(np.float32), np.float32(factor)

    def distance(d: Array, h: Array, w: Array) -> Array:
        return np.asarray(f * before.distance(*(q + (x - q) / f for q, x in zip(p, (d, h, w), strict=True))))

    solid = Solid(distance, porus + factor * (before.low - porus), porus + factor * (before.high - porus))
    center = porus + factor * (tumor.center - porus)
    return replace(tumor, cisternal=solid, center=center, radius_mm=factor * tumor.radius_mm)


def grow(
    rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, tumor: Tumor, ranges: TumorRanges
) -> None:
    """Grow the tumor into a tissue map whose canal is carved, in place, labeled extra- and intrameatal."""
    ear = tumor.ear
    if tumor.canal_stretch_mm is not None and tumor.widen > 1:
        stamp(tissues, spacing_mm, ear.canal(-1.5, None, tumor.widen), Tissue.CANAL_FLUID,
              (Tissue.BONE, Tissue.MARROW, Tissue.MASTOID))  # fmt: skip
    if tumor.cisternal is not None:
        _dress(rng, tissues, spacing_mm, tumor, ranges)
        _fill_cistern(tissues, spacing_mm, tumor)
    if tumor.canal_stretch_mm is not None:
        start, stop = tumor.canal_stretch_mm
        solid = ear.canal(start, stop, min(tumor.widen, 1.1) if tumor.cisternal is None else tumor.widen)
        stamp(tissues, spacing_mm, solid, Tissue.EXTRAMEATAL_TUMOR, (Tissue.CANAL_FLUID, Tissue.CSF, Tissue.NERVE))
    _split(tissues, spacing_mm, tumor)
    _make_cysts(rng, tissues, spacing_mm, tumor, ranges)


def _fill_cistern(tissues: NDArray[np.uint8], spacing_mm: float, tumor: Tumor) -> None:
    assert tumor.cisternal is not None
    hard = (Tissue.BONE, Tissue.MARROW, Tissue.MASTOID, Tissue.AIR, Tissue.COCHLEA, Tissue.LABYRINTH)
    soft = tuple(t for t in Tissue if t not in hard)
    stamp(tissues, spacing_mm, tumor.cisternal, Tissue.EXTRAMEATAL_TUMOR, soft)
    solid, erosion = tumor.cisternal, np.float32(tumor.erosion_mm)
    eroding = Solid(lambda d, h, w: solid.distance(d, h, w) + erosion, solid.low, solid.high)
    stamp(tissues, spacing_mm, eroding, Tissue.EXTRAMEATAL_TUMOR, (Tissue.BONE, Tissue.MARROW))


def _dress(
    rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, tumor: Tumor, ranges: TumorRanges
) -> None:
    """Put a rim of CSF, and sometimes an arachnoid cyst, round the place of the tumor."""
    assert tumor.cisternal is not None
    window = window_of(tumor.cisternal, tissues.shape, spacing_mm, 4.0)
    if window is None:
        return
    distance = tumor.cisternal.distance(*window.coordinates)
    region = tissues[window.voxels]
    rim = rng.uniform(-0.8, 1.8) + rng.uniform(0, 0.9) * smooth_field(rng, region.shape, 10 / spacing_mm)
    region[(distance > 0) & (distance < rim) & np.isin(region, BRAIN)] = Tissue.CSF
    if rng.random() < ranges.peritumoral_cyst_share:
        direction = rng.normal(size=3) - 1.2 * tumor.ear.axis
        center = tumor.center + direction / np.linalg.norm(direction) * tumor.radius_mm * rng.uniform(0.9, 1.3)
        cyst = ellipsoid(center, rng.uniform(0.3, 0.8, 3) * max(tumor.radius_mm, 4.0))
        stamp(tissues, spacing_mm, cyst, Tissue.PERITUMORAL_CYST, (*BRAIN, Tissue.CSF))


def _split(tissues: NDArray[np.uint8], spacing_mm: float, tumor: Tumor) -> None:
    """Relabel what lies beyond the plane of the porus and inside the canal as intrameatal."""
    ear, widen = tumor.ear, max(tumor.widen, 1.0)
    plane = porus_plane(tissues, spacing_mm, ear, widen) or PorusPlane(ear.porus, tumor.meatal_normal)
    corridor = ear.canal(-6.0, None, widen + 0.4)
    p, n = plane.origin.astype(np.float32), plane.normal.astype(np.float32)

    def beyond(d: Array, h: Array, w: Array) -> Array:
        depth = (d - p[0]) * n[0] + (h - p[1]) * n[1] + (w - p[2]) * n[2]
        return np.asarray(np.maximum(corridor.distance(d, h, w), -depth))

    solid = Solid(beyond, corridor.low, corridor.high)
    stamp(tissues, spacing_mm, solid, Tissue.INTRAMEATAL_TUMOR, (Tissue.EXTRAMEATAL_TUMOR,))


def _make_cysts(
    rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, tumor: Tumor, ranges: TumorRanges
) -> None:
    whole = tumor.cisternal if tumor.cisternal is not None else tumor.ear.canal()
    window = window_of(whole, tissues.shape, spacing_mm)
    if window is None:
        return
    region = tissues[window.voxels]
    extra, intra = region == Tissue.EXTRAMEATAL_TUMOR, region == Tissue.INTRAMEATAL_TUMOR
    hollow = np.zeros(region.shape, dtype=np.bool_)
    if tumor.cisternal is not None and rng.random() < ranges.cystic_share:
        inside = tumor.cisternal.distance(*window.coordinates) < -rng.uniform(0.4, 1.2)
        for _ in range(int(rng.integers(1, 4))):
            center = tumor.center + rng.normal(0, 0.45, 3) * tumor.radius_mm
            ball = ellipsoid(center, rng.uniform(0.25, 0.65, 3) * tumor.radius_mm)
            hollow |= inside & (ball.distance(*window.coordinates) < 0)
    if rng.random() < ranges.microcystic_share:
        threshold = rng.uniform(0.9, 1.8)
        hollow |= smooth_field(rng, region.shape, rng.uniform(1.5, 5) / spacing_mm) > threshold
    region[hollow & extra] = Tissue.EXTRAMEATAL_CYST
    region[hollow & intra] = Tissue.INTRAMEATAL_CYST

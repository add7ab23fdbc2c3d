"""Synthetic vestibular schwannomas: from a few cubic millimeters in the canal to Koos IV.

Shapes follow what is described of the tumor: it begins in the canal, grows out of the porus (the ice-cream cone), turns
round or lobulated in the cistern, may stay short of the fundus, may erode the porus, may hold cysts or wear one.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.ear import Ear
from Training.synthesis.head import outward
from Training.synthesis.noise import smooth_field
from Training.synthesis.porus import PorusPlane, porus_plane
from Training.synthesis.shapes import Array, Point, Solid, beyond, both, ellipsoid, stamp, tube, union, window_of
from Training.synthesis.tissues import BRAIN, HARD, Tissue


class Cohort(NamedTuple):
    """Where tumors were collected: which share of those drawn, and how large they are there, log-normally."""

    share: float
    median_cm3: float
    sigma: float
    """Of the logarithm."""


OBSERVED = Cohort(0.5, 0.16, 1.5)
"""Watched ones: 361 patients, median 0.161 cm3, quartiles 0.054 and 0.418."""
RADIOSURGERY = Cohort(0.5, 1.3, 1.0)
"""Those treated: median about 1.5 cm3 in London, means of 0.25 to 4.2 over Koos I to IV in Zurich."""


@dataclass(frozen=True, kw_only=True)
class TumorRanges:
    """What tumors are drawn from."""

    cohorts: tuple[Cohort, ...] = (OBSERVED, RADIOSURGERY)
    volume_cm3: tuple[float, float] = (0.01, 15.0)
    """Volumes are cut off here; without cohorts they are log-uniform between both."""
    intrameatal_only_share: float = 0.9
    """Of tumors below 0.35 cm3, how many stay inside the canal: 64 % of all observed ones do, 3 to 14 % of others."""
    extrameatal_only_share: float = 0.04
    widened_share: float = 0.8
    """Canals wider than the other side's: 84 % of 140 operated, by 2.6 mm on average (0.1 to 10.1)."""
    cap_share: float = 0.75
    """Tumors below 1 cm3 that leave fluid at the fundus, 1 to 4 mm (75 % of 101 small ones); half as many larger."""
    lobed_share: float = 0.35
    cystic_share: float = 0.18
    microcystic_share: float = 0.12
    peritumoral_cyst_share: float = 0.08
    strand_share: float = 0.3
    """Tumors with loose bright strands in their solid part, about a millimeter thick."""
    pocket_share: float = 0.35
    """Tumors that enclose pockets of CSF between themselves and the brainstem; these do not belong to them."""


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


_SMALL_CM3, _STAYS_CM3 = 1.0, 0.35


def draw_volume(rng: np.random.Generator, ranges: TumorRanges) -> float:
    """Draw the volume of a whole tumor in cm3."""
    low, high = ranges.volume_cm3
    if not ranges.cohorts:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))
    shares = np.array([cohort.share for cohort in ranges.cohorts])
    cohort = ranges.cohorts[int(rng.choice(len(shares), p=shares / shares.sum()))]
    return float(np.clip(np.exp(rng.normal(np.log(cohort.median_cm3), cohort.sigma)), low, high))


def draw_tumor(rng: np.random.Generator, ear: Ear, ranges: TumorRanges, volume_cm3: float | None = None) -> Tumor:
    """Draw a tumor; `volume_cm3` fixes about how large it is in all, as far as the canal lets it."""
    u = rng.uniform
    volume = draw_volume(rng, ranges) if volume_cm3 is None else volume_cm3
    only_inside = volume < _STAYS_CM3 and u() < ranges.intrameatal_only_share
    only_outside = not only_inside and u() < ranges.extrameatal_only_share
    wider = float(np.clip(rng.gamma(2.0, 1.3), 0.1, 7.0)) if u() < ranges.widened_share else 0.0
    widen = min(1 + wider / (2 * ear.radius_mm), 9.5 / (2 * ear.radius_mm))
    cap_share = ranges.cap_share * (1.0 if volume < _SMALL_CM3 else 0.5)
    cap = float(np.clip(rng.gamma(7.0, 0.37), 1, 4)) if u() < cap_share else 0.0
    stop = ear.length_mm - cap
    stretch: tuple[float, float] | None = (-ear.lips_mm, stop)
    if only_inside:
        widen, stretch = _within(rng, ear, volume, widen, stop)
    if only_outside:
        stretch, widen = None, 1.0
    cisternal, center, radius = None, ear.porus, 0.0
    if not only_inside:
        inside = 0.0 if stretch is None else _section_mm2(ear, widen) * stop / 1000
        outside = max(volume - inside, 0.3 * volume)
        radius = float((3 * outside * 1000 / (4 * np.pi)) ** (1 / 3))
        cisternal, center = _cisternal_part(rng, ear, radius, ranges, widen)
    normal = ear.opening_normal + rng.normal(0, 0.08, 3)
    return Tumor(
        ear=ear,
        cisternal=cisternal,
        center=center,
        radius_mm=radius,
        canal_stretch_mm=stretch,
        widen=float(widen),
        erosion_mm=float(u(0.5, 3.5)) if u() < 0.3 else 99.0,
        meatal_normal=normal / np.linalg.norm(normal),
    )


def _section_mm2(ear: Ear, widen: float) -> float:
    return 0.9 * np.pi * (widen * ear.radius_mm) ** 2


def _within(
    rng: np.random.Generator, ear: Ear, volume_cm3: float, widen: float, stop: float
) -> tuple[float, tuple[float, float]]:
    """Return how wide and which stretch of the canal a tumor of this volume fills that stays inside."""
    length = volume_cm3 * 1000 / _section_mm2(ear, widen)
    if length < 2.0:  # a bead: it does not fill the section of a widened canal
        widen = max(1.0, widen * np.sqrt(length / 2.0))
        length = max(volume_cm3 * 1000 / _section_mm2(ear, widen), 1.6)
    room = stop + 0.3 * ear.lips_mm
    if length > room:
        widen, length = widen * np.sqrt(length / room), room
    start = stop - length
    if start > 0 and rng.random() < 0.4:
        start = rng.uniform(0, start)
    return min(widen, 9.5 / (2 * ear.radius_mm)), (start, start + length)


def _cisternal_part(
    rng: np.random.Generator, ear: Ear, radius: float, ranges: TumorRanges, widen: float
) -> tuple[Solid, Point]:
    """Return a spheroid on the petrous face, with lobes now and then, and flat where it meets pons and tentorium."""
    u = rng.uniform
    ratios = u(0.85, 1.18, 3)
    ratios /= ratios.prod() ** (1 / 3)
    rotation, _ = np.linalg.qr(np.eye(3) + rng.normal(0, 0.25, (3, 3)))
    away = ear.opening_normal + u(0, 0.6) * ear.axis  # out of the porus: between straight on and the face's normal
    center = ear.porus - radius * u(0.5, 0.85) * away / np.linalg.norm(away)
    center = center + radius * np.array([u(-0.25, 0.25), u(-0.25, 0.15), 0])
    size = 1.06 * radius  # bone takes a share
    lobes = [ellipsoid(center, size * ratios, rotation)]
    for _ in range(int(rng.integers(1, 4)) if u() < ranges.lobed_share else 0):
        direction = rng.normal(size=3)
        lobes.append(ellipsoid(center + direction / np.linalg.norm(direction) * radius * u(0.5, 0.85),
                               radius * u(0.35, 0.6, 3)))  # fmt: skip
    neck = min(widen * ear.radius_mm, max(ear.radius_mm, 0.8 * radius))
    lobes.append(tube(np.stack([ear.at(0.5), (center + ear.porus) / 2]), [neck, max(neck, 0.5 * radius)]))
    solid = union(*lobes, smooth_mm=max(0.8, 0.3 * radius))
    if radius > _FLATTENED_MM:
        solid = _flattened(rng, solid, center, radius, outward(ear.side))
    return _rough(rng, solid, radius), center


_FLATTENED_MM = 8.0


def _flattened(rng: np.random.Generator, solid: Solid, center: Point, radius: float, out: float) -> Solid:
    """Return the solid with a flat medial side, where the pons resists, and a flat top, where the tentorium does."""
    planes = []
    for normal in (np.array([rng.normal(0, 0.15), 0.25, -out]), np.array([1.0, rng.normal(0, 0.15), 0.35 * out])):
        unit = normal / np.linalg.norm(normal)
        planes.append((unit.astype(np.float32), np.float32(unit @ center + radius * rng.uniform(0.78, 1.0))))
    k = np.float32(0.35 * radius)

    def distance(d: Array, h: Array, w: Array) -> Array:
        result = solid.distance(d, h, w)
        for unit, height in planes:
            other = d * unit[0] + h * unit[1] + w * unit[2] - height
            blend = np.maximum(k - np.abs(result - other), 0) / k
            result = np.maximum(result, other) + blend * blend * k / 4
        return np.asarray(result)

    return Solid(distance, solid.low, solid.high)


def _rough(rng: np.random.Generator, solid: Solid, radius: float) -> Solid:
    """Return the solid with a bumpy surface: waves of random direction, of an amplitude below a fifth of the radius."""
    waves = rng.normal(0, 1.3 / max(radius, 2.0), (5, 3)).astype(np.float32) * np.float32(2.2)
    phases = rng.uniform(0, 2 * np.pi, 5).astype(np.float32)
    amplitude = np.float32(rng.uniform(0, 0.07) * radius / 2.2)

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
        wider = both(_tapered(ear, tumor), ear.lateral_of_porus())
        stamp(tissues, spacing_mm, wider, Tissue.CANAL_FLUID, _GIVES_WAY)
    if tumor.cisternal is not None:
        _dress(rng, tissues, spacing_mm, tumor, ranges)
        _fill_cistern(tissues, spacing_mm, tumor)
    if tumor.canal_stretch_mm is not None:
        start, stop = tumor.canal_stretch_mm
        solid = ear.canal(start, stop, tumor.widen)
        if tumor.cisternal is not None:  # it fills the mouth and goes on outside as the round part
            medial = ear.lateral_of_porus(-1.0)
            solid = both(solid, medial)
        stamp(tissues, spacing_mm, solid, Tissue.EXTRAMEATAL_TUMOR, (Tissue.CANAL_FLUID, Tissue.CSF, Tissue.NERVE))
    _leave_pockets(rng, tissues, spacing_mm, tumor, ranges)
    _split(tissues, spacing_mm, tumor)
    _make_cysts(rng, tissues, spacing_mm, tumor, ranges)


_GIVES_WAY = (Tissue.BONE, Tissue.MARROW, Tissue.MASTOID, Tissue.OTIC_CAPSULE)


def _tapered(ear: Ear, tumor: Tumor) -> Solid:
    """Return the canal as the tumor has widened it: as wide as drawn beyond the tumor's end."""
    assert tumor.canal_stretch_mm is not None
    start, stop = tumor.canal_stretch_mm
    return union(ear.canal(-7.0), ear.canal(min(start, stop - 2) - 1.5, stop + 0.5, tumor.widen), smooth_mm=1.0)


def _leave_pockets(
    rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, tumor: Tumor, ranges: TumorRanges
) -> None:
    """Leave CSF between a larger tumor and the brain beside it, in place: enclosed, bright, and not tumor."""
    if tumor.cisternal is None or tumor.radius_mm < _POCKETS_MM or rng.random() >= ranges.pocket_share:
        return
    inward = np.array([0.0, 0.0, -outward(tumor.ear.side)])
    for _ in range(int(rng.integers(1, 4))):
        direction = inward + rng.normal(0, 0.45, 3)
        direction /= np.linalg.norm(direction)
        steps = np.arange(0.3, 1.6, 0.02)[:, None] * tumor.radius_mm
        d, h, w = (tumor.center + steps * direction).T.astype(np.float32)
        edge = float(steps[int(np.argmax(tumor.cisternal.distance(d, h, w) > 0)), 0])
        long, flat = rng.uniform(1.2, 3.2), rng.uniform(0.7, 1.5)
        turn, _ = np.linalg.qr(np.column_stack([direction, np.eye(3)[:, :2]]))
        pocket = ellipsoid(
            tumor.center + (edge - 0.3 * flat) * direction, [flat, long, long * rng.uniform(0.6, 1)], turn
        )
        stamp(tissues, spacing_mm, pocket, Tissue.CSF, (Tissue.EXTRAMEATAL_TUMOR, *BRAIN))


_POCKETS_MM = 5.0


def _fill_cistern(tissues: NDArray[np.uint8], spacing_mm: float, tumor: Tumor) -> None:
    assert tumor.cisternal is not None
    soft = tuple(t for t in Tissue if t not in HARD)
    stamp(tissues, spacing_mm, tumor.cisternal, Tissue.EXTRAMEATAL_TUMOR, soft)
    solid, erosion = tumor.cisternal, np.float32(tumor.erosion_mm)
    eroding = Solid(lambda d, h, w: solid.distance(d, h, w) + erosion, solid.low, solid.high)
    stamp(tissues, spacing_mm, eroding, Tissue.EXTRAMEATAL_TUMOR, _GIVES_WAY)


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
    corridor = ear.canal(-7.0, None, widen + 0.4)
    solid = both(corridor, beyond(plane.origin, plane.normal))
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
    if rng.random() < ranges.strand_share:
        hollow |= _strands(rng, region.shape, spacing_mm)
    region[hollow & extra] = Tissue.EXTRAMEATAL_CYST
    region[hollow & intra] = Tissue.INTRAMEATAL_CYST


def _strands(rng: np.random.Generator, shape: tuple[int, ...], spacing_mm: float) -> NDArray[np.bool_]:
    """Return where strands run: near the lines in which two smooth fields are 0."""
    wave = rng.uniform(4, 9) / spacing_mm
    first, second = (smooth_field(rng, shape, wave) for _ in range(2))
    return np.asarray(np.hypot(first, second) < rng.uniform(0.2, 0.4))

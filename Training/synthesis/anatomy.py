"""One synthetic skull base: a deformed head with canals carved into it and, mostly, a tumor grown in it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.cistern import lay_strands
from Training.synthesis.ear import Ear, draw_ears
from Training.synthesis.folds import fold_brain
from Training.synthesis.head import SIDES, Head, Side, outward
from Training.synthesis.nerves import lay_nerves
from Training.synthesis.noise import smooth_field
from Training.synthesis.petrous import carve_ear
from Training.synthesis.refine import sample_head, to_fine
from Training.synthesis.shapes import Point, stamp, tube
from Training.synthesis.tissues import BRAIN, SKULL, TUMOR_TISSUES, Tissue
from Training.synthesis.tumor import Tumor, TumorRanges, draw_tumor, grow, grown
from Training.synthesis.warp import MIRROR, Places, draw_matrix, nearest_voxel

SPACING_MM = 0.5
"""Voxel size of a synthetic skull base: a third of the slices it is rendered to."""


@dataclass(frozen=True, kw_only=True)
class AnatomyConfig:
    """What skull bases are drawn from."""

    size_dhw_mm: tuple[int, int, int] = (66, 84, 124)
    tumor_share: float = 0.85
    bilateral_share: float = 0.06
    """Of skull bases with a tumor."""
    rotation_deg: float = 9.0
    scale: float = 0.1
    deformation_mm: float = 1.6
    tumor: TumorRanges = field(default_factory=TumorRanges)


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A skull base at 0.5 mm; axes (D, H, W) grow to superior, anterior, right; index 0 is at 0 mm."""

    tissues: NDArray[np.uint8]
    ears: tuple[Ear, ...]
    tumors: tuple[Tumor, ...]


def draw_anatomy(rng: np.random.Generator, head: Head, config: AnatomyConfig, growth: float = 1.0) -> Anatomy:
    """Draw one skull base from a head: a pure function of the generator's state.

    With the same state and another `growth` it is the same patient whose tumors are that many times as wide.
    """
    mirrored = bool(rng.random() < 0.5)
    places, poruses = _draw_places(rng, head, config, mirrored)
    base = sample_head(head.tissues, places)
    ears = draw_ears(rng, {side: _settle(rng, base, poruses[side], side) for side in SIDES})
    tumors = tuple(grown(tumor, growth) for tumor in draw_tumors(rng, ears, config))
    tissues = to_fine(base)
    if any(t.cisternal is not None for t in tumors):
        pushed = to_fine(sample_head(head.tissues, _push(rng, places, tumors)))
        takes = ~np.isin(tissues, (*SKULL, Tissue.AIR)) & np.isin(pushed, (*BRAIN, Tissue.CSF))
        tissues = np.where(takes, pushed, tissues)
    pori = np.stack([ear.porus for ear in ears])
    fold_brain(rng, tissues, SPACING_MM, pori, float(rng.uniform(0, 1)))
    for ear in ears:
        carve_ear(rng, tissues, SPACING_MM, ear)
    _lay_basilar_artery(rng, tissues, ears)
    for tumor in tumors:
        before = tissues.copy()
        grow(rng, tissues, SPACING_MM, tumor, config.tumor)
        _drop_islands(tissues, before)
    for ear in ears:
        lay_nerves(rng, tissues, SPACING_MM, ear)
    lay_strands(rng, tissues, SPACING_MM, pori)
    return Anatomy(tissues, ears, tumors)


def _drop_islands(tissues: NDArray[np.uint8], before: NDArray[np.uint8]) -> None:
    """Give back, in place, what a new tumor took apart from its largest piece: bone can cut it into several."""
    grown_here = np.isin(tissues, TUMOR_TISSUES) & (tissues != before)
    pieces, count = ndimage.label(grown_here, np.ones((3, 3, 3)))
    if count > 1:
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        islands = grown_here & (pieces != sizes.argmax())
        tissues[islands] = before[islands]


def draw_tumors(rng: np.random.Generator, ears: tuple[Ear, ...], config: AnatomyConfig) -> tuple[Tumor, ...]:
    """Draw no tumor, one on either side, or, seldom, one on each."""
    if rng.random() >= config.tumor_share:
        return ()
    first = int(rng.integers(2))
    chosen = [ears[first]]
    if rng.random() < config.bilateral_share:
        chosen.append(ears[1 - first])
    return tuple(draw_tumor(rng, ear, config.tumor) for ear in chosen)


def _draw_places(
    rng: np.random.Generator, head: Head, config: AnatomyConfig, mirrored: bool
) -> tuple[Places, dict[Side, Point]]:
    """Return what each voxel of the region, at 1 mm, shows of the head, and where both poruses come to lie in it."""
    size = np.array(config.size_dhw_mm)
    matrix = draw_matrix(rng, config.rotation_deg, config.scale)
    if mirrored:
        matrix = MIRROR @ matrix
    middle = (head.porus_dhw_mm["right"] + head.porus_dhw_mm["left"]) / 2
    center = size / 2 + rng.uniform((-6, -8, -5), (6, 4, 5))
    grid = np.stack(np.meshgrid(*[np.arange(n, dtype=np.float32) for n in size], indexing="ij"))
    offset = (middle - matrix @ center).astype(np.float32)
    places = np.einsum("ij,jdhw->idhw", matrix.astype(np.float32), grid) + offset[:, None, None, None]
    for axis in range(3):
        places[axis] += config.deformation_mm * smooth_field(rng, size.tolist(), 34)
    poruses: dict[Side, Point] = {}
    for side in SIDES:
        own: Side = side if not mirrored else ("left" if side == "right" else "right")
        poruses[side] = nearest_voxel(places, head.porus_dhw_mm[own]).astype(np.float64)
    return places, poruses


def _settle(rng: np.random.Generator, base: NDArray[np.float32], porus: Point, side: Side) -> Point:
    """Return a porus on the petrous face near the given one: shifted along the face, then walked outward to bone."""
    bony = base[list(SKULL)].sum(axis=0) + base[Tissue.AIR] > 0.5
    limits = np.array(bony.shape) - 1
    start = porus + rng.uniform((-2.5, -3.0, 0), (2.5, 3.0, 0))
    out = np.array([0.0, 0.0, outward(side)])
    start -= 6 * out
    for step in np.arange(0, 16, 0.5):
        point = start + step * out
        ahead = [np.clip(np.round(point + k * out), 0, limits).astype(int) for k in (0, 2, 4, 6)]
        if sum(bool(bony[tuple(p)]) for p in ahead) >= 3:
            return np.asarray(point + rng.uniform(-1.0, 1.5) * out)
    return porus


def _push(rng: np.random.Generator, places: Places, tumors: tuple[Tumor, ...]) -> Places:
    """Return the places with tissue moved away from the centers of the tumors, less so with distance."""
    coordinates = np.stack(np.meshgrid(*[np.arange(n, dtype=np.float32) for n in places.shape[1:]], indexing="ij"))
    shift = np.zeros_like(places)
    for tumor in tumors:
        if tumor.cisternal is None:
            continue
        away = coordinates - tumor.center.astype(np.float32)[:, None, None, None]
        length = np.maximum(np.sqrt((away**2).sum(axis=0)), 1e-3)
        outside = np.maximum(tumor.cisternal.distance(*coordinates), 0)
        strength = rng.uniform(0.8, 1.0)
        # A shorter reach than the way pushed would fold tissue over itself: it would be cut, not displaced.
        reach = max(rng.uniform(4, 10), 1.1 * strength * tumor.radius_mm)
        amount = np.minimum(strength * tumor.radius_mm * np.exp(-outside / np.float32(reach)), 0.95 * length)
        shift -= away / length * amount
    moved = np.empty_like(places)
    for axis in range(3):
        moved[axis] = ndimage.map_coordinates(places[axis], coordinates + shift, order=1, mode="nearest")
    return moved


def _lay_basilar_artery(rng: np.random.Generator, tissues: NDArray[np.uint8], ears: tuple[Ear, ...]) -> None:
    middle = (ears[0].porus + ears[1].porus) / 2
    front = middle + np.array([0, rng.uniform(3, 9), rng.uniform(-4, 4)])
    low = front + np.array([-25, -6, rng.uniform(-6, 6)])
    high = front + np.array([18, 2, rng.uniform(-3, 3)])
    points = np.stack([low, front, high])
    stamp(tissues, SPACING_MM, tube(points, float(rng.uniform(1.2, 2.4))), Tissue.ARTERY, (Tissue.CSF,))

"""How bright and how textured each tissue is, drawn for one scan.

Intensities are in units of CSF on T2 (1.0) or of enhancing tumor on ceT1; a plain T1 has the units of ceT1. Ranges are
wide on purpose: what a network cannot rely on it will not rely on (domain randomization: Billot et al., SynthSeg,
Medical Image Analysis 2023). Most scans take their means from physics (`scan_physics`), so that tissues move together;
the others draw each tissue freely.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.scan_physics import draw_means, draw_t1_sequence, draw_t2_sequence
from Training.synthesis.skull_base import SkullBase, draw_skull_base
from Training.synthesis.tissues import BRAIN, Tissue

ContrastKind = Literal["T2", "ceT1", "T1", "random"]
T = Tissue
_DRAWN_BRAIN_TEXTURE = 0.05
_DRAWN_MARROW_TEXTURE = 0.35
_ROUGHEST = 0.5
"""Largest standard deviation of a tissue's texture, as a share of its mean: petrous marrow has 0.18 with 0.07."""


@dataclass(frozen=True, kw_only=True)
class ContrastRanges:
    """How far the looks of scans spread; the defaults are what training begins with now."""

    physics_share: float = 0.75
    """Scans whose tissues follow one sequence; in the others each tissue has an intensity of its own."""
    csf_shading: tuple[float, float] = (0.03, 0.1)
    """Standard deviation of the slow changes of CSF's signal (flow): 0.06 to 0.08 on real scans. (0, 0) draws none."""
    bright_tumor_share: float = 0.15
    """Scans whose tumor is nearly as bright as CSF and told from it by its uneven texture, as microcystic ones are."""
    bright_tumor: tuple[float, float] = (0.5, 1.0)
    """Their mean intensity."""
    bright_tumor_texture: tuple[float, float] = (0.2, 0.6)
    """Standard deviation of their fine texture: what tells them from CSF."""
    brightest_even_tumor: float = 0.92
    """Largest mean intensity of all other tumors, which may have no texture at all."""
    parts_alike: bool = True
    """Both parts of a tumor have one intensity. Otherwise they differ by up to 15 %, and the step shows where the
    boundary is: what divides tumors must not learn from that, nor be measured on it."""
    dark_bone: bool = True
    """On ceT1, dense bone gives next to no signal, as its T2 is below 1 ms, while CSF has a fifth to a half of the
    brain's: what divides tumors has little else to see the canal by. Otherwise bone has up to 0.15 and any texture, and
    is brighter than fluid in every sixth scan."""
    dim_canal_share: float = 0.15
    """Scans whose canals, narrow and full of nerves, are clearly darker than the cistern without any tumor."""
    brain_texture: float = 0.025
    """Largest standard deviation of the texture of brain: between its sulci it is flat (0.02 with noise)."""
    brightest_marrow: float = 0.6
    """Largest mean intensity of bone marrow, which lies beside the canals."""
    marrow_texture: float = 0.25
    """Largest standard deviation of marrow's fine texture, which looks like a speckled tumor; the mastoid's follows."""
    wet_mastoid_share: float = 0.12
    """Scans with fluid in the mastoid's cells."""
    enhanced_share: float = 0.2
    """Scans of a steady-state sequence taken after contrast medium, which brightens tumor, veins and mucosa."""
    septated_share: float = 0.2
    """Scans whose tumor is multilocular: many small bright chambers between dark septa."""
    brightest_chamber: float = 1.5
    """Of a multilocular tumor; above 1 as its fluid stands still, while CSF flows and loses signal."""
    septum: tuple[float, float] = (0.05, 0.3)
    """Thickness of its septa, as a share of a chamber's width."""
    wall: tuple[float, float] = (0.1, 0.8)
    """Intensity of its septa."""
    rim_share: float = 0.2
    """Scans whose tumor wears a thin dark capsule."""
    skull_base_share: float = 0.0
    """Scans whose bone away from the ears is marrow, fat and muscle in streaks. The frozen set was drawn without."""


@dataclass(frozen=True, kw_only=True)
class Septa:
    """The chambers of a multilocular tumor."""

    chamber_mm: float
    """Mean distance between the centers of two chambers."""
    septum_mm: float
    """Thickness of the walls."""
    wall: float
    """Intensity of the walls."""
    chambers: tuple[float, float]
    """Smallest and largest intensity of the chambers, each of which has its own."""


@dataclass(frozen=True, eq=False)
class Contrast:
    """Arrays over `Tissue`, float32."""

    kind: ContrastKind
    mean: NDArray[np.float32]
    fine_texture: NDArray[np.float32]
    """Standard deviation of texture about 1 mm across."""
    coarse_texture: NDArray[np.float32]
    """Standard deviation of texture several millimeters across."""
    septa: Septa | None = None
    rim: float | None = None
    """What the intensity of a tumor's outermost half millimeter is multiplied with."""
    skull_base: SkullBase | None = None
    """None leaves bone away from the ears one black block."""


def draw_contrast(rng: np.random.Generator, kind: ContrastKind, ranges: ContrastRanges | None = None) -> Contrast:
    """Draw the look of one scan, T2 within `ranges` (the default ones if None)."""
    spread = ContrastRanges() if ranges is None else ranges
    by_physics = kind != "random" and spread.physics_share > 0 and rng.random() < spread.physics_share
    mean = _by_physics(rng, kind, spread) if by_physics else _freely(rng, kind, spread)
    fine, coarse = _draw_textures(rng)
    brain = list(BRAIN)
    for texture in (fine, coarse):
        texture[brain] *= spread.brain_texture / _DRAWN_BRAIN_TEXTURE
        texture[[T.MARROW, T.MASTOID]] *= spread.marrow_texture / _DRAWN_MARROW_TEXTURE
    if by_physics:  # what is dark in a scan is not rough in it
        for texture in (fine, coarse):
            np.minimum(texture, _ROUGHEST * mean, out=texture)
    if spread.csf_shading[1] > 0:
        coarse[T.CSF] = mean[T.CSF] * rng.uniform(*spread.csf_shading)
        coarse[T.CANAL_FLUID] = coarse[T.CSF] / 2
    if (by_physics or kind in ("ceT1", "T1")) and spread.dark_bone:  # what gives no signal has no texture
        for texture in (fine, coarse):
            texture[T.BONE] = min(texture[T.BONE], mean[T.BONE])
    for texture in (fine, coarse):  # the capsule is even, the darkest of all
        texture[T.OTIC_CAPSULE] = min(0.3 * texture[T.BONE], mean[T.OTIC_CAPSULE], 0.01)
    septa, rim = None, None
    if kind == "T2":
        _widen_t2(rng, spread, mean, fine, coarse, enhance=not by_physics)
        septa, rim = _draw_structure(rng, spread)
    if spread.parts_alike:
        mean[T.INTRAMEATAL_TUMOR] = mean[T.EXTRAMEATAL_TUMOR]
    streaked = spread.skull_base_share > 0 and rng.random() < spread.skull_base_share
    return Contrast(kind, mean, fine, coarse, septa, rim, draw_skull_base(rng) if streaked else None)


def _by_physics(rng: np.random.Generator, kind: ContrastKind, ranges: ContrastRanges) -> NDArray[np.float32]:
    enhanced = kind == "ceT1" or (kind == "T2" and rng.random() < ranges.enhanced_share)
    sequence = draw_t2_sequence(rng) if kind == "T2" else draw_t1_sequence(rng)
    return draw_means(rng, sequence, enhanced=enhanced, wet_mastoid_share=ranges.wet_mastoid_share)


def _freely(rng: np.random.Generator, kind: ContrastKind, ranges: ContrastRanges) -> NDArray[np.float32]:
    mean = np.zeros(len(Tissue), dtype=np.float32)
    if kind == "T2":
        _draw_t2(rng, mean, ranges)
    elif kind == "ceT1":
        _draw_cet1(rng, mean, ranges)
    elif kind == "T1":
        _draw_t1(rng, mean, ranges)
    else:
        mean[:] = rng.uniform(0, 1, len(Tissue))
        _tie_tumor_parts(rng, mean)
        return mean
    mean[T.OTIC_CAPSULE], mean[T.MODIOLUS] = 0.7 * mean[T.BONE], 0.25 * mean[T.LABYRINTH]
    return mean


def _widen_t2(
    rng: np.random.Generator,
    ranges: ContrastRanges,
    mean: NDArray[np.float32],
    fine: NDArray[np.float32],
    coarse: NDArray[np.float32],
    *,
    enhance: bool,
) -> None:
    """Redraw what the ranges ask for, in place; shares of 0 draw nothing, so that the other draws stay as they are."""
    u = rng.uniform
    if ranges.bright_tumor_share > 0 and u() < ranges.bright_tumor_share:
        tumor = [T.EXTRAMEATAL_TUMOR, T.INTRAMEATAL_TUMOR]
        mean[tumor] = u(*ranges.bright_tumor)
        fine[tumor], coarse[tumor] = u(*ranges.bright_tumor_texture), u(0.02, 0.2)
    if ranges.dim_canal_share > 0 and u() < ranges.dim_canal_share:
        mean[T.CANAL_FLUID] = u(0.45, 0.8)
    if enhance and ranges.enhanced_share > 0 and u() < ranges.enhanced_share:
        _enhance(rng, mean, fine, coarse)


def _enhance(
    rng: np.random.Generator, mean: NDArray[np.float32], fine: NDArray[np.float32], coarse: NDArray[np.float32]
) -> None:
    """Redraw what takes up contrast medium, as bright as CSF or brighter: CISS and FIESTA weigh T2 / T1.

    Veins outside the sinuses and dura are small vessels here, mucosa and glands are among the other tissues.
    """
    u = rng.uniform
    mean[T.VENOUS_SINUS] = u(0.6, 1.3)
    mean[T.SMALL_VESSEL] = u(0, 1.0)
    mean[T.CHOROID_PLEXUS] = u(0.6, 1.3)
    mean[T.ARTERY] = u(0, 1.0)
    mean[T.OTHER] = u(0.2, 1.2)
    mean[T.MARROW] = u(0.05, 0.8)
    mean[T.EXTRAMEATAL_TUMOR] = u(0.5, 1.3)
    _tie_tumor_parts(rng, mean)
    tumor = [T.EXTRAMEATAL_TUMOR, T.INTRAMEATAL_TUMOR]
    fine[tumor], coarse[tumor] = u(0.05, 0.4), u(0.05, 0.35)
    coarse[T.CSF] = u(0.02, 0.25)  # flow shows beside bright tissue


def _draw_structure(rng: np.random.Generator, ranges: ContrastRanges) -> tuple[Septa | None, float | None]:
    """Draw what a T2 scan shows inside a tumor and round it; shares of 0 draw nothing."""
    u = rng.uniform
    septa, rim = None, None
    if ranges.septated_share > 0 and u() < ranges.septated_share:
        darkest = u(0.35, 0.85)
        chamber_mm = float(np.exp(u(np.log(1.3), np.log(6.0))))
        septa = Septa(
            chamber_mm=chamber_mm,
            septum_mm=max(0.3, chamber_mm * u(*ranges.septum)),
            wall=u(*ranges.wall),
            chambers=(darkest, u(max(darkest, 0.7), ranges.brightest_chamber)),
        )
    if ranges.rim_share > 0 and u() < ranges.rim_share:
        rim = u(0.2, 0.8)
    return septa, rim


def _draw_t2(rng: np.random.Generator, mean: NDArray[np.float32], ranges: ContrastRanges) -> None:
    """Draw a CISS- or TSE-like contrast: fluid bright, bone and flow dark, tumor anywhere from brain to nearly CSF."""
    u = rng.uniform
    brain = u(0.12, 0.5)
    mean[T.CSF] = 1.0
    mean[T.CANAL_FLUID] = u(0.75, 1.05)
    mean[T.LABYRINTH] = u(0.6, 1.05)
    mean[T.COCHLEA] = mean[T.LABYRINTH] * u(0.85, 1.1)
    mean[T.PERITUMORAL_CYST] = u(0.75, 1.05)
    _draw_brain(rng, mean, brain, white=(0.75, 1.0), gray=(1.0, 1.35))
    mean[T.NERVE] = brain * u(0.6, 1.4)
    mean[T.AIR], mean[T.BONE] = u(0, 0.04), u(0, 0.12)
    mean[T.MARROW] = u(0.03, ranges.brightest_marrow)
    mean[T.MUSCLE] = u(0.03, 0.4)
    mean[T.FAT] = u(0.03, 0.3) if u() < 0.4 else u(0.3, 1.1)  # with and without fat saturation
    mean[T.ARTERY] = u(0, 0.15) if u() < 0.75 else u(0.15, 0.9)
    mean[T.SMALL_VESSEL] = u(0, 0.35)
    mean[T.VENOUS_SINUS] = u(0, 0.3) if u() < 0.5 else u(0.3, 1.0)
    mean[T.CHOROID_PLEXUS] = u(0.3, 0.95)
    mean[T.MASTOID] = u(0, 0.2) if u() < 1 - ranges.wet_mastoid_share else u(0.2, 0.95)
    mean[T.OTHER] = u(0.05, 0.9)
    lowest = 0.75 * brain
    mean[T.EXTRAMEATAL_TUMOR] = lowest + (ranges.brightest_even_tumor - lowest) * rng.beta(1.2, 1.5)
    mean[T.EXTRAMEATAL_CYST] = u(0.65, 1.05)
    _tie_tumor_parts(rng, mean)


def _draw_cet1(rng: np.random.Generator, mean: NDArray[np.float32], ranges: ContrastRanges) -> None:
    """Draw a contrast-enhanced T1: tumor, vessels, choroid plexus and, without saturation, fat are bright."""
    u = rng.uniform
    brain = u(0.3, 0.6)
    mean[[T.CSF, T.CANAL_FLUID, T.LABYRINTH, T.COCHLEA, T.PERITUMORAL_CYST]] = u(0.05, 0.25) * u(0.9, 1.1, 5)
    _draw_brain(rng, mean, brain, white=(1.0, 1.25), gray=(0.75, 1.0))
    mean[T.NERVE] = brain * u(0.8, 1.1)
    mean[T.AIR], mean[T.BONE] = u(0, 0.04), u(0, 0.05 if ranges.dark_bone else 0.15)
    mean[T.MARROW] = u(0.1, 1.1)
    mean[T.MUSCLE] = u(0.3, 0.65)
    mean[T.FAT] = u(0.05, 0.3) if u() < 0.3 else u(0.7, 1.4)
    mean[T.ARTERY] = u(0, 0.3) if u() < 0.3 else u(0.5, 1.3)
    mean[T.SMALL_VESSEL] = u(0.2, 1.1)
    mean[T.VENOUS_SINUS] = u(0.5, 1.3)
    mean[T.CHOROID_PLEXUS] = u(0.6, 1.1)
    mean[T.MASTOID] = u(0, 0.2) if u() < 0.75 else u(0.2, 0.8)
    mean[T.OTHER] = u(0.1, 1.0)
    mean[T.EXTRAMEATAL_TUMOR] = brain + u(0.15, 0.8)
    mean[T.EXTRAMEATAL_CYST] = u(0.1, 0.5)
    _tie_tumor_parts(rng, mean)


def _draw_t1(rng: np.random.Generator, mean: NDArray[np.float32], ranges: ContrastRanges) -> None:
    """Draw a T1 without contrast agent: white matter and fat bright, blood dark to gray, tumor as brain or darker.

    What is not enhanced looks as on a ceT1; blood that flows into a gradient echo's slab may be as bright as brain.
    """
    u = rng.uniform
    _draw_cet1(rng, mean, ranges)
    brain = float(mean[T.BRAINSTEM])
    mean[T.ARTERY] = brain * (u(0, 0.6) if u() < 0.7 else u(0.6, 1.5))
    mean[T.SMALL_VESSEL] = brain * u(0.2, 0.95)
    mean[T.VENOUS_SINUS] = brain * (u(0.1, 0.7) if u() < 0.7 else u(0.7, 1.0))
    mean[T.CHOROID_PLEXUS] = brain * u(0.4, 0.85)
    mean[T.MASTOID] = u(0, 0.2) if u() < 0.75 else brain * u(0.3, 0.8)
    mean[T.OTHER] = brain * u(0.3, 1.0)
    mean[T.EXTRAMEATAL_TUMOR] = brain * u(0.55, 1.0)
    mean[T.EXTRAMEATAL_CYST] = mean[T.CSF] * u(0.9, 1.8)
    _tie_tumor_parts(rng, mean)


def _draw_brain(
    rng: np.random.Generator,
    mean: NDArray[np.float32],
    brain: float,
    white: tuple[float, float],
    gray: tuple[float, float],
) -> None:
    w, g = rng.uniform(*white), rng.uniform(*gray)
    mean[T.BRAINSTEM] = brain * rng.uniform(0.85, 1.1)
    for factor, tissues in ((w, (T.CEREBELLAR_WHITE, T.CEREBRAL_WHITE)), (g, (T.CEREBELLAR_GRAY, T.CEREBRAL_GRAY))):
        for tissue in tissues:
            mean[tissue] = brain * factor * rng.uniform(0.95, 1.05)


def _tie_tumor_parts(rng: np.random.Generator, mean: NDArray[np.float32]) -> None:
    """Give both parts of the tumor nearly one intensity; `ContrastRanges.parts_alike` makes them equal."""
    mean[T.INTRAMEATAL_TUMOR] = mean[T.EXTRAMEATAL_TUMOR] * rng.uniform(0.85, 1.1)
    mean[T.INTRAMEATAL_CYST] = mean[T.EXTRAMEATAL_CYST]


def _draw_textures(rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw textures: fluid smooth, brain faint, tumor from flat to very uneven, skull base and muscle most uneven."""
    fine = rng.uniform(0.005, 0.05, len(Tissue)).astype(np.float32)
    coarse = rng.uniform(0.005, 0.05, len(Tissue)).astype(np.float32)
    rough = [T.MARROW, T.MUSCLE, T.FAT, T.MASTOID, T.OTHER, T.VENOUS_SINUS]
    fine[rough] = rng.uniform(0.02, 0.35, len(rough))
    coarse[rough] = rng.uniform(0.02, 0.3, len(rough))
    fine[T.BONE], coarse[T.BONE] = rng.uniform(0, 0.1, 2)
    fine[T.MASTOID] = rng.uniform(0.03, 0.4)
    tumor = [T.EXTRAMEATAL_TUMOR, T.INTRAMEATAL_TUMOR]
    fine[tumor] = np.exp(rng.uniform(np.log(0.01), np.log(0.22)))
    coarse[tumor] = np.exp(rng.uniform(np.log(0.01), np.log(0.2)))
    coarse[T.CSF] = rng.uniform(0, 0.12) if rng.random() < 0.5 else 0.01  # flow
    coarse[T.AIR] = fine[T.AIR] = 0.005
    return fine, coarse

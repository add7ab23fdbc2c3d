"""The look of one scan by physics: a sequence, with or without fat saturation and contrast medium, and its tissues."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from Training.synthesis import physics
from Training.synthesis.physics import Relaxation, Signal
from Training.synthesis.tissues import Tissue

T = Tissue
Sequence = Callable[[Relaxation], Signal]

_RELAXATION: dict[Tissue, Relaxation] = {
    T.MARROW: physics.RED_MARROW,
    T.MUSCLE: physics.MUSCLE,
    T.FAT: physics.FAT,
    T.CSF: physics.CSF,
    T.BRAINSTEM: physics.WHITE._replace(t2_ms=82, density=0.74),
    T.CEREBELLAR_WHITE: physics.WHITE,
    T.CEREBELLAR_GRAY: physics.GRAY,
    T.CEREBRAL_WHITE: physics.WHITE,
    T.CEREBRAL_GRAY: physics.GRAY,
    T.ARTERY: physics.BLOOD,
    T.VENOUS_SINUS: physics.BLOOD,
    T.OTHER: physics.MUCOSA,
    T.NERVE: physics.NERVE,
    T.LABYRINTH: physics.CSF,
    T.COCHLEA: physics.CSF,
    T.SMALL_VESSEL: physics.BLOOD,
    T.CHOROID_PLEXUS: physics.CHOROID_PLEXUS,
    T.CANAL_FLUID: physics.CSF,
    T.MASTOID: physics.MUCOSA,
    T.EXTRAMEATAL_TUMOR: physics.COMPACT_TUMOR,
    T.INTRAMEATAL_TUMOR: physics.COMPACT_TUMOR,
    T.EXTRAMEATAL_CYST: physics.CYST,
    T.INTRAMEATAL_CYST: physics.CYST,
    T.PERITUMORAL_CYST: physics.CSF,
}
"""Of what gives signal: air and dense bone do not."""
_TUMOR = (T.EXTRAMEATAL_TUMOR, T.INTRAMEATAL_TUMOR)
_ALIKE = (
    (T.INTRAMEATAL_TUMOR, T.EXTRAMEATAL_TUMOR),
    (T.INTRAMEATAL_CYST, T.EXTRAMEATAL_CYST),
    (T.CANAL_FLUID, T.CSF),
    (T.COCHLEA, T.LABYRINTH),
)
"""The first has the relaxation of the second."""
_SPREAD = 0.08
"""Relative standard deviation of T1 and T2 from head to head."""
_TUMOR_SPREAD = 0.4
"""Tumors vary by that much, up and down: few values are published."""
_ENHANCING = (T.VENOUS_SINUS, T.SMALL_VESSEL, T.ARTERY, T.CHOROID_PLEXUS, T.OTHER, T.MARROW)


@dataclass(frozen=True, kw_only=True)
class DrawnSequence:
    """One sequence with its settings."""

    name: str
    signal: Sequence
    unit: float
    """What its signal is told in: CSF's on T2, an enhanced tumor's on T1."""
    flow_void: bool
    """Blood that moves gives no signal, as in spin echoes."""
    in_flow: bool
    """Blood that flows in is bright, as in gradient echoes."""
    fat_saturated: bool


def draw_t2_sequence(rng: np.random.Generator, balanced_share: float = 0.6) -> DrawnSequence:
    """Draw a balanced steady state or a turbo spin echo."""
    u = rng.uniform
    fat_saturated = bool(u() < 0.25)
    if u() < balanced_share:
        tr = u(4.5, 12)
        signal: Sequence = partial(physics.balanced_ssfp, flip_deg=u(40, 80), tr_ms=tr, te_ms=tr / 2)
        return _drawn("CISS", signal, physics.CSF, flow_void=False, in_flow=False, fat_saturated=fat_saturated)
    te = float(np.exp(u(np.log(85), np.log(260))))
    driven = bool(u() < 0.5)
    tr = u(700, 1800) if driven else u(2500, 6000)
    signal = partial(physics.turbo_spin_echo, te_ms=te, tr_ms=tr, driven=driven)
    return _drawn("TSE", signal, physics.CSF, flow_void=True, in_flow=False, fat_saturated=fat_saturated)


def draw_t1_sequence(rng: np.random.Generator) -> DrawnSequence:
    """Draw a spoiled gradient echo, a spin echo or an inversion recovery."""
    u = rng.uniform
    fat_saturated = bool(u() < 0.35)
    share = u()
    if share < 0.6:
        signal: Sequence = partial(physics.spoiled_gradient_echo, flip_deg=u(12, 32), tr_ms=u(6, 30), te_ms=u(1.5, 6))
        return _drawn(
            "FLASH", signal, physics.ENHANCED_TUMOR, flow_void=False, in_flow=True, fat_saturated=fat_saturated
        )
    if share < 0.8:
        signal = partial(physics.turbo_spin_echo, te_ms=u(8, 16), tr_ms=u(400, 750))
        return _drawn("SE", signal, physics.ENHANCED_TUMOR, flow_void=True, in_flow=False, fat_saturated=fat_saturated)
    signal = partial(physics.inversion_recovery, ti_ms=u(750, 1100), tr_ms=u(1700, 2400), te_ms=u(2, 5))
    return _drawn("MPRAGE", signal, physics.ENHANCED_TUMOR, flow_void=False, in_flow=True, fat_saturated=fat_saturated)


def _drawn(
    name: str, signal: Sequence, unit: Relaxation, *, flow_void: bool, in_flow: bool, fat_saturated: bool
) -> DrawnSequence:
    return DrawnSequence(
        name=name, signal=signal, unit=float(signal(unit)),
        flow_void=flow_void, in_flow=in_flow, fat_saturated=fat_saturated,
    )  # fmt: skip


def draw_relaxation(rng: np.random.Generator, *, enhanced: bool) -> Relaxation:
    """Return T1, T2 and proton density over `Tissue` of one head; what gives no signal has density 0."""
    t1, t2, density = np.full((3, len(Tissue)), 1.0)
    density[:] = 0.0
    for tissue, usual in _RELAXATION.items():
        t1[tissue], t2[tissue], density[tissue] = usual
    looseness = rng.beta(0.8, 1.2)
    for values, compact, loose in zip((t1, t2, density), physics.COMPACT_TUMOR, physics.LOOSE_TUMOR, strict=True):
        values[list(_TUMOR)] = float(compact) ** (1 - looseness) * float(loose) ** looseness  # type: ignore[arg-type]
    field = rng.uniform(1.0, 1.25)  # T1 of tissue grows from 1.5 to 3 T, that of fluid does not
    for values, spread in ((t1, _SPREAD), (t2, _SPREAD), (density, 0.04)):
        np.multiply(values, np.exp(rng.normal(0, spread, len(Tissue))), out=values)
    t1[t1 < 2000] *= field
    for values in (t1, t2):
        values[T.EXTRAMEATAL_TUMOR] *= rng.uniform(1 - _TUMOR_SPREAD, 1 + _TUMOR_SPREAD)
        values[T.EXTRAMEATAL_CYST] *= rng.uniform(1 - _TUMOR_SPREAD, 1 + _TUMOR_SPREAD)
    t2[:] = np.minimum(t2, t1)
    for tissue, other in _ALIKE:
        t1[tissue], t2[tissue], density[tissue] = t1[other], t2[other], density[other]
    relaxation = Relaxation(t1, t2, density)
    return relaxation.enhanced(_uptake(rng), rng.uniform(0.5, 1.2)) if enhanced else relaxation


def _uptake(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return by how much 1 / T1 grows in every tissue, in 1/s: 2.1 in the tumor of the check values."""
    rate = np.zeros(len(Tissue))
    rate[list(_ENHANCING)] = rng.uniform(0.3, 4.0, len(_ENHANCING))
    rate[T.MARROW] *= 0.2
    rate[list(_TUMOR)] = np.exp(rng.uniform(np.log(0.9), np.log(4.5)))
    return rate


def draw_means(
    rng: np.random.Generator, sequence: DrawnSequence, *, enhanced: bool, wet_mastoid_share: float
) -> NDArray[np.float32]:
    """Return the intensity of every tissue for one scan, float32, in the sequence's unit."""
    u = rng.uniform
    mean = np.asarray(sequence.signal(draw_relaxation(rng, enhanced=enhanced)) / sequence.unit)
    if sequence.name == "TSE":
        mean[T.FAT] *= u(1.0, 2.5)  # fast echoes undo the coupling that shortens fat's T2
    fat = mean[T.FAT]
    yellow = u(0.2, 1.0)
    if sequence.fat_saturated:
        fat *= u(0.03, 0.25)
    mean[T.FAT] = fat
    mean[T.MARROW] = (yellow * fat + (1 - yellow) * mean[T.MARROW]) * u(0.25, 1.0)  # trabeculae dephase it
    mean[T.MASTOID] *= u(0.3, 1.1) if u() < wet_mastoid_share else u(0, 0.2)
    mean[T.CANAL_FLUID] *= u(0.85, 1.03)
    mean[[T.LABYRINTH, T.COCHLEA]] *= u(0.8, 1.08)
    mean[T.OTHER] *= u(0.3, 1.2)
    mean[T.AIR], mean[T.BONE] = u(0, 0.02), u(0, 0.03)
    mean[T.OTIC_CAPSULE], mean[T.MODIOLUS] = mean[T.BONE] * u(0.5, 1.0), mean[T.LABYRINTH] * u(0.05, 0.5)
    _let_flow(rng, mean, sequence)
    return mean.astype(np.float32)


def _let_flow(rng: np.random.Generator, mean: Signal, sequence: DrawnSequence) -> None:
    """Dim or brighten blood by how it moves, in place: fast in arteries, slow in sinuses."""
    u = rng.uniform
    if sequence.flow_void:
        factors = u(0, 0.2), u(0, 0.9), u(0.1, 0.9)
    elif sequence.in_flow:
        factors = u(0.9, 1.6), u(0.7, 1.4), u(0.7, 1.3)
    else:
        factors = u(0, 0.6), u(0.3, 1.2), u(0.2, 1.0)
    for tissue, factor in zip((T.ARTERY, T.VENOUS_SINUS, T.SMALL_VESSEL), factors, strict=True):
        mean[tissue] *= factor

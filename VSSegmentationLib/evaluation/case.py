"""One predicted labelmap against one reference: every metric of every structure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import Mask
from VSSegmentationLib.errors import EmptyMaskError, GeometryError
from VSSegmentationLib.evaluation.boundary import boundary_sheet
from VSSegmentationLib.evaluation.lesions import LesionCounts, lesion_counts
from VSSegmentationLib.evaluation.metrics import (
    DEFAULT_STRUCTURES,
    METRICS,
    Presence,
    Score,
    presence_of,
)
from VSSegmentationLib.evaluation.overlap import Confusion, confusion
from VSSegmentationLib.evaluation.surface import SurfaceDistances, distances_between, surface_distances
from VSSegmentationLib.evaluation.window import joint_window
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.label_set import LabelSet, Structure
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume

T = TypeVar("T")

MAX_SHEAR_DEG = 0.1
"""Distances are taken along the axes of the grid, which have to be at right angles; 0.1 degrees are 0.2 mm in 100."""

_MISSING_REASONS = {
    Presence.MISSED: "missed: the prediction holds none",
    Presence.INVENTED: "invented: the reference holds none",
    Presence.ABSENT: "absent: neither holds any",
}


@dataclass(frozen=True, kw_only=True)
class StructureScores:
    """How well one structure of one case agrees."""

    structure: Structure
    presence: Presence
    scores: tuple[Score, ...]
    """In the order of `METRICS`; the boundary has distances only."""

    __repr__ = short_repr

    def __getitem__(self, metric: str) -> Score:
        """Return the score of a metric by its id.

        Raises:
            KeyError: If it was not measured, with those that were.
        """
        return _named({score.metric: score for score in self.scores}, metric)


@dataclass(frozen=True, kw_only=True)
class CaseScores:
    """How well one case agrees."""

    structures: tuple[StructureScores, ...]
    lesions: LesionCounts
    """Of the whole tumor."""

    def __getitem__(self, structure: str) -> StructureScores:
        """Return how well one structure agrees: `whole`, `em`, `im`, `boundary`.

        Raises:
            KeyError: If it was not compared, with those that were.
        """
        return _named({str(each.structure): each for each in self.structures}, structure)

    def __repr__(self) -> str:
        told = [f"{each.structure}: {each.presence}" for each in self.structures]
        return f"CaseScores({', '.join([*told, str(self.lesions)])})"


def _named(values: Mapping[str, T], name: str) -> T:
    if name not in values:
        msg = f"there is no {name!r}, there are {', '.join(values)}"
        raise KeyError(msg)
    return values[name]


def evaluate_case(
    prediction: Volume,
    reference: Volume,
    structures: Sequence[Structure] = DEFAULT_STRUCTURES,
    label_set: LabelSet = VESTIBULAR_SCHWANNOMA_LABELS,
) -> CaseScores:
    """Compare a labelmap with the reference, structure by structure.

    Where one labelmap lacks a structure, Dice is 0 and every distance has no value but the reason, `missed` or
    `invented`; where both lack it there is nothing to measure but specificity and volumes, and the reason is `absent`.

    Args:
        prediction: uint8 labelmap of values of the set.
        reference: uint8 labelmap on the same grid.
        structures: What to compare, in this order.
        label_set: What the values mean; it tells which of them are the tumor, whose components are counted.

    Raises:
        GeometryError: If the grids differ, or their axes are not at right angles.
    """
    _check_grids(prediction, reference)
    window = joint_window(prediction.array, reference.array) or (slice(0), slice(0), slice(0))
    pair = _Pair(
        prediction=prediction.array[window],
        reference=reference.array[window],
        spacing_dhw_mm=reference.spacing_dhw_mm,
        voxels_outside=prediction.array.size - prediction.array[window].size,
        voxel_mm3=geometry.voxel_volume_mm3(reference.dhw_to_ras),
    )
    return CaseScores(
        structures=tuple(_scores(structure, pair) for structure in structures),
        lesions=lesion_counts(label_set.tumor_mask(pair.prediction), label_set.tumor_mask(pair.reference)),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Pair:
    prediction: NDArray[np.uint8]
    reference: NDArray[np.uint8]
    spacing_dhw_mm: Triplet
    voxels_outside: int
    voxel_mm3: float

    def masks(self, structure: Structure) -> tuple[Mask, Mask]:
        if structure.border is not None:
            return boundary_sheet(self.prediction, structure.border), boundary_sheet(self.reference, structure.border)
        return np.isin(self.prediction, structure.values), np.isin(self.reference, structure.values)


def _scores(structure: Structure, pair: _Pair) -> StructureScores:
    prediction, reference = pair.masks(structure)
    presence = presence_of(in_prediction=bool(prediction.any()), in_reference=bool(reference.any()))
    measure = surface_distances if structure.border is None else distances_between
    scores = _distance_scores(presence, measure(prediction, reference, pair.spacing_dhw_mm))
    if structure.border is None:
        counts = confusion(prediction, reference, voxels_outside=pair.voxels_outside)
        scores |= _overlap_scores(presence, counts, pair.voxel_mm3)
    return StructureScores(
        structure=structure,
        presence=presence,
        scores=tuple(scores[metric.id] for metric in METRICS if metric.id in scores),
    )


def _distance_scores(presence: Presence, distances: SurfaceDistances) -> dict[str, Score]:
    values = {
        "assd": distances.mean_of_directed_means_mm,
        "assd_pooled": distances.pooled_mean_mm,
        "hd95": distances.hausdorff_mm(95.0),
        "hd": distances.hausdorff_mm(),
    }
    return {metric: _score(metric, value, presence) for metric, value in values.items()}


def _overlap_scores(presence: Presence, counts: Confusion, voxel_mm3: float) -> dict[str, Score]:
    volumes_cm3 = {
        "volume_prediction": (counts.true_positive + counts.false_positive) * voxel_mm3 / 1000,
        "volume_reference": (counts.true_positive + counts.false_negative) * voxel_mm3 / 1000,
    }
    scores = {metric: Score(metric=metric, value=value) for metric, value in volumes_cm3.items()}
    scores["dice"] = _score("dice", counts.dice, presence)
    scores["rve"] = _score("rve", counts.relative_volume_error, presence)
    shares: dict[str, Callable[[Confusion], float]] = {
        "sensitivity": lambda c: c.sensitivity,
        "precision": lambda c: c.precision,
        "specificity": lambda c: c.specificity,
    }
    for metric, share in shares.items():
        try:
            scores[metric] = Score(metric=metric, value=share(counts))
        except EmptyMaskError:  # a share of nothing
            scores[metric] = Score(metric=metric, value=None, reason=_MISSING_REASONS.get(presence, "no background"))
    return scores


def _score(metric: str, value: float, presence: Presence) -> Score:
    if presence == Presence.ABSENT or math.isinf(value):
        return Score(metric=metric, value=None, reason=_MISSING_REASONS[presence])
    return Score(metric=metric, value=value)


def _check_grids(prediction: Volume, reference: Volume) -> None:
    if not prediction.same_grid(reference):
        texts = _grid_text(prediction), _grid_text(reference)
        msg = (
            f"the prediction lies on another grid ({texts[0]}) than its reference ({texts[1]}"
            f"{', in another place' if texts[0] == texts[1] else ''}); resample one of them onto the other's grid"
        )
        raise GeometryError(msg)
    shear_deg = geometry.shear_deg(reference.dhw_to_ras)
    if shear_deg > MAX_SHEAR_DEG:
        msg = (
            f"the axes of the labelmaps are sheared by {shear_deg:.1f} degrees (at most {MAX_SHEAR_DEG:g} can be "
            "ignored); resample both onto a grid with right angles"
        )
        raise GeometryError(msg)


def _grid_text(volume: Volume) -> str:
    spacing = " x ".join(f"{mm:.3g}" for mm in volume.spacing_dhw_mm)
    return f"{' x '.join(map(str, volume.shape))} voxels of {spacing} mm along D, H, W"

"""From probabilities to one tumor: components, plausibility, the choice, filled holes and tidy labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import NEIGHBORS_26, number_pieces
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.inference.config import PlausibilityConfig
from VSSegmentationLib.inference.locate import Pori, Side, side_of
from VSSegmentationLib.preprocessing import Grid, Slab
from VSSegmentationLib.short_repr import short_repr

_LISTED = 10
"""Candidates beyond these few are noise that nobody reads."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A connected set of voxels that the network takes for tumor."""

    volume_mm3: float
    centroid_ras_mm: Triplet
    side: Side | None
    """The patient's; None where the scan does not tell."""
    mean_probability: float
    porus_distance_mm: float | None
    """From its nearest voxel to the nearest porus; None where no porus is known."""
    plausible: bool
    reason: str
    """Why it is not the tumor; empty for the one that is."""

    __repr__ = short_repr


class FoundVoxels(NamedTuple):
    """What the network says about each voxel of a part of the scan, axes to superior, anterior, right."""

    tumor_probability: NDArray[np.float16]
    """(D, H, W): all tumor classes together."""
    likeliest_label: NDArray[np.uint8]
    """(D, H, W): the tumor label with the largest probability, whatever the background has."""
    grid: Grid
    organ: NDArray[np.uint8] | None = None
    """(D, H, W): the organ that is likelier than anything else, 0 where none is; None if the model gives no organs."""


class Choice(NamedTuple):
    """The tumor, as a labelmap on the grid of the voxels found, and all that was weighed."""

    labelmap: NDArray[np.uint8]
    tumor: Candidate | None
    candidates: tuple[Candidate, ...]
    """The others, the most tumor-like first."""


def found_voxels(
    slabs: Iterable[Slab], grid: Grid, labels: Sequence[int], tumor_classes: Sequence[int], organ_classes: Sequence[int]
) -> FoundVoxels:
    """Return what class probabilities say of tumor and organs.

    Args:
        slabs: (K, 1, H, W) of each slice of the grid, in order; the classes exclude each other, the background first.
        grid: Where the voxels are.
        labels: (K,) value that each class has in a labelmap.
        tumor_classes: Which of them are parts of the tumor.
        organ_classes: Which are organs.
    """
    tumor, organs = list(tumor_classes), list(organ_classes)
    values = np.array(labels, np.uint8)
    tumor_labels, organ_labels = values[tumor], np.where(np.isin(np.arange(len(values)), organs), values, np.uint8(0))
    probability = np.zeros(grid.shape, np.float16)
    likeliest = np.zeros(grid.shape, np.uint8)
    organ = np.zeros(grid.shape, np.uint8) if organs else None
    for slab in slabs:
        parts = slab.array[tumor, 0]
        probability[slab.start] = parts.sum(axis=0)
        likeliest[slab.start] = tumor_labels[parts.argmax(axis=0)]
        if organ is not None:
            organ[slab.start] = organ_labels[slab.array[:, 0].argmax(axis=0)]
    return FoundVoxels(probability, likeliest, grid, organ)


def choose_tumor(found: FoundVoxels, pori: Pori, scan: Grid, config: PlausibilityConfig) -> Choice:
    """Pick the component with the largest volume times mean probability times nearness to a porus.

    Args:
        found: Probabilities on a part of the scan, or all of it.
        pori: As far as known.
        scan: Grid of the whole scan, axes to superior, anterior, right.
        config: What is plausible.
    """
    components, voxel_counts = number_pieces(found.tumor_probability >= config.probability)
    count = len(voxel_counts)
    empty = np.zeros(found.grid.shape, np.uint8)
    if count == 0:
        return Choice(empty, None, ())
    facts = _facts(components, count, found, pori)
    order = np.argsort(-facts.volume_mm3 * facts.mean_probability * _nearness(facts, config), kind="stable")
    kept = [int(i) for i in order if facts.volume_mm3[i] >= config.min_volume_mm3]
    candidates = {i: _candidate(i, facts, pori, scan, config) for i in kept[: _LISTED + 1]}
    chosen = next((i for i, candidate in candidates.items() if candidate.plausible), None)
    others = tuple(candidate for i, candidate in candidates.items() if i != chosen)[:_LISTED]
    if chosen is None:
        return Choice(empty, None, others)
    window = ndimage.find_objects(components, chosen + 1)[chosen]
    mask = ndimage.binary_fill_holes(components[window] == chosen + 1)
    voxel_mm3 = geometry.voxel_volume_mm3(found.grid.dhw_to_ras)
    empty[window] = tidy_labels(np.where(mask, found.likeliest_label[window], 0), voxel_mm3, config.islet_mm3)
    tumor = candidates[chosen]
    return Choice(empty, replace(tumor, reason=""), others)


class _Facts(NamedTuple):
    volume_mm3: NDArray[np.float64]
    mean_probability: NDArray[np.float64]
    centroid_ras_mm: NDArray[np.float64]
    porus_distance_mm: NDArray[np.float64] | None


def _facts(components: NDArray[Any], count: int, found: FoundVoxels, pori: Pori) -> _Facts:
    """Sum up slice by slice: coordinates of every voxel at once could be larger than the scan."""
    affine = found.grid.dhw_to_ras
    centers = np.array(pori.centers_ras_mm()).reshape(-1, 3)
    size, probability = np.zeros(count), np.zeros(count)
    index_sum, nearest = np.zeros((count, 3)), np.full(count, np.inf)
    for depth, plane in enumerate(components):
        heights, widths = np.nonzero(plane)
        which = plane[heights, widths] - 1
        indices = np.stack([np.full(len(which), depth), heights, widths], axis=1)
        size += np.bincount(which, minlength=count)
        probability += np.bincount(which, found.tumor_probability[depth, heights, widths], count)
        for axis in range(3):
            index_sum[:, axis] += np.bincount(which, indices[:, axis], count)
        if len(centers):
            points = geometry.transform_points(affine, indices)
            distance = np.min([np.linalg.norm(points - center, axis=1) for center in centers], axis=0)
            np.minimum.at(nearest, which, distance)
    return _Facts(
        volume_mm3=size * geometry.voxel_volume_mm3(affine),
        mean_probability=probability / size,
        centroid_ras_mm=geometry.transform_points(affine, index_sum / size[:, None]),
        porus_distance_mm=nearest if len(centers) else None,
    )


def _nearness(facts: _Facts, config: PlausibilityConfig) -> NDArray[np.float64]:
    """Return 1 where a component reaches a porus, 0 where it is too far from both; 1 everywhere if none is known."""
    if facts.porus_distance_mm is None:
        return np.ones_like(facts.volume_mm3)
    span = config.max_porus_distance_mm - config.sure_porus_distance_mm
    return np.clip((config.max_porus_distance_mm - facts.porus_distance_mm) / span, 0.0, 1.0)


def _candidate(index: int, facts: _Facts, pori: Pori, scan: Grid, config: PlausibilityConfig) -> Candidate:
    x, y, z = facts.centroid_ras_mm[index].tolist()
    mean = float(facts.mean_probability[index])
    distance = None if facts.porus_distance_mm is None else float(facts.porus_distance_mm[index])
    doubts = []
    if distance is not None and distance > config.max_porus_distance_mm:
        doubts.append(f"{distance:.0f} mm from the nearest porus, more than {config.max_porus_distance_mm:.0f} mm")
    if mean < config.min_mean_probability:
        doubts.append(f"mean probability {mean:.2f}, below {config.min_mean_probability:.2f}")
    return Candidate(
        volume_mm3=float(facts.volume_mm3[index]),
        centroid_ras_mm=(x, y, z),
        side=side_of((x, y, z), pori, scan),
        mean_probability=mean,
        porus_distance_mm=distance,
        plausible=not doubts,
        reason="; ".join(doubts) or "another component is larger, surer or nearer to a porus",
    )


def tidy_labels(labelmap: NDArray[np.uint8], voxel_mm3: float, islet_mm3: float) -> NDArray[np.uint8]:
    """Give small stray pieces of one part of a tumor to the part that most of the voxels round them belong to.

    Of each part the largest piece stays whatever its size.

    Args:
        labelmap: (D, H, W) of one tumor, not changed.
        voxel_mm3: Volume of a voxel.
        islet_mm3: Pieces smaller than this are given away.
    """
    tidy = labelmap.copy()
    parts = [int(value) for value in np.unique(labelmap) if value]
    for part in reversed(parts if len(parts) > 1 else []):
        pieces, voxel_counts = number_pieces(tidy == part)
        before = tidy.copy()
        for index, place in enumerate(ndimage.find_objects(pieces)):
            if index != voxel_counts.argmax() and voxel_counts[index] * voxel_mm3 < islet_mm3:
                around = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in place or ())
                islet = pieces[around] == index + 1
                tidy[around][islet] = _label_round(islet, before[around], part)
    return tidy


def _label_round(islet: NDArray[np.bool_], labels: NDArray[np.uint8], own: int) -> int:
    """Return the part that most voxels beside an islet have; its own where nothing but background is there."""
    beside = labels[ndimage.binary_dilation(islet, NEIGHBORS_26) & ~islet]
    counts = np.bincount(beside, minlength=own + 1)
    counts[[0, own]] = 0
    return int(counts.argmax()) if counts.any() else own

"""From probabilities to one tumor: components, plausibility, the choice, filled holes and tidy labels."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import NEIGHBORS_26, number_pieces
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.inference.certainty import CertaintyConfig, Verdict
from VSSegmentationLib.inference.config import PlausibilityConfig
from VSSegmentationLib.inference.locate import Pori, Side, side_of
from VSSegmentationLib.preprocessing import Grid, Slab
from VSSegmentationLib.short_repr import short_repr

_AS_LIKELY_AS_NOT = 0.5
_HARDLY_LIKELY = 0.05
"""Below it nothing is looked at: no model takes for tumor what is less likely."""
_MOST_DECIMALS = 6
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
    uncertain: str = ""
    """Of the one that is: why it is uncertain; empty where nothing is."""
    mean_over_looks: float | None = None
    """Mean probability over all turned looks; None where nothing was looked at again."""

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
    mean_over_looks: NDArray[np.float16] | None = None
    """(D, H, W): of tumor voxels the mean tumor probability over all turned looks; NaN where nothing was looked at
    again. None where nothing was at all."""


class Choice(NamedTuple):
    """The tumor, as a labelmap on the grid of the voxels found, and all that was weighed."""

    labelmap: NDArray[np.uint8]
    tumor: Candidate | None
    candidates: tuple[Candidate, ...]
    """The others, the most tumor-like first."""


def found_voxels(
    slabs: Iterable[Slab],
    grid: Grid,
    labels: Sequence[int],
    tumor_classes: Sequence[int],
    organ_classes: Sequence[int],
    *,
    nested: bool = False,
) -> FoundVoxels:
    """Return what class probabilities say of tumor and organs.

    Args:
        slabs: (K, 1, H, W) of each slice of the grid, in order; the classes exclude each other, the background first.
        grid: Where the voxels are.
        labels: (K,) value that each class has in a labelmap.
        tumor_classes: Which of them are parts of the tumor.
        organ_classes: Which are organs.
        nested: Tumor classes lie one inside the other, the outermost first: a voxel has the label of the innermost
            region that is as likely as not, not of the likeliest class.
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
        box = _anything(slab.array[0, 0])
        if box is None:
            continue
        likeliest[slab.start][box] = tumor_labels[
            _innermost(parts[:, *box]) if nested else parts[:, *box].argmax(axis=0)
        ]
        if organ is not None:
            organ[slab.start][box] = organ_labels[slab.array[:, 0, *box].argmax(axis=0)]
    return FoundVoxels(probability, likeliest, grid, organ)


def _anything(background: NDArray[np.floating[Any]]) -> tuple[slice, slice] | None:
    """Return the box of a slice in which anything but background may be; None if nothing is anywhere.

    A hole of a tumor lies inside the box, and outside of it nobody asks which class is the likeliest.
    """
    there = background <= 1 - _HARDLY_LIKELY
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    if not len(rows):
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _innermost(parts: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Return which of the nested parts (K, H, W) is the innermost whose region is as likely as not; at least the first.

    A region is its part and all parts inside it.
    """
    regions = parts[::-1].cumsum(axis=0)[::-1]
    return np.asarray(np.maximum((regions >= _AS_LIKELY_AS_NOT).sum(axis=0) - 1, 0))


def choose_tumor(
    found: FoundVoxels, pori: Pori, scan: Grid, config: PlausibilityConfig, certainty: CertaintyConfig
) -> Choice:
    """Pick the component with the largest volume times mean probability times nearness to a porus.

    Args:
        found: Probabilities on a part of the scan, or all of it.
        pori: As far as known.
        scan: Grid of the whole scan, axes to superior, anterior, right.
        config: How components come about and are weighed.
        certainty: Which of them may be tumor, and which are so without a doubt.
    """
    components, voxel_counts = number_pieces(found.tumor_probability >= config.probability)
    count = len(voxel_counts)
    empty = np.zeros(found.grid.shape, np.uint8)
    if count == 0:
        return Choice(empty, None, ())
    facts = _facts(components, count, found, pori)
    order = np.argsort(-facts.volume_mm3 * facts.mean_probability * _nearness(facts, config, certainty), kind="stable")
    kept = [int(i) for i in order if facts.volume_mm3[i] >= config.min_volume_mm3]
    candidates = {i: _candidate(i, facts, pori, scan, certainty) for i in kept[: _LISTED + 1]}
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
    mean_over_looks: NDArray[np.float64] | None
    """NaN for one that was not looked at again."""


def _facts(components: NDArray[Any], count: int, found: FoundVoxels, pori: Pori) -> _Facts:
    """Sum up slice by slice: coordinates of every voxel at once could be larger than the scan."""
    affine = found.grid.dhw_to_ras
    centers = np.array(pori.centers_ras_mm()).reshape(-1, 3)
    size, probability = np.zeros(count), np.zeros(count)
    over_looks = None if found.mean_over_looks is None else np.zeros(count)
    index_sum, nearest = np.zeros((count, 3)), np.full(count, np.inf)
    for depth, plane in enumerate(components):
        heights, widths = np.nonzero(plane)
        which = plane[heights, widths] - 1
        indices = np.stack([np.full(len(which), depth), heights, widths], axis=1)
        size += np.bincount(which, minlength=count)
        probability += np.bincount(which, found.tumor_probability[depth, heights, widths], count)
        if over_looks is not None and found.mean_over_looks is not None:
            over_looks += np.bincount(which, found.mean_over_looks[depth, heights, widths], count)
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
        mean_over_looks=None if over_looks is None else over_looks / size,
    )


def _nearness(facts: _Facts, config: PlausibilityConfig, certainty: CertaintyConfig) -> NDArray[np.float64]:
    """Return 1 where a component reaches a porus, 0 where it is too far from both; 1 everywhere if none is known."""
    if facts.porus_distance_mm is None:
        return np.ones_like(facts.volume_mm3)
    farthest = certainty.porus_distance_mm.accepted
    span = farthest - config.sure_porus_distance_mm
    return np.clip((farthest - facts.porus_distance_mm) / span, 0.0, 1.0)


def _candidate(index: int, facts: _Facts, pori: Pori, scan: Grid, certainty: CertaintyConfig) -> Candidate:
    x, y, z = facts.centroid_ras_mm[index].tolist()
    mean = float(facts.mean_probability[index])
    distance = None if facts.porus_distance_mm is None else float(facts.porus_distance_mm[index])
    looks = None if facts.mean_over_looks is None else float(facts.mean_over_looks[index])
    looks = None if looks is None or np.isnan(looks) else looks
    doubts = list(_doubts(mean, distance, looks, certainty))
    refused = [each.because for each in doubts if each.verdict == "refused"]
    return Candidate(
        volume_mm3=float(facts.volume_mm3[index]),
        centroid_ras_mm=(x, y, z),
        side=side_of((x, y, z), pori, scan),
        mean_probability=mean,
        porus_distance_mm=distance,
        plausible=not refused,
        reason="; ".join(refused) or "another component is larger, surer or nearer to a porus",
        uncertain="; ".join(each.because for each in doubts if each.verdict == "uncertain"),
        mean_over_looks=looks,
    )


class _Doubt(NamedTuple):
    verdict: Verdict
    because: str


def _doubts(mean: float, distance: float | None, looks: float | None, certainty: CertaintyConfig) -> Iterator[_Doubt]:
    """Yield what speaks against a tumor, each with the limit that it is beyond."""
    if distance is not None:
        near = certainty.porus_distance_mm
        verdict = near.verdict(distance)
        limit = near.accepted if verdict == "refused" else near.certain
        if verdict != "certain":
            told, beyond = _told_apart(distance, limit, 0)
            yield _Doubt(verdict, f"{told} mm from the nearest porus, more than {beyond} mm")
    for name, value, sure in (
        ("mean probability", mean, certainty.mean_probability),
        ("mean probability over the turned looks", looks, certainty.mean_over_looks),
    ):
        if value is None:
            continue
        verdict = sure.verdict(value)
        limit = sure.accepted if verdict == "refused" else sure.certain
        if verdict != "certain":
            told, beyond = _told_apart(value, limit, 2)
            yield _Doubt(verdict, f"{name} {told}, below {beyond}")


def _told_apart(value: float, limit: float, decimals: int) -> tuple[str, str]:
    """Return a figure and the limit it is beyond, with so many decimals, or more where they would read alike."""
    for places in range(decimals, _MOST_DECIMALS + 1):
        told = (f"{value:.{places}f}", f"{limit:.{places}f}")
        if told[0] != told[1]:
            return told
    return (repr(value), repr(limit))


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

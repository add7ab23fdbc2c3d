"""What answers a click: networks and classical methods, each as a proposal to which the same merge is applied.

So all of them are bound by the same rules (sign, piece, reach), and what differs is what they take for tumor.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from VSSegmentationLib import geometry
from VSSegmentationLib.inference import Refiner
from VSSegmentationLib.interaction import Interaction, MergeRules, held_by_earlier, merged
from VSSegmentationLib.interaction.clicks import squared_distance_mm2
from VSSegmentationLib.volume import Volume

Mask = NDArray[np.bool_]
Proposal = Callable[["Case", Mask, Sequence[Interaction]], Mask]
"""Takes a case, the mask as it is, and what was said so far, the last one new; gives the mask as it should be."""
RULES = MergeRules()
METHODS = ("none", "oracle", "network", "region growing", "random walker", "graph cut", "grow cut")
_SEED_RADIUS_MM = 1.0
_LEAST_SD = 0.15
"""Of the image's standard deviation: an even seed would grow nowhere."""
_CAPACITY = 1000.0


@dataclass(frozen=True, eq=False)
class Case:
    """A scan cropped round tumor and mask, what is true, and what the network is asked with."""

    name: str
    image: Volume
    truth: Mask
    start: Mask
    refiner: Refiner | None


def answered(case: Case, mask: Mask, said: Sequence[Interaction], propose: Proposal) -> Mask:
    """Return the mask after the last interaction."""
    affine = case.image.dhw_to_ras
    fixed = held_by_earlier(mask, said[:-1], affine, RULES)
    return merged(mask, propose(case, mask, said), said[-1], affine, RULES, fixed=fixed)


def by_network(case: Case, mask: Mask, said: Sequence[Interaction]) -> Mask:
    """Return the mask after the last interaction as the product gives it, merge and all."""
    assert case.refiner is not None
    return case.refiner.refine(mask, said[-1:], earlier=said[:-1]).mask


def oracle(case: Case, _mask: Mask, _said: Sequence[Interaction]) -> Mask:
    """The truth: what no method can surpass under this merge."""
    return case.truth


def region_growing(case: Case, mask: Mask, said: Sequence[Interaction]) -> Mask:
    """What hangs together with the click and is as gray as its surroundings, up to 2.5 standard deviations."""
    gray, near = case.image.array, _round(case, said[-1], RULES.reach_mm)
    seeds = _round(case, said[-1], _SEED_RADIUS_MM)
    if not seeds.any():
        return mask
    spread = max(float(gray[seeds].std()), _LEAST_SD * float(gray.std()))
    alike = near & (np.abs(gray - gray[seeds].mean()) <= 2.5 * spread)
    pieces, _ = ndimage.label(alike)
    grown = np.isin(pieces, np.setdiff1d(np.unique(pieces[seeds]), [0]))
    return mask | grown if said[-1].adds else mask & ~grown


def random_walker(case: Case, mask: Mask, said: Sequence[Interaction]) -> Mask:
    """Grady 2006, by scikit-image: seeds are the clicks, and what lies deep inside and well outside of the mask."""
    from skimage.segmentation import random_walker as walk  # noqa: PLC0415 - where it is installed

    box, seeds = _seeded(case, mask, said)
    labels = np.where(seeds == 0, 0, np.where(seeds > 0, 1, 2)).astype(np.int32)
    if not ((labels == 1).any() and (labels == 2).any()):
        return mask
    spacing = geometry.spacing_dhw_mm(case.image.dhw_to_ras)
    found = walk(case.image.array[box], labels, beta=90, mode="cg_j", spacing=np.array(spacing))
    after = mask.copy()
    after[box] = found == 1
    return after


def grow_cut(case: Case, mask: Mask, said: Sequence[Interaction]) -> Mask:
    """Slicer's "Grow from seeds" (Zhu et al. 2014), the filter itself, as slicer-core brings it; seeds as above."""
    import slicer  # noqa: PLC0415 - an extra
    from vtk.util.numpy_support import vtk_to_numpy  # noqa: PLC0415

    box, seeds = _seeded(case, mask, said)
    gray, spacing = case.image.array[box], geometry.spacing_dhw_mm(case.image.dhw_to_ras)
    if not ((seeds > 0).any() and (seeds < 0).any()):
        return mask
    low, high = float(gray.min()), float(gray.max())
    counted = np.round((gray - low) * (1000.0 / max(high - low, 1e-6))).astype(np.int16)
    grow = slicer.vtkImageGrowCutSegment()
    grow.SetIntensityVolume(_image(counted, spacing))
    grow.SetSeedLabelVolume(_image(np.where(seeds > 0, np.uint8(1), np.where(seeds < 0, np.uint8(2), 0)), spacing))
    grow.Update()
    found = vtk_to_numpy(grow.GetOutput().GetPointData().GetScalars()).reshape(gray.shape)
    after = mask.copy()
    after[box] = found == 1
    return after


def _image(array: NDArray[Any], spacing_dhw_mm: Sequence[float]) -> Any:
    import vtk  # noqa: PLC0415 - an extra
    from vtk.util.numpy_support import numpy_to_vtk  # noqa: PLC0415

    image = vtk.vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.SetSpacing(*spacing_dhw_mm[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=True))
    return image


def graph_cut(case: Case, mask: Mask, said: Sequence[Interaction]) -> Mask:
    """Boykov and Jolly 2001, 6 neighbors, by scipy: Gaussian intensities of mask and surroundings, clicks as seeds."""
    box, seeds = _seeded(case, mask, said)
    gray = case.image.array[box]
    inside, outside = seeds > 0, seeds < 0
    if not (inside.any() and outside.any()):
        return mask
    spread = max(float(gray.std()), 1e-6)
    costs = [_cost(gray, gray[each], spread) for each in (inside, outside)]
    sources = np.where(inside, _CAPACITY, np.where(outside, 0, costs[1]))
    sinks = np.where(outside, _CAPACITY, np.where(inside, 0, costs[0]))
    after = mask.copy()
    after[box] = _cut(gray / spread, sources, sinks)
    return after


def _cost(gray: NDArray[np.float32], of: NDArray[np.float32], spread: float) -> NDArray[np.float64]:
    """Minus the logarithm of a Gaussian, bounded."""
    deviation = max(float(of.std()), _LEAST_SD * spread)
    return np.minimum(0.5 * ((gray - of.mean()) / deviation) ** 2 + np.log(deviation / spread) + 3, 20.0).clip(0)


def _cut(gray: NDArray[np.float32], sources: NDArray[np.float64], sinks: NDArray[np.float64]) -> Mask:
    count = gray.size
    number = np.arange(count).reshape(gray.shape)
    pairs, weights = [], []
    for axis in range(3):
        low, high = (np.moveaxis(number, axis, 0)[each].ravel() for each in (slice(None, -1), slice(1, None)))
        difference = gray.ravel()[low] - gray.ravel()[high]
        weights.append(2.0 * np.exp(-(difference**2) / (2 * 0.3**2)) + 0.02)
        pairs.append((low, high))
    low = np.concatenate([a for a, _ in pairs])
    high = np.concatenate([b for _, b in pairs])
    weight = np.concatenate(weights)
    source, sink, each = count, count + 1, np.arange(count)
    rows = np.concatenate([low, high, np.full(count, source), each])
    columns = np.concatenate([high, low, each, np.full(count, sink)])
    values = np.concatenate([weight, weight, sources.ravel(), sinks.ravel()])
    graph = sparse.csr_array((np.round(values * 100).astype(np.int32), (rows, columns)), shape=(count + 2, count + 2))
    left = graph - maximum_flow(graph, source, sink).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    reached = breadth_first_order(left, source, return_predecessors=False)
    inside = np.zeros(count + 2, np.bool_)
    inside[reached] = True
    return inside[:count].reshape(gray.shape)


def _seeded(case: Case, mask: Mask, said: Sequence[Interaction]) -> tuple[tuple[slice, ...], NDArray[np.int8]]:
    """Return the box within reach, and its seeds: 1 tumor, -1 none, 0 open."""
    spacing = geometry.spacing_dhw_mm(case.image.dhw_to_ras)
    near = np.argwhere(_round(case, said[-1], RULES.reach_mm))
    box = tuple(slice(a, b + 1) for a, b in zip(near.min(axis=0).tolist(), near.max(axis=0).tolist(), strict=True))
    deep = ndimage.distance_transform_edt(mask, spacing) > 2.0 if mask.any() else mask
    away = ndimage.distance_transform_edt(~mask, spacing) > 6.0
    seeds = deep.astype(np.int8) - away.astype(np.int8)
    seeds[_round(case, said[-1], 0.75 * RULES.reach_mm)] = 0
    for each in said:
        seeds[_round(case, each, _SEED_RADIUS_MM)] = 1 if each.adds else -1
    own = seeds[box]
    for value, part in ((1, mask[box]), (-1, ~mask[box])):
        if not (own == value).any():  # such tools need both: a person would seed well away from the click
            free = part & (own == 0) & ~_round(case, said[-1], 2 * _SEED_RADIUS_MM)[box]
            own[_deepest(free, spacing)] = value
    return box, own


def _deepest(part: Mask, spacing: Sequence[float]) -> Mask:
    depth = ndimage.distance_transform_edt(np.pad(part, 1), spacing)[1:-1, 1:-1, 1:-1]
    return np.asarray(part & (depth >= 0.8 * depth.max()))


def _round(case: Case, interaction: Interaction, radius_mm: float) -> Mask:
    affine = case.image.dhw_to_ras
    points = interaction.along(min(geometry.spacing_dhw_mm(affine)))
    return squared_distance_mm2(case.image.shape, affine, points) <= radius_mm**2


PROPOSALS: Mapping[str, Proposal] = {
    "oracle": oracle, "region growing": region_growing, "random walker": random_walker, "graph cut": graph_cut,
    "grow cut": grow_cut,
}  # fmt: skip


def after_click(case: Case, method: str, mask: Mask, said: Sequence[Interaction]) -> Mask:
    """Return the mask after the last interaction, answered by a method."""
    return by_network(case, mask, said) if method == "network" else answered(case, mask, said, PROPOSALS[method])

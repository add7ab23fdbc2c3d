"""Stage 2: a network that sees image and whole-tumor mask divides the tumor, and its mirror images tell how surely.

Source: Wijethilake et al. 2022, arXiv:2208.04680; the mean over mirror images: Isensee et al., Nature Methods 2021.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.evaluation import boundary_distances
from VSSegmentationLib.inference.certainty import AtMost, Verdict
from VSSegmentationLib.inference.divider_looks import TumorOfScan, divider_look
from VSSegmentationLib.inference.division import INNER, OUTER, divide
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.settings import DividerSettings
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.preprocessing import (
    Box,
    Grid,
    Intensity,
    box_around,
    crop_grid,
    grid_of,
    intensity_of,
    resample,
    working_grid,
)
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume, copy_as_it_lies

_TWO_AXES: tuple[tuple[int, ...], ...] = ((), (2,), (0,), (0, 2))
"""Left to right, up to down, and both. Each of them turns this set into itself, so that the mean over it divides a left
tumor as it divides its mirror image, a right one; the mean over the three single axes does not."""
_ALL_AXES = tuple(axes for count in range(4) for axes in combinations(range(3), count))


class Boundary(NamedTuple):
    """How sure the boundary of the two parts is."""

    spread_mm: float | None
    """Mean distance between the boundary and those of single mirror images; None where none has one."""
    disagreeing: int
    """Mirror images that have a boundary where the answer has none, or the reverse."""
    verdict: Verdict

    @property
    def sure(self) -> bool:
        """Whether nobody has to look at it."""
        return self.verdict == "certain"

    def __repr__(self) -> str:
        return short_repr(self)


class Division(NamedTuple):
    """A tumor in two parts, on the grid of the scan."""

    labelmap: NDArray[np.uint8]
    boundary: Boundary

    def __repr__(self) -> str:
        return short_repr(self)


def divide_tumor(
    scan: Volume,
    labelmap: NDArray[np.uint8],
    divider: ModelBundle,
    intensity: Intensity,
    *,
    device: torch.device,
    every_flip: bool,
    on_step: Callable[[float], None],
) -> Division:
    """Divide the tumor of a labelmap anew, whatever its parts were; the union of the parts stays, and so do organs.

    Args:
        scan: Axes to superior, anterior, right.
        labelmap: (D, H, W) values of the divider's label set on its grid, one connected tumor.
        divider: The network takes (B, 2, D, H, W), image and mask, and tells two parts apart: its labels.
        intensity: What the image is normalized with: that of stage 1.
        device: Where the network runs.
        every_flip: Show all eight mirror images instead of four.
        on_step: Told the share done before each window of each mirror image; may raise to stop.

    Raises:
        ModelError: If the model is no divider.
    """
    settings = divider.settings_as(DividerSettings)
    box = _box_of_tumor(labelmap, divider.label_set)
    own = tuple(slice(a, b) for a, b in zip(box.start, box.stop, strict=True))
    tumor = divider.label_set.tumor_mask(labelmap[own])
    mask = np.zeros(labelmap.shape, np.bool_)  # takes memory where it is written only
    mask[own] = tumor
    target = crop_grid(grid_of(scan), box)
    flips = _ALL_AXES if every_flip else _TWO_AXES
    look = divider_look(divider, TumorOfScan(scan, mask, box, target), intensity, device)
    each = [look(axes, partial(_step_of_one, on_step, number, len(flips))) for number, axes in enumerate(flips)]
    affine, config = target.dhw_to_ras, settings.division
    answers = [divide(tumor, found, affine, config) for found in (np.mean(each, axis=0), *each)]
    result = copy_as_it_lies(labelmap)
    result[own] = np.where(tumor, np.array(divider.labels, np.uint8)[answers[0]], labelmap[own])
    return Division(result, _agreement(answers[0], answers[1:], target, settings.certainty.boundary_spread_mm))


def intensity_round_tumor(scan: Volume, mask: NDArray[np.bool_], settings: DividerSettings) -> Intensity:
    """Return mean and deviation of the region round a tumor, which a divider's z-score is taken from.

    Args:
        scan: Axes to superior, anterior, right.
        mask: (D, H, W) on its grid, with a voxel at least.
        settings: Of the divider: how large the region is.
    """
    r, a, s = geometry.transform_points(scan.dhw_to_ras, np.argwhere(mask).mean(axis=0)).tolist()
    working = working_grid(grid_of(scan), settings.preprocessing.spacing_dhw_mm)
    part = crop_grid(working, box_around(working, (r, a, s), settings.region.size_dhw_mm))
    return intensity_of(resample(scan, part).array)


def _box_of_tumor(labelmap: NDArray[np.uint8], label_set: LabelSet) -> Box:
    """Return the smallest part of the grid that holds the tumor, which has a voxel."""
    seen = [np.zeros(n, np.bool_) for n in labelmap.shape]
    for depth, plane in enumerate(labelmap):
        if plane.any():
            mask = label_set.tumor_mask(plane)
            seen[0][depth] = mask.any()
            seen[1] |= mask.any(axis=1)
            seen[2] |= mask.any(axis=0)
    (a, b, c), (x, y, z) = ([int(np.flatnonzero(axis)[end]) for axis in seen] for end in (0, -1))
    return Box((a, b, c), (x + 1, y + 1, z + 1))


def _step_of_one(on_step: Callable[[float], None], number: int, count: int, share: float) -> None:
    on_step((number + share) / count)


def _agreement(answer: NDArray[np.uint8], singles: Sequence[NDArray[np.uint8]], grid: Grid, limit: AtMost) -> Boundary:
    has = _has_both(answer)
    differing = sum(_has_both(single) != has for single in singles)
    distances = [
        boundary_distances(single, answer, grid.spacing_dhw_mm).mean_of_directed_means_mm
        for single in singles
        if has and _has_both(single)
    ]
    spread = float(np.mean(distances)) if distances else None
    verdict: Verdict = "certain" if spread is None else limit.verdict(spread)
    return Boundary(spread, differing, "uncertain" if differing and verdict == "certain" else verdict)


def _has_both(labels: NDArray[np.uint8]) -> bool:
    return bool((labels == OUTER).any() and (labels == INNER).any())

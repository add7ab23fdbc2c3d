"""Stage 2: a network that sees image and whole-tumor mask divides the tumor, and its mirror images tell how surely.

Source: Wijethilake et al. 2022, arXiv:2208.04680; the mean over mirror images: Isensee et al., Nature Methods 2021.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.evaluation import boundary_distances
from VSSegmentationLib.geometry import Affine, Shape, Triplet
from VSSegmentationLib.inference.config import DivisionConfig
from VSSegmentationLib.inference.division import divide
from VSSegmentationLib.inference.model_file import ModelBundle
from VSSegmentationLib.inference.nnunet import FoldEnsemble, predict_probabilities
from VSSegmentationLib.inference.windows import probabilities_by_slice
from VSSegmentationLib.labels import Label, tumor_mask
from VSSegmentationLib.networks import logits_of
from VSSegmentationLib.preprocessing import (
    AxisOperators,
    Box,
    Grid,
    Intensity,
    Slab,
    crop_grid,
    grid_of,
    operators_between,
    resample,
    resample_slabs,
    working_grid,
    z_scored,
)
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume

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
    sure: bool

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
    """Divide the tumor of a labelmap anew, whatever its parts were; the union of the parts stays the same.

    Args:
        scan: Axes to superior, anterior, right.
        labelmap: (D, H, W) `Label` values on its grid, one connected tumor.
        divider: The network takes (B, 2, D, H, W), image and mask.
        intensity: What the image is normalized with: that of stage 1.
        device: Where the network runs.
        every_flip: Show all eight mirror images instead of four.
        on_step: Told the share done before each window of each mirror image; may raise to stop.
    """
    mask = tumor_mask(labelmap)
    own = _smallest_window(mask)
    d, h, w = own
    target = crop_grid(grid_of(scan), Box((d.start, h.start, w.start), (d.stop, h.stop, w.stop)))
    flips = _ALL_AXES if every_flip else _TWO_AXES
    look: Callable[..., NDArray[np.float32]]
    if divider.nnunet is None:
        shown, seen = _shown(scan, mask, target, divider, intensity)
        look = partial(_look, divider, shown, operators_between(seen, target), device)
    else:
        both = np.stack([scan.array, mask]).astype(np.float32)
        look = partial(_look_as_nnunet, divider, both, scan.spacing_dhw_mm, device)
    each = []
    for number, axes in enumerate(flips):
        answer = look(axes, on_step=partial(_step_of_one, on_step, number, len(flips)))
        each.append(answer if divider.nnunet is None else answer[(slice(None), *own)])
    mean = np.mean(each, axis=0)
    answers = [divide(mask[own], found, target.dhw_to_ras, divider.division) for found in (mean, *each)]
    result = np.zeros_like(labelmap)
    result[own] = answers[0]
    return Division(result, _agreement(answers[0], answers[1:], target, divider.division))


def _smallest_window(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Return the part of the grid that holds the mask, which has a voxel."""
    d, h, w = (slice(int(at.min()), int(at.max()) + 1) for at in np.nonzero(mask))
    return d, h, w


def _step_of_one(on_step: Callable[[float], None], number: int, count: int, share: float) -> None:
    on_step((number + share) / count)


def _look(
    divider: ModelBundle,
    shown: NDArray[np.float32],
    back: AxisOperators,
    device: torch.device,
    axes: Sequence[int],
    *,
    on_step: Callable[[float], None],
) -> NDArray[np.float32]:
    """Return what the network says of one mirror image: (3, D, H, W) on the grid of the tumor's box."""
    slabs = resample_slabs(_probabilities(divider, shown, axes, device, on_step), back)
    return np.concatenate([slab.array for slab in slabs], axis=1)


def _look_as_nnunet(
    divider: ModelBundle,
    both: NDArray[np.float32],
    spacing_dhw_mm: Triplet,
    device: torch.device,
    axes: Sequence[int],
    *,
    on_step: Callable[[float], None],
) -> NDArray[np.float32]:
    """Return what a model of nnU-Net says of one mirror image of image and mask: (3, D, H, W) on their grid.

    It is shown the whole scan as axial images are stored, as in training: slices to superior, rows to posterior,
    columns to left.
    """
    plans = divider.nnunet
    if plans is None or not isinstance(divider.network, FoldEnsemble):
        msg = f"the model '{divider.name}' has nnU-Net's plans and a network that is none of its"
        raise ModelError(msg)
    array_axes = tuple(axis + 1 for axis in axes)
    shown = np.ascontiguousarray(np.flip(both[..., ::-1, ::-1], array_axes))
    single = replace(plans, mirror_axes=())
    found = predict_probabilities(shown, spacing_dhw_mm, divider.network, single, device=device, on_step=on_step)
    back = np.flip(found, array_axes)[..., ::-1, ::-1]
    meanings = np.array(plans.meanings)
    return np.stack([back[meanings == label].sum(axis=0) for label in divider.labels])


def _shown(
    scan: Volume, mask: NDArray[np.bool_], target: Grid, divider: ModelBundle, intensity: Intensity
) -> tuple[NDArray[np.float32], Grid]:
    """Return image and mask (2, D, H, W) round the tumor, at least as large as a training patch, and their grid.

    Outside of the scan both are 0, which is the image's mean.
    """
    working = working_grid(grid_of(scan), divider.preprocessing.spacing_dhw_mm)
    part = _around(target, working, divider.window.size_dhw, divider.division.margin_mm)
    index = [np.arange(start, stop) for start, stop in zip(part.start, part.stop, strict=True)]
    kept = [np.flatnonzero((i >= 0) & (i < n)) for i, n in zip(index, working.shape, strict=True)]
    first, last = ([int(i[k[end]]) for i, k in zip(index, kept, strict=True)] for end in (0, -1))
    inside = crop_grid(working, Box((first[0], first[1], first[2]), (last[0] + 1, last[1] + 1, last[2] + 1)))
    shown = np.zeros((2, *part.shape), np.float32)
    place = tuple(slice(k[0], k[-1] + 1) for k in kept)
    shown[0][place] = z_scored(resample(scan, inside).array, intensity)
    shown[1][place] = resample(scan.with_array(mask.astype(np.float32)), inside).array >= 0.5
    return shown, Grid(part.shape, _moved(working.dhw_to_ras, part.start))


def _around(target: Grid, working: Grid, least: Shape, margin_mm: float) -> Box:
    """Return the voxels of the working grid round those of `target`; they may lie outside of it."""
    to_working = geometry.as_affine(np.linalg.inv(working.dhw_to_ras))
    low = geometry.transform_points(to_working @ target.dhw_to_ras, np.full(3, -0.5))
    high = geometry.transform_points(to_working @ target.dhw_to_ras, np.array(target.shape) - 0.5)
    margin = margin_mm / np.array(working.spacing_dhw_mm)
    size = np.maximum(np.ceil(high - low + 2 * margin).astype(int), least)
    start = np.round((low + high + 1) / 2 - size / 2).astype(int)
    (a, b, c), (x, y, z) = start.tolist(), (start + size).tolist()
    return Box((a, b, c), (x, y, z))


def _moved(affine: Affine, start: Shape) -> Affine:
    moved = affine.copy()
    moved[:3, 3] = geometry.transform_points(affine, np.array(start, np.float64))
    return geometry.as_affine(moved)


def _probabilities(
    divider: ModelBundle,
    shown: NDArray[np.float32],
    axes: Sequence[int],
    device: torch.device,
    on_step: Callable[[float], None],
) -> Iterator[Slab]:
    """Return what the network says of the mirror image, mirrored back, slice by slice."""
    array_axes = tuple(axis + 1 for axis in axes)
    mirrored = np.ascontiguousarray(np.flip(shown, array_axes))
    shape: Shape = (shown.shape[1], shown.shape[2], shown.shape[3])
    slices = probabilities_by_slice(
        logits_of(divider.network),
        lambda start, stop: mirrored[:, start:stop],
        shape,
        config=divider.window,
        device=device,
        on_step=on_step,
    )
    whole = np.flip(np.concatenate([slab.array for slab in slices], axis=1), array_axes)
    return (Slab(depth, np.ascontiguousarray(whole[:, depth : depth + 1])) for depth in range(shape[0]))


def _agreement(
    answer: NDArray[np.uint8], singles: Sequence[NDArray[np.uint8]], grid: Grid, config: DivisionConfig
) -> Boundary:
    has = _has_both(answer)
    differing = sum(_has_both(single) != has for single in singles)
    distances = [
        boundary_distances(single, answer, grid.spacing_dhw_mm).mean_of_directed_means_mm
        for single in singles
        if has and _has_both(single)
    ]
    spread = float(np.mean(distances)) if distances else None
    return Boundary(spread, differing, sure=differing == 0 and (spread is None or spread <= config.sure_spread_mm))


def _has_both(labels: NDArray[np.uint8]) -> bool:
    return bool((labels == Label.EXTRAMEATAL).any() and (labels == Label.INTRAMEATAL).any())

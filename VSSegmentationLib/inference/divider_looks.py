"""What a divider says about one mirror image of image and mask, whoever trained it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.inference.config import WindowConfig
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.nnunet import NnUNetPlans, predict_labels
from VSSegmentationLib.inference.settings import DividerSettings
from VSSegmentationLib.inference.windows import predictor, probabilities_by_slice
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
from VSSegmentationLib.volume import Volume


class TumorOfScan(NamedTuple):
    """A tumor to be divided, axes to superior, anterior, right."""

    scan: Volume
    mask: NDArray[np.bool_]
    """(D, H, W) on the grid of the scan."""
    box: Box
    """The voxels round it."""
    target: Grid
    """Their grid."""


class DividerLook(Protocol):
    """A divider and what it is shown."""

    def __call__(self, axes: Sequence[int], on_step: Callable[[float], None]) -> NDArray[np.float32]:
        """Return what it says of one mirror image, mirrored back: (3, D, H, W) on the grid of the tumor's box.

        Args:
            axes: Along which image and mask are mirrored.
            on_step: Told the share done before each window; may raise to stop.
        """
        ...


def divider_look(divider: ModelBundle, tumor: TumorOfScan, intensity: Intensity, device: torch.device) -> DividerLook:
    """Return the way in which a divider is run.

    Args:
        divider: Its network is on the device.
        tumor: What is to be divided.
        intensity: What the image is normalized with; a model of nnU-Net does so by itself.
        device: Where the network runs.
    """
    if divider.nnunet is not None:
        both = np.stack([tumor.scan.array, tumor.mask]).astype(np.float32)
        return _NnUNetLook(divider, divider.nnunet, both, tumor, device)
    settings = divider.settings_as(DividerSettings)
    shown, seen = _shown(tumor.scan, tumor.mask, tumor.target, settings, intensity)
    return _OwnLook(divider, settings.window, shown, operators_between(seen, tumor.target), device)


@dataclass(frozen=True, eq=False)
class _OwnLook:
    divider: ModelBundle
    window: WindowConfig
    shown: NDArray[np.float32]
    back: AxisOperators
    device: torch.device

    def __call__(self, axes: Sequence[int], on_step: Callable[[float], None]) -> NDArray[np.float32]:
        slabs = resample_slabs(self._slices(axes, on_step), self.back)
        return np.concatenate([slab.array for slab in slabs], axis=1)

    def _slices(self, axes: Sequence[int], on_step: Callable[[float], None]) -> Iterator[Slab]:
        array_axes = tuple(axis + 1 for axis in axes)
        mirrored = np.ascontiguousarray(np.flip(self.shown, array_axes))
        shape: Shape = (mirrored.shape[1], mirrored.shape[2], mirrored.shape[3])
        slices = probabilities_by_slice(
            predictor(self.divider.network, flips=False),
            lambda start, stop: mirrored[:, start:stop],
            shape,
            config=self.window,
            device=self.device,
            on_step=on_step,
        )
        whole = np.flip(np.concatenate([slab.array for slab in slices], axis=1), array_axes)
        return (Slab(depth, np.ascontiguousarray(whole[:, depth : depth + 1])) for depth in range(shape[0]))


@dataclass(frozen=True, eq=False)
class _NnUNetLook:
    """The whole scan is shown, as in training."""

    divider: ModelBundle
    plans: NnUNetPlans
    both: NDArray[np.float32]
    tumor: TumorOfScan
    device: torch.device

    def __call__(self, axes: Sequence[int], on_step: Callable[[float], None]) -> NDArray[np.float32]:
        array_axes = tuple(axis + 1 for axis in axes)
        found = predict_labels(
            np.flip(self.both, array_axes),
            self.tumor.scan.spacing_dhw_mm,
            self.divider.network,
            replace(self.plans, mirror_axes=()),
            self.divider.labels,
            device=self.device,
            on_step=on_step,
        )
        place = tuple(slice(a, b) for a, b in zip(self.tumor.box.start, self.tumor.box.stop, strict=True))
        return np.flip(found, array_axes)[(slice(None), *place)]


def _shown(
    scan: Volume, mask: NDArray[np.bool_], target: Grid, settings: DividerSettings, intensity: Intensity
) -> tuple[NDArray[np.float32], Grid]:
    """Return image and mask (2, D, H, W) round the tumor, at least as large as a training patch, and their grid.

    Outside of the scan both are 0, which is the image's mean.
    """
    working = working_grid(grid_of(scan), settings.preprocessing.spacing_dhw_mm)
    part = _around(target, working, settings.window.size_dhw, settings.division.margin_mm)
    index = [np.arange(start, stop) for start, stop in zip(part.start, part.stop, strict=True)]
    kept = [np.flatnonzero((i >= 0) & (i < n)) for i, n in zip(index, working.shape, strict=True)]
    first, last = ([int(i[k[end]]) for i, k in zip(index, kept, strict=True)] for end in (0, -1))
    inside = crop_grid(working, Box((first[0], first[1], first[2]), (last[0] + 1, last[1] + 1, last[2] + 1)))
    shown = np.zeros((2, *part.shape), np.float32)
    place = tuple(slice(k[0], k[-1] + 1) for k in kept)
    shown[0][place] = z_scored(resample(scan, inside).array, intensity)
    shown[1][place] = resample(scan.with_array(mask), inside).array >= 0.5
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

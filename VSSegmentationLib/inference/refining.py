"""Correcting a mask of the whole tumor by clicks and scribbles: one forward pass over a window, then the merge.

The network answers what is to change, and is told where anything may. Source: mask and clicks as channels, Sofiiuk et
al., arXiv:2102.06583, where the answer is the whole mask; what of the answer counts is said by `interaction.merging`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.geometry import Shape
from VSSegmentationLib.inference.device import memory_guard, resolve_device
from VSSegmentationLib.inference.divider import divide_tumor, intensity_round_tumor
from VSSegmentationLib.inference.engines import Compute, checked, computed_by, ready_to_run
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.settings import DividerSettings, RefinerSettings
from VSSegmentationLib.inference.windows import predictor
from VSSegmentationLib.interaction import SIGNS, Interaction, changeable, encoded, held_by_earlier, merged
from VSSegmentationLib.preprocessing import (
    Box,
    Grid,
    crop_grid,
    grid_of,
    indices_inside,
    intensity_of,
    resample,
    working_grid,
    z_scored,
)
from VSSegmentationLib.tensors import array_of, tensor_of
from VSSegmentationLib.volume import Volume, copy_as_it_lies, reorder, reorder_array, undo_reorder

Mask = NDArray[np.bool_]
_MOST_TIMES = 3
"""A scribble so long that its window would be more than so many times as large in all is refused."""


class RefinedMask(NamedTuple):
    """A mask after interactions."""

    mask: Mask
    """(D, H, W) bool on the grid of the scan."""
    changed_voxels: tuple[int, ...]
    """By each interaction."""


class _Window(NamedTuple):
    """What is looked at for one interaction; axes to superior, anterior, right."""

    box: Box
    """Of the working grid; may reach beyond it."""
    grid: Grid
    """Its part inside the scan."""
    place: tuple[slice, ...]
    """Of that part in the window."""
    image: NDArray[np.float32]
    """(D, H, W) normalized; 0 beyond the scan."""


class Refiner:
    """Corrects masks of one scan; the window looked at last is kept ready."""

    def __init__(
        self, scan: Volume, model: ModelBundle, *, device: str = "auto", compute: Compute | None = None
    ) -> None:
        """Take a scan and a model.

        Args:
            scan: float32, as it was read, in any orientation.
            model: A refiner.
            device: auto, cpu, cuda, cuda:N or mps.
            compute: In which numbers; None is what is fastest here.

        Raises:
            ModelError: If the model is no refiner.
            UsageError: If there is no such device or precision.
        """
        self.settings = model.settings_as(RefinerSettings)
        self._device = resolve_device(device)
        self.by = checked(model, self._device, computed_by(compute or Compute(), self._device))
        """How the network is computed: half as wide numbers are compared with float32 first."""
        self._model = ready_to_run(model, self._device, self.by)
        self._order = geometry.superior_anterior_right_order(scan.dhw_to_ras)
        self._scan = reorder(scan, self._order)
        self._working = working_grid(grid_of(self._scan), self.settings.preprocessing.spacing_dhw_mm)
        self._kept: _Window | None = None

    def refine(
        self,
        mask: Mask,
        interactions: Sequence[Interaction],
        *,
        earlier: Sequence[Interaction] = (),
        fixed: Mask | None = None,
        barred: Mask | None = None,
    ) -> RefinedMask:
        """Return the mask after interactions, one after the other.

        Args:
            mask: (D, H, W) bool on the grid of the scan: the tumor as it is, from whatever source.
            interactions: New ones, in the order in which they were made.
            earlier: Those that led to the mask; they are shown to the network and stay obeyed.
            fixed: (D, H, W) True where a person painted by hand: stays as it is, unless an interaction lies on it.
            barred: (D, H, W) True where no tumor may be: organs.

        Raises:
            UsageError: If an interaction lies outside of the scan, or is a scribble too long for one window.
            InputRefusedError: If the mask is of another shape, or all voxels round an interaction are equal.
        """
        if mask.shape != undo_reorder(self._scan.array, self._order).shape:
            msg = f"the mask must have the shape of the scan, got {mask.shape}"
            raise InputRefusedError(msg)
        said, counts = list(earlier), list[int]()
        ordered = reorder_array(mask, self._order)
        apart = [None if each is None else reorder_array(each, self._order) for each in (fixed, barred)]
        for interaction in interactions:
            ordered, changed = self._after(ordered, interaction, said, fixed=apart[0], barred=apart[1])
            said.append(interaction)
            counts.append(changed)
        return RefinedMask(np.ascontiguousarray(undo_reorder(ordered, self._order)), tuple(counts))

    def _after(
        self,
        mask: Mask,
        interaction: Interaction,
        earlier: Sequence[Interaction],
        *,
        fixed: Mask | None,
        barred: Mask | None,
    ) -> tuple[Mask, int]:
        """Return the mask, axes to superior, anterior, right, after one interaction, and how many voxels changed."""
        rules, scan = self.settings.merge, grid_of(self._scan)
        if not len(interaction.voxels(scan.shape, scan.dhw_to_ras)):
            r, a, s = interaction.points_ras_mm[0]
            msg = f"an interaction must lie in the scan, and {r:.1f}, {a:.1f}, {s:.1f} (R, A, S in mm) does not"
            raise UsageError(msg)
        window = self._window(interaction)
        near = indices_inside(scan, window.grid)
        inner = tuple(slice(a, b) for a, b in zip(near.start, near.stop, strict=True))
        part = crop_grid(scan, near)
        held = held_by_earlier(mask[inner], earlier, part.dhw_to_ras, rules)
        apart = {
            "fixed": held if fixed is None else held | fixed[inner],
            "barred": None if barred is None else barred[inner],
        }
        free = changeable(mask[inner], interaction, part.dhw_to_ras, rules, **apart)
        probability = self._probability(window, mask, [*earlier, interaction], Volume(free, part.dhw_to_ras))
        proposal = resample(Volume(probability, window.grid.dhw_to_ras), part).array >= 0.5
        own = merged(mask[inner], proposal, interaction, part.dhw_to_ras, rules, **apart)
        after = copy_as_it_lies(mask)
        after[inner] = own
        return after, int(np.count_nonzero(own != mask[inner]))

    def _probability(
        self, window: _Window, mask: Mask, said: Sequence[Interaction], free: Volume
    ) -> NDArray[np.float32]:
        """Return (D, H, W) what would be tumor after the change that the network asks for.

        On the part of the window inside the scan; `free` tells where the merge lets anything change.
        """
        shape = window.image.shape
        size: Shape = (shape[0], shape[1], shape[2])
        affine = _moved(self._working, window.box.start)
        shown = np.zeros((len(SIGNS) + 3, *size), np.float32)
        shown[0] = window.image
        present = resample(self._scan.with_array(mask), window.grid).array >= 0.5
        shown[1][window.place] = present
        for channel, sign in enumerate(SIGNS, start=2):
            shown[channel] = encoded(self.settings.encoding, said, sign, size, affine, image=window.image)
        shown[-1][window.place] = resample(free, window.grid).array >= 0.5
        with memory_guard(self._device), torch.inference_mode():
            logits = predictor(self._model.network, flips=False)(tensor_of(shown)[None].to(self._device))
            change = array_of(torch.softmax(logits.float(), dim=1)[0, 1].cpu())[window.place]
        return np.ascontiguousarray(np.where(present, 1 - change, change))

    def _window(self, interaction: Interaction) -> _Window:
        """Return what is looked at: the usual window round the interaction, larger for a long scribble."""
        rules, spacing = self.settings.merge, np.array(self._working.spacing_dhw_mm)
        points = geometry.transform_points(
            geometry.as_affine(np.linalg.inv(self._working.dhw_to_ras)), np.array(interaction.points_ras_mm)
        )
        low, high = points.min(axis=0), points.max(axis=0)
        least = np.array(self.settings.window.size_dhw)
        multiple = np.array(self._model.network_config.multiple_dhw)
        needed = np.ceil((high - low + 2 * rules.reach_mm / spacing) / multiple).astype(int) * multiple
        size = np.maximum(least, np.where(high - low > 2, needed, least))
        if np.prod(size) > _MOST_TIMES * np.prod(least):
            msg = "a scribble must fit in one window, and this one is too long; draw it in several pieces"
            raise UsageError(msg)
        start = np.round((low + high) / 2 + 0.5 - size / 2).astype(int)
        (a, b, c), (x, y, z) = start.tolist(), (start + size).tolist()
        box = Box((a, b, c), (x, y, z))
        if self._kept is None or self._kept.box != box:
            self._kept = self._seen(box)
        return self._kept

    def _seen(self, box: Box) -> _Window:
        limit = np.array(self._working.shape)
        first, last = np.maximum(box.start, 0), np.minimum(box.stop, limit)
        (a, b, c), (x, y, z) = first.tolist(), last.tolist()
        grid = crop_grid(self._working, Box((a, b, c), (x, y, z)))
        place = tuple(slice(i, j) for i, j in zip(first - box.start, last - box.start, strict=True))
        gray = resample(self._scan, grid).array
        image = np.zeros(box.shape, np.float32)
        image[place] = z_scored(gray, intensity_of(gray))
        return _Window(box, grid, place, image)


def divided_anew(labelmap: Volume, piece: Mask, scan: Volume, divider: ModelBundle, *, device: str = "auto") -> Volume:
    """Return a labelmap in which one connected tumor that was started by a click is divided; all else stays.

    Args:
        labelmap: (D, H, W) values of the divider's label set, on the grid of the scan.
        piece: (D, H, W) True in that tumor.
        scan: In any orientation.
        divider: The model.
        device: auto, cpu, cuda, cuda:N or mps.
    """
    target = resolve_device(device)
    divider.network.to(target)
    order = geometry.superior_anterior_right_order(scan.dhw_to_ras)
    ordered, mask = reorder(scan, order), reorder_array(piece, order)
    alone = np.where(mask, np.uint8(divider.label_set.whole_tumor.value), np.uint8(0))
    intensity = intensity_round_tumor(ordered, mask, divider.settings_as(DividerSettings))
    with memory_guard(target), torch.inference_mode():
        found = divide_tumor(
            ordered, alone, divider, intensity, device=target, every_flip=False, on_step=lambda _share: None
        )
    parts = undo_reorder(found.labelmap, order)
    return labelmap.with_array(np.where(piece, parts, labelmap.array).astype(np.uint8))


def _moved(grid: Grid, start: Shape) -> geometry.Affine:
    affine = grid.dhw_to_ras.copy()
    affine[:3, 3] = geometry.transform_points(grid.dhw_to_ras, np.array(start, np.float64))
    return geometry.as_affine(affine)

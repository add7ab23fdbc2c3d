"""What a network says about each voxel of a scan, whoever trained it: one protocol, two ways of running it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch

from VSSegmentationLib.inference.ears import probabilities_of_ears, seen_windows
from VSSegmentationLib.inference.locate import Pori
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.nnunet import NnUNetPlans, predict_labels
from VSSegmentationLib.inference.scan_inputs import Channel, ScanInputs, stacked
from VSSegmentationLib.inference.settings import SegmenterSettings
from VSSegmentationLib.inference.windows import predictor, probabilities_by_slice
from VSSegmentationLib.preprocessing import (
    Box,
    Grid,
    Slab,
    crop_grid,
    indices_inside,
    operators_between,
    resample_slabs,
)


class PartProbabilities(NamedTuple):
    """Class probabilities of a part of the first scan."""

    box: Box
    """Its voxels."""
    slabs: Iterator[Slab]
    """(K, 1, H, W) of one slice of the box after the other, classes in the order of the model's labels; behind them
    the attention maps, if they were asked for."""


class ProbabilitySource(Protocol):
    """A model and its way of looking at scans."""

    def probabilities(self, scans: ScanInputs, on_step: Callable[[float], None]) -> PartProbabilities:
        """Return the probabilities on the grid of the first scan, as far as the model looks at it.

        Args:
            scans: As many as the model has inputs.
            on_step: Told the share done before each window; may raise to stop.
        """
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnWindows:
    """A network of this software on its working grid: window by window, or ear by ear if it was trained so."""

    segmenter: ModelBundle
    part: Grid
    """What it is shown: the working grid, or the region of it."""
    channels: tuple[Channel, ...]
    """Of that part."""
    pori: Pori
    device: torch.device
    flips: bool
    maps: int = 0
    """How many attention maps come behind the classes: all that the network has, or 0."""

    def probabilities(self, scans: ScanInputs, on_step: Callable[[float], None]) -> PartProbabilities:
        """Return those of all voxels of the scan inside the part."""
        box = indices_inside(scans.grid, self.part)
        target = crop_grid(scans.grid, box)
        return PartProbabilities(box, resample_slabs(self._on_part(on_step), operators_between(self.part, target)))

    def _on_part(self, on_step: Callable[[float], None]) -> Iterator[Slab]:
        config = self.segmenter.settings_as(SegmenterSettings).window
        image_slices = stacked(self.channels)
        if config.at_pori and self.pori.centers_ras_mm():
            return probabilities_of_ears(
                predictor(self.segmenter.network, flips=False, maps=self.maps),
                image_slices(0, self.part.shape[0]),
                seen_windows(self.pori, self.part, config, shifted=self.flips),
                config.size_dhw,
                classes=len(self.segmenter.labels),
                organ_classes=self.segmenter.organ_classes,
                device=self.device,
                on_step=on_step,
                maps=self.maps,
            )
        return probabilities_by_slice(
            predictor(self.segmenter.network, flips=self.flips or config.at_pori, maps=self.maps),  # either ear
            image_slices,
            self.part.shape,
            config=config,
            device=self.device,
            on_step=on_step,
            maps=self.maps,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class NnUNetRun:
    """A model that nnU-Net v2 trained, run as nnU-Net runs it: on the whole scan, or a part of it."""

    segmenter: ModelBundle
    plans: NnUNetPlans
    part: Grid
    """What it is shown; what it is normalized by is that of the whole scan all the same."""
    device: torch.device

    def probabilities(self, scans: ScanInputs, on_step: Callable[[float], None]) -> PartProbabilities:
        """Return those of every voxel inside the part."""
        box = indices_inside(scans.grid, self.part)
        return PartProbabilities(box, self._slabs(scans, box, on_step))

    def _slabs(self, scans: ScanInputs, box: Box, on_step: Callable[[float], None]) -> Iterator[Slab]:
        others = [np.where(here.inside, here.array, np.float32(0)) for here in scans.others_on(scans.grid)]
        whole = predict_labels(
            np.stack([scans.first.array, *others]).astype(np.float32, copy=False),
            scans.first.spacing_dhw_mm,
            self.segmenter.network,
            self.plans,
            self.segmenter.labels,
            device=self.device,
            on_step=on_step,
            part=box,
        )
        place = tuple(slice(a, b) for a, b in zip(box.start, box.stop, strict=True))
        inside = whole[(slice(None), *place)]
        for depth in range(inside.shape[1]):
            yield Slab(depth, inside[:, depth : depth + 1])


def probability_source(
    segmenter: ModelBundle,
    part: Grid,
    channels: tuple[Channel, ...],
    pori: Pori,
    *,
    device: torch.device,
    flips: bool,
    with_attention: bool = False,
) -> ProbabilitySource:
    """Return the way in which a model is run.

    Args:
        segmenter: The model.
        part: Of its working grid, to look at.
        channels: What it is shown there.
        pori: As far as known.
        device: Where windows are computed.
        flips: Average over mirror images, or over windows moved a little.
        with_attention: Give the attention maps behind the classes, where the network has them.
    """
    if segmenter.nnunet is not None:
        return NnUNetRun(segmenter=segmenter, plans=segmenter.nnunet, part=part, device=device)
    maps = segmenter.network_config.attention_maps if with_attention else 0
    return OwnWindows(
        segmenter=segmenter, part=part, channels=channels, pori=pori, device=device, flips=flips, maps=maps
    )

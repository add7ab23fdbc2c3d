"""Scans as the slices that a translator takes: cropped, -1 to 1, square."""

from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from Training.adaptation.config import CROP
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.preprocessing import Box
from VSSegmentationLib.tensors import array_of, tensor_of

_Number = TypeVar("_Number", bound=np.generic)
_FLAT = 0.01
"""A slice with less than this share of the scan's own range shows nothing. The source counts 10 gray levels, but those
of MRI have no unit."""


def central_crop(volume: NDArray[np.float32], share: tuple[float, float] = CROP) -> NDArray[np.float32]:
    """Return the rows and columns of (D, H, W) between two shares of their number; all slices are kept."""
    (_, top, left), (_, bottom, right) = central_box(volume.shape, share)
    return volume[:, top:bottom, left:right]


def central_box(shape: tuple[int, ...], share: tuple[float, float]) -> Box:
    """Return the box of a (D, H, W) that `central_crop` keeps.

    Raises:
        InputRefusedError: If nothing is left.
    """
    (top, bottom), (left, right) = ((round(share[0] * size), round(share[1] * size)) for size in shape[1:])
    if bottom <= top or right <= left:
        msg = (
            f"a scan of {shape[1]} x {shape[2]} rows and columns is too small for the crop {share[0]:g} to {share[1]:g}"
        )
        raise InputRefusedError(msg)
    return Box((0, top, left), (shape[0], bottom, right))


def slices_to_unit_range(
    volume: NDArray[np.float32], percentiles: tuple[float, float] = (5.0, 95.0)
) -> NDArray[np.float32]:
    """Return (D, H, W) with every slice scaled from its own percentiles to -1 and 1, and clipped there.

    A slice that shows nothing becomes 0, mid-gray: scaled up, its noise would be an image.

    Raises:
        InputRefusedError: If a value is not finite.
    """
    if not np.isfinite(volume).all():
        msg = "the scan holds values that are not finite, and cannot be scaled to -1..1"
        raise InputRefusedError(msg)
    low, high = np.percentile(volume, percentiles, axis=(1, 2), keepdims=True).astype(np.float32)  # (2, D, 1, 1)
    span = high - low
    shows = span > _FLAT * np.float32(np.ptp(volume))
    scaled = 2 * (np.clip(volume, low, high) - low) / np.where(shows, span, 1) - 1
    return np.where(shows, scaled, 0).astype(np.float32)


def squared(volume: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return (D, H, W) of -1 to 1 as (D, size, size): the shorter side filled up with -1, then linearly resized."""
    height, width = volume.shape[1:]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = np.full((len(volume), side, side), -1, np.float32)
    square[:, top : top + height, left : left + width] = volume
    resized = F.interpolate(tensor_of(square)[:, None], size=(size, size), mode="bilinear", antialias=True)
    return array_of(resized[:, 0].clamp(-1, 1)).astype(np.float32)


def unsquared(square: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Return (D, size, size) as (D, height, width): what `squared` did to such a volume, undone."""
    side = max(height, width)
    resized = F.interpolate(tensor_of(square)[:, None], size=(side, side), mode="bilinear", antialias=True)
    top, left = (side - height) // 2, (side - width) // 2
    return array_of(resized[:, 0, top : top + height, left : left + width]).astype(np.float32)


def filled_up(volume: NDArray[_Number], depth: int) -> NDArray[_Number]:
    """Return (D, H, W) with its slices mirrored after the last one until there are `depth`, if there are fewer."""
    return np.pad(volume, ((0, max(0, depth - len(volume))), (0, 0), (0, 0)), mode="reflect")


def as_given(slices: Tensor) -> Tensor:
    """Return samples (B, D, H, W) as a generator takes them: slices (B, 1, H, W), or slabs (B, 1, D, H, W) from 2."""
    return slices if slices.shape[1] == 1 else slices[:, None]


class UnpairedSlices:
    """Slices of two sets of scans that have nothing to do with each other, as a source of samples.

    A sample is an image (2, D, H, W), channel 0 what to translate and channel 1 one of the target's kind, with the
    labels (D, H, W) of channel 0: so the batches, their workers and their numbers are those of every training. D is 1,
    or that of a slab: neighboring slices of one scan, in their order.
    """

    def __init__(
        self,
        originals: list[NDArray[np.float32]],
        targets: list[NDArray[np.float32]],
        labels: list[NDArray[np.uint8]] | None = None,
        *,
        seed: int,
        depth: int = 1,
    ) -> None:
        """Take scans (D, H, W) of -1 to 1 and of one H and W, and labels of the originals' shapes.

        Scans with fewer slices than `depth`, those of a slab, are `filled_up`.

        Raises:
            InputRefusedError: If a set is empty, or the sizes do not fit each other.
        """
        if not originals or not targets:
            msg = f"both kinds of scans are needed; got {len(originals)} to translate and {len(targets)} as targets"
            raise InputRefusedError(msg)
        sizes = {each.shape[1:] for each in (*originals, *targets)}
        if len(sizes) > 1:
            msg = f"slices of one size are needed; got {', '.join(map(str, sorted(sizes)))}"
            raise InputRefusedError(msg)
        if labels is None:
            labels = [np.zeros(each.shape, np.uint8) for each in originals]
        shapes, of_labels = ([each.shape for each in scans] for scans in (originals, labels))
        if shapes != of_labels:
            msg = f"the labels have the shapes {of_labels}, the scans {shapes}"
            raise InputRefusedError(msg)
        self._originals, self._targets = _Slabs(originals, depth), _Slabs(targets, depth)
        self._labels = _Slabs(labels, depth)
        self._seed = seed

    @property
    def largest_label(self) -> int:
        """Of all labels."""
        return int(self._labels.slices.max())

    def sample(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return a random slice or slab of each set, and the labels of the first; for an index the same every time."""
        rng = np.random.default_rng((self._seed, index))
        original, target = int(rng.integers(len(self._originals))), int(rng.integers(len(self._targets)))
        return np.stack([self._originals[original], self._targets[target]]), self._labels[original]


class _Slabs(Generic[_Number]):
    """All slabs of so many slices that lie within one of the scans (D, H, W)."""

    def __init__(self, scans: list[NDArray[_Number]], depth: int) -> None:
        filled = [filled_up(scan, depth) for scan in scans]
        ends = np.cumsum([len(scan) for scan in filled])
        self.slices = np.concatenate(filled)
        self._starts = np.concatenate(
            [np.arange(end - len(scan), end - depth + 1) for scan, end in zip(filled, ends, strict=True)]
        )
        self._depth = depth

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, number: int) -> NDArray[_Number]:
        start = self._starts[number]
        return self.slices[start : start + self._depth]


def translated_volume(
    network: torch.nn.Module, volume: NDArray[np.float32], *, batch: int = 8, as_slab: bool = False
) -> NDArray[np.float32]:
    """Return (D, H, W) of -1 to 1 translated slice by slice; sizes that are no multiples of 4 are filled up and cut.

    Args:
        network: A generator in evaluation mode.
        volume: Prepared as for its training.
        batch: Slices that go through at once; they do not see each other.
        as_slab: Hand all slices over as one slab, to a network that takes these.
    """
    device = next(network.parameters()).device
    height, width = volume.shape[1:]
    filled = F.pad(tensor_of(volume)[:, None], (0, -width % 4, 0, -height % 4), value=-1.0)
    parts = [filled.transpose(0, 1)[None]] if as_slab else torch.split(filled, batch)
    with torch.inference_mode():
        made = [network(part.to(device)).float().cpu().reshape(-1, *filled.shape[-2:]) for part in parts]
    return array_of(torch.cat(made)[:, :height, :width]).astype(np.float32)

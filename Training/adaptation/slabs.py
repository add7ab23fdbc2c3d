"""Whole scans translated so that neighboring slices fit: in overlapping slabs that are blended."""

import copy
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from Training.adaptation.generator import Generator
from Training.adaptation.slices import filled_up, translated_volume
from VSSegmentationLib.inference.windows import window_starts


def consistent_volume(network: nn.Module, volume: NDArray[np.float32], *, slab: int = 8) -> NDArray[np.float32]:
    """Return (D, H, W) of -1 to 1 translated in slabs of slices, each overlapping the next by half.

    A generator of slices norms each by its own mean and deviation, so what a slice shows decides how bright all of it
    becomes, and tissues flicker from slice to slice. Here the slices of a slab are normed together, and where slabs
    overlap their answers are blended linearly. A generator of slabs is handed these as they are; a scan with fewer
    slices is mirrored at its end to fill one.

    Args:
        network: A generator in evaluation mode.
        volume: Prepared as for its training.
        slab: Slices; 1 translates each by itself; for a generator of slabs, as many as it was trained on.
    """
    if isinstance(network, Generator) and network.takes_slabs:
        filled = filled_up(volume, slab)
        return _blended(filled, slab, lambda part: translated_volume(network, part, as_slab=True))[: len(volume)]
    size = min(slab, len(volume))
    if size == 1:
        return translated_volume(network, volume)
    together = normed_together(network)
    return _blended(volume, size, lambda part: translated_volume(together, part, batch=size))


def _blended(
    volume: NDArray[np.float32], size: int, translated: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Return (D, H, W) translated in slabs of `size` slices, blended where these overlap by half."""
    depth = len(volume)
    weights = 1 - np.abs(np.arange(size) - (size - 1) / 2) / (size / 2)  # a triangle, above 0 at its ends
    total, made = np.zeros(depth), np.zeros(volume.shape, np.float64)
    for start in window_starts(depth, size, 0.5):
        part = slice(start, start + size)
        made[part] += weights[:, None, None] * translated(volume[part])
        total[part] += weights
    return (made / total[:, None, None]).astype(np.float32)


def normed_together(network: nn.Module) -> nn.Module:
    """Return a copy of a network whose instance norms take mean and deviation of the whole batch, for each channel."""
    twin = copy.deepcopy(network)
    for module in list(twin.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.InstanceNorm2d):
                setattr(module, name, _NormOfBatch(child.eps))
    return twin.eval()


class _NormOfBatch(nn.Module):
    def __init__(self, eps: float) -> None:
        super().__init__()
        self._eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to itself."""
        as_one = x.transpose(0, 1).reshape(1, x.shape[1], -1)  # (1, C, B H W)
        normed = F.instance_norm(as_one, eps=self._eps)
        return normed.reshape(x.shape[1], x.shape[0], *x.shape[2:]).transpose(0, 1)


def slice_jumps(volume: NDArray[np.float32]) -> float:
    """Return the mean absolute step of the slices' own means from one to the next: how much a scan flickers."""
    return float(np.abs(np.diff(volume.mean(axis=(1, 2)))).mean()) if len(volume) > 1 else 0.0

"""nnU-Net's windows: half-overlapping, weighed by a Gaussian, every mirror image, every fold; logits are averaged.

Sums are kept in half precision, as nnU-Net keeps them, so that the two agree to the last digits that it has.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, product
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn
from torch.nn import functional as F

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.inference.nnunet.plans import NnUNetPlans
from VSSegmentationLib.inference.nnunet.preprocessing import prepare, restore
from VSSegmentationLib.inference.soundness import with_finite_answers
from VSSegmentationLib.networks import NetworkOutput, NnUNet, NnUNetConfig, logits_of
from VSSegmentationLib.preprocessing import Box
from VSSegmentationLib.tensors import array_of, tensor_of

_STEP = 0.5
"""Of a window's size, at most."""
_PEAK = 10.0
"""Of the Gaussian, so that its rim is not lost in half precision."""


class FoldEnsemble(nn.Module):
    """The networks of all folds of one model."""

    def __init__(self, config: NnUNetConfig, folds: int) -> None:
        super().__init__()
        self.folds = nn.ModuleList(NnUNet(config) for _ in range(folds))

    @classmethod
    def of(cls, config: NnUNetConfig, folds: Iterable[nn.Module]) -> "FoldEnsemble":
        """Return an ensemble of networks that are there already."""
        ensemble = cls(config, 0)
        ensemble.folds = nn.ModuleList(folds)
        return ensemble

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return the mean of the folds' logits (B, K, D, H, W) for (B, C, D, H, W)."""
        return NetworkOutput(torch.stack([fold(image).logits for fold in self.folds]).mean(dim=0), [])


def predict_probabilities(
    channels: NDArray[np.float32],
    spacing_dhw_mm: Triplet,
    ensemble: FoldEnsemble,
    plans: NnUNetPlans,
    *,
    device: torch.device,
    on_step: Callable[[float], None] = lambda _share: None,
    part: Box | None = None,
) -> NDArray[np.float32]:
    """Return the probabilities (K, D, H, W) of every voxel, as nnU-Net's own predictor gives them.

    Args:
        channels: (C, D, H, W) as they were read: slices first, not normalized.
        spacing_dhw_mm: Voxel size.
        ensemble: On the device.
        plans: Of the model.
        device: Where windows are computed.
        on_step: Told the share done before each window; may raise to stop.
        part: What is looked at; outside of it all is background. None is everything.
    """
    prepared = prepare(channels, spacing_dhw_mm, plans, part)
    data = tensor_of(prepared.data)
    total: Tensor | None = None
    count = len(ensemble.folds)
    for number, fold in enumerate(ensemble.folds):
        logits = _windowed(fold, data, plans, device, lambda share, n=number: on_step((n + share) / count))  # type: ignore[misc]
        total = logits if total is None else total + logits
    assert total is not None
    mean: NDArray[np.float16] = array_of(total / count if count > 1 else total)
    return restore(mean, prepared, plans)


def predict_labels(
    images: NDArray[np.float32],
    spacing_dhw_mm: Triplet,
    network: nn.Module,
    plans: NnUNetPlans,
    labels: Sequence[int],
    *,
    device: torch.device,
    on_step: Callable[[float], None] = lambda _share: None,
    part: Box | None = None,
) -> NDArray[np.float32]:
    """Return the probabilities (K, D, H, W) of labels; those of outputs that mean the same are summed.

    The network is shown the images as axial ones are stored, as in training: slices to superior, rows to posterior,
    columns to left.

    Args:
        images: (C, D, H, W), axes to superior, anterior, right; not normalized.
        spacing_dhw_mm: Voxel size.
        network: A `FoldEnsemble`, on the device.
        plans: Of the model.
        labels: Meanings, the background first.
        device: Where windows are computed.
        on_step: Told the share done before each window; may raise to stop.
        part: What is looked at; outside of it all is background. None is everything.

    Raises:
        ModelError: If the network is none of nnU-Net's.
    """
    if not isinstance(network, FoldEnsemble):
        msg = "the model has nnU-Net's plans and a network that is none of its"
        raise ModelError(msg)
    shown = np.ascontiguousarray(images[..., ::-1, ::-1], dtype=np.float32)
    found = predict_probabilities(
        shown, spacing_dhw_mm, network, plans, device=device, on_step=on_step, part=_turned(part, images.shape)
    )
    back, meanings = found[..., ::-1, ::-1], np.array(plans.meanings)
    return np.stack([back[meanings == label].sum(axis=0) for label in labels])


def _turned(part: Box | None, shape: Sequence[int]) -> Box | None:
    """Return the same part of images whose rows and columns run the other way."""
    if part is None:
        return None
    (a, b, c), (x, y, z), (height, width) = part.start, part.stop, shape[-2:]
    return Box((a, height - y, width - z), (x, height - b, width - c))


def _windowed(
    network: nn.Module, data: Tensor, plans: NnUNetPlans, device: torch.device, on_step: Callable[[float], None]
) -> Tensor:
    """Return logits (K, D, H, W), half precision, on the computer's memory."""
    missing = [max(0, size - n) for size, n in zip(plans.patch_size, data.shape[1:], strict=True)]
    before = [m // 2 for m in missing]
    (d0, h0, w0), (d1, h1, w1) = before, [m - b for m, b in zip(missing, before, strict=True)]
    padded = F.pad(data, (w0, w1, h0, h1, d0, d1))
    starts = [window_starts(n, size) for n, size in zip(padded.shape[1:], plans.patch_size, strict=True)]
    weights = gaussian(plans.patch_size)
    sums = torch.zeros((plans.outputs, *padded.shape[1:]), dtype=torch.half)
    weight = torch.zeros(padded.shape[1:], dtype=torch.half)
    places = list(product(*starts))
    for number, place in enumerate(places):
        on_step(number / len(places))
        cut = tuple(slice(start, start + size) for start, size in zip(place, plans.patch_size, strict=True))
        answer = _mirrored(network, padded[(slice(None), *cut)][None].to(device), plans.mirror_axes)[0].cpu()
        sums[(slice(None), *cut)] += answer * weights
        weight[cut] += weights
    own = tuple(slice(b, b + n) for b, n in zip(before, data.shape[1:], strict=True))
    return (sums / weight)[(slice(None), *own)]


def _mirrored(network: nn.Module, window: Tensor, axes: Sequence[int]) -> Tensor:
    """Return the mean of the logits over the window and all its mirror images."""
    sets = [c for count in range(1, len(axes) + 1) for c in combinations([axis + 2 for axis in axes], count)]
    answer = with_finite_answers(logits_of(network))
    logits = answer(window)
    for flipped in sets:
        logits = logits + torch.flip(answer(torch.flip(window, flipped)), flipped)
    return logits / (len(sets) + 1)


def window_starts(length: int, size: int) -> list[int]:
    """Return where windows begin: as few as steps of half a window allow, evenly spread, the last one at the end."""
    count = ceil((length - size) / (size * _STEP)) + 1
    last = length - size
    return [round(last / (count - 1) * number) for number in range(count)] if count > 1 else [0]


def gaussian(size: Shape) -> Tensor:
    """Return the weights (d, h, w) of a window's voxels, half precision, nowhere 0."""
    peak = np.zeros(size)
    peak[tuple(n // 2 for n in size)] = 1
    blurred = tensor_of(ndimage.gaussian_filter(peak, [n / 8 for n in size], mode="constant"))
    weights = (blurred / blurred.max() * _PEAK).half()
    weights[weights == 0] = weights[weights != 0].min()
    return weights

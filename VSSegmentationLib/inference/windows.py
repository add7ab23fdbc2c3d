"""Running a network over a volume of any size: in one pass, or in overlapping windows with blended logits.

Slices are given out as soon as no further window touches them, so that the memory holds one row of
windows, never the logits of the whole volume.
"""

from collections.abc import Callable, Iterator
from itertools import product
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from VSSegmentationLib.geometry import Shape
from VSSegmentationLib.inference.config import WindowConfig
from VSSegmentationLib.inference.soundness import with_finite_answers
from VSSegmentationLib.networks import NetworkOutput, filled_maps, logits_of
from VSSegmentationLib.preprocessing import Slab
from VSSegmentationLib.tensors import array_of, tensor_of

_BLEND_SIGMA = 0.125
"""Of the window's size; as in VS_Seg (MONAI's Gaussian mode)."""
_LEAST_WEIGHT = 1e-3


def window_size(shape: Shape, config: WindowConfig) -> Shape:
    """Return the whole shape if it fits one pass, else the window, no larger than the shape."""
    if prod(shape) <= config.one_pass_voxels:
        return shape
    d, h, w = (min(n, size) for n, size in zip(shape, config.size_dhw, strict=True))
    return d, h, w


def window_starts(length: int, size: int, overlap: float) -> list[int]:
    """Return where windows begin along one axis: equal steps, the last one moved back onto the end."""
    step = max(1, int(size * (1 - overlap)))
    return [*range(0, length - size, step), length - size]


def blend_weights(size: int) -> NDArray[np.float32]:
    """Return (size,) weights of a window's voxels along one axis: a Gaussian, 1 at the center."""
    sigma = _BLEND_SIGMA * size
    offset = np.arange(size) - (size - 1) / 2
    weights: NDArray[np.float32] = np.maximum(np.exp(-0.5 * (offset / sigma) ** 2), _LEAST_WEIGHT).astype(np.float32)
    return weights


def probabilities_by_slice(
    predict: Callable[[Tensor], Tensor],
    image_slices: Callable[[int, int], NDArray[np.float32]],
    shape: Shape,
    *,
    config: WindowConfig,
    device: torch.device,
    on_step: Callable[[float], None],
    maps: int = 0,
) -> Iterator[Slab]:
    """Yield class probabilities (K, 1, H, W) of one slice after the other, from the first to the last.

    Args:
        predict: (1, C, d, h, w) on the device to logits (1, K, d, h, w), behind them so many maps if any are told.
        image_slices: Gives the slices from, up to, of the network's input: (d, H, W), or (C, d, H, W) of channels.
        shape: (D, H, W) of the whole input.
        config: Window, overlap, and how much fits one pass.
        device: Where windows are computed; what is kept stays in the computer's memory.
        on_step: Told the share done before each window; may raise to stop.
        maps: M attention maps behind the logits; then (K + M, 1, H, W) come, the maps blended as they are.
    """
    size = window_size(shape, config)
    depths, heights, widths = (window_starts(n, s, config.overlap) for n, s in zip(shape, size, strict=True))
    total = len(depths) * len(heights) * len(widths)
    along = [blend_weights(s) for s in size]
    weights = tensor_of(along[0][:, None, None] * along[1][:, None] * along[2])
    in_plane = _summed(along[1], heights, shape[1])[:, None] * _summed(along[2], widths, shape[2])
    through = _summed(along[0], depths, shape[0])
    logits, done = torch.empty(0), 0
    for depth, until in zip(depths, [*depths[1:], shape[0]], strict=True):
        rows = tensor_of(image_slices(depth, depth + size[0]))
        for height, width in product(heights, widths):
            on_step(done / total)
            window = rows[..., height : height + size[1], width : width + size[2]]
            part = predict(window.reshape(1, -1, *size).to(device))[0].float().cpu()
            if not logits.numel():
                logits = torch.zeros(part.shape[0], size[0], shape[1], shape[2])
            logits[:, :, height : height + size[1], width : width + size[2]] += part.mul_(weights)
            done += 1
        finished = until - depth
        for index in range(finished):
            mean = logits[:, index] / tensor_of(in_plane * through[depth + index])
            yield Slab(depth + index, array_of(to_probabilities(mean, maps)[:, None]))
        kept = size[0] - finished
        logits[:, :kept] = logits[:, finished:].clone()
        logits[:, kept:] = 0


def _summed(weights: NDArray[np.float32], starts: list[int], length: int) -> NDArray[np.float32]:
    total = np.zeros(length, np.float32)
    for start in starts:
        total[start : start + len(weights)] += weights
    return total


def to_probabilities(answer: Tensor, maps: int = 0) -> Tensor:
    """Return (K + M, ...) class probabilities with the maps behind them, of logits with the same maps behind them."""
    if not maps:
        return torch.softmax(answer, 0)
    classes = len(answer) - maps
    return torch.cat([torch.softmax(answer[:classes], 0), answer[classes:]])


def predictor(network: nn.Module, *, flips: bool, maps: int = 0) -> Callable[[Tensor], Tensor]:
    """Return a function from images to logits; with `flips`, of the mean probability of the image and its mirror image.

    The mirror exchanges left and right (W). Logarithms of probabilities are logits again. With `maps`, the attention
    maps stand behind the logits, the finest level first; with `flips`, they are means, too.
    """
    answer = with_finite_answers(_with_maps(network) if maps else logits_of(network))

    def both(image: Tensor) -> Tensor:
        straight = to_probabilities(answer(image)[0], maps)
        mirrored = to_probabilities(answer(image.flip(-1))[0].flip(-1), maps)
        mean = (straight + mirrored) / 2
        classes = len(mean) - maps
        return torch.cat([torch.log(mean[:classes].clamp_min(1e-7)), mean[classes:]])[None]

    return both if flips else answer


def _with_maps(network: nn.Module) -> Callable[[Tensor], Tensor]:
    def answer(image: Tensor) -> Tensor:
        output: NetworkOutput = network(image)
        return torch.cat([output.logits, *filled_maps(output)], dim=1)

    return answer

"""What a trained network says of a whole scan, in eight mirror images, on the scan's own grid."""

from collections.abc import Callable
from itertools import chain, combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from Training.adaptation.selection import CLASSES, Opinion
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.inference import WindowConfig
from VSSegmentationLib.inference.windows import predictor, probabilities_by_slice
from VSSegmentationLib.preprocessing import Grid, grid_of, resample, scored_on, whole_intensity, working_grid
from VSSegmentationLib.volume import Volume

_AXES = tuple(chain.from_iterable(combinations((2, 3, 4), count) for count in range(4)))
"""Of (B, C, D, H, W): none, one, two and all three."""

_ONE_PASS = 2
"""Patches: a scan hardly larger than what the network was trained on is seen whole."""


@torch.inference_mode()
def opinion_of(network: nn.Module, image: Volume, spacing_dhw_mm: Triplet, patch_dhw: tuple[int, int, int]) -> Opinion:
    """Return mean probabilities and votes of the eight mirror images on the grid of a scan.

    Args:
        network: In evaluation mode, with the four classes of `CLASSES`.
        image: Axes to superior, anterior, right.
        spacing_dhw_mm: Voxel size that the network was trained with.
        patch_dhw: Size of its patches.

    Raises:
        UsageError: If the network has other classes.
    """
    device = next(network.parameters()).device
    working = working_grid(grid_of(image), spacing_dhw_mm)
    scored = scored_on(image, working, whole_intensity(image, nonzero=False))
    config = WindowConfig(size_dhw=patch_dhw, overlap=0.5, one_pass_voxels=_ONE_PASS * int(np.prod(patch_dhw)))
    probability = np.zeros((len(CLASSES), *scored.shape), np.float32)
    votes = np.zeros_like(probability)
    for axes in _AXES:
        slabs = probabilities_by_slice(
            _mirrored(network, axes), lambda start, stop: scored[start:stop], scored.shape,
            config=config, device=device, on_step=lambda _share: None,
        )  # fmt: skip
        found = np.concatenate([slab.array for slab in slabs], axis=1)  # (K, D, H, W)
        if len(found) != len(CLASSES):
            msg = f"pseudo-labels are of tumor parts and cochlea, four classes, and the network gives {len(found)}"
            raise UsageError(msg)
        probability += found / len(_AXES)
        best = found.argmax(0)
        for number in range(len(CLASSES)):
            votes[number] += (best == number) / np.float32(len(_AXES))
    return Opinion(_on_grid(probability, working, image), _on_grid(votes, working, image))


def _mirrored(network: nn.Module, axes: tuple[int, ...]) -> Callable[[Tensor], Tensor]:
    answer = predictor(network, flips=False)

    def mirrored(image: Tensor) -> Tensor:
        return answer(image.flip(axes)).flip(axes)

    return mirrored


def _on_grid(shares: NDArray[np.float32], working: Grid, image: Volume) -> NDArray[np.float32]:
    """Return (K, D, H, W) shares of the working grid on the grid of an image."""
    target = grid_of(image)
    return np.stack([resample(Volume(each, working.dhw_to_ras), target).array for each in shares])

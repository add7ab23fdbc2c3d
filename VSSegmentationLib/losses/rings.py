"""Weights of the voxels on both sides of a tumor's outline, where segmentations are won and lost."""

import torch
from torch import Tensor
from torch.nn import functional as F

from VSSegmentationLib.geometry import Triplet


def ring_voxels(tumor: Tensor, radius_mm: float, spacing_dhw_mm: Triplet) -> tuple[Tensor, Tensor]:
    """Return the rings just outside and just inside of a mask, (B, D, H, W) bool each.

    A ring is what a dilation with a box adds to the mask, or an erosion takes from it; the box reaches `radius_mm` to
    each side along every axis, rounded to whole voxels. Where the image ends, nothing is eroded.

    Args:
        tumor: (B, D, H, W) bool.
        radius_mm: Half the width of the box.
        spacing_dhw_mm: Voxel size.

    Source: the public code of Chen, Wang, Zhang, crossMoDA 2023, dilates by max-pooling with a cube of 7 to 15 voxels,
    whatever they measure; its text names dilation and erosion.
    """
    reach = [round(radius_mm / step) for step in spacing_dhw_mm]
    outside = _dilated(tumor, reach) & ~tumor
    inside = _dilated(~tumor, reach) & tumor
    return outside, inside


def _dilated(mask: Tensor, reach: list[int]) -> Tensor:
    x = mask[:, None].float()
    for axis, count in enumerate(reach):  # a box is a product of lines
        size, padding = [1, 1, 1], [0, 0, 0]
        size[axis], padding[axis] = 2 * count + 1, count
        x = F.max_pool3d(x, size, stride=1, padding=padding)  # pads with less than any value
    return x[:, 0] > 0


def drawn_between(low: float, high: float) -> float:
    """Return a number between two, drawn from the generator of torch, which training seeds for every step."""
    return low + (high - low) * float(torch.rand(()))

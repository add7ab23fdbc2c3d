"""Supervision of the attention maps: each is compared with the tumor, brought to the map's size.

Source: Wang et al. 2019, doi:10.1007/978-3-030-32245-8_30, equation 1.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.losses.hardness import dice_loss_of_probabilities

AttentionTarget = Literal["max", "average"]
"""`max` keeps the smallest tumor at every level (VS_Seg); `average` is the share of tumor in a cell (paper)."""


def attention_targets(
    labels: Tensor, sizes_dhw: Sequence[Sequence[int]], *, pooling: AttentionTarget
) -> tuple[Tensor, ...]:
    """Return the tumor (all labels over 0) at the size of every map.

    The largest size may exceed the labels' where the network padded its input: the target is padded alike, with
    background behind the end of each axis.

    Args:
        labels: (B, D, H, W) int64.
        sizes_dhw: Sizes of the maps, deepest (smallest) first.
        pooling: How a cell of the smaller map is filled from the larger.

    Returns:
        Float32 (B, 1, D, H, W) per map, in the order of `sizes_dhw`.

    Raises:
        UsageError: If a size does not divide the next larger one.
    """
    tumor = (labels > 0).unsqueeze(1).float()
    padding = [max(0, full - size) for size, full in zip(tumor.shape[2:], sizes_dhw[-1], strict=True)]
    if any(padding):
        depth, height, width = padding
        tumor = F.pad(tumor, (0, width, 0, height, 0, depth))
    pool = F.max_pool3d if pooling == "max" else F.avg_pool3d
    targets: list[Tensor] = []
    for size in reversed(sizes_dhw):
        if any(large % small for large, small in zip(tumor.shape[2:], size, strict=True)):
            msg = (
                f"an attention map of size {tuple(size)} does not divide the next larger size {tuple(tumor.shape[2:])}"
            )
            raise UsageError(msg)
        factor = [large // small for large, small in zip(tumor.shape[2:], size, strict=True)]
        tumor = tumor if factor == [1, 1, 1] else pool(tumor, factor)
        targets.append(tumor)
    return tuple(reversed(targets))


def supervised_attention_loss(
    attention_maps: Sequence[Tensor],
    labels: Tensor,
    *,
    pooling: AttentionTarget,
    hardness: float = 0.0,
    detach_weight: bool = False,
    batch_dice: bool = False,
) -> Tensor:
    """Return the mean over the maps of the one-class Dice loss between map and target, in float32.

    Args:
        attention_maps: (B, 1, D, H, W) each, 0 to 1, deepest first.
        labels: (B, D, H, W) int64; the target is the union of all labels over 0.
        pooling: See `attention_targets`.
        hardness: lambda; 0 is the plain Dice loss (VS_Seg), the output's lambda is the paper's reading.
        detach_weight: See `dice_loss_of_probabilities`.
        batch_dice: See `dice_loss_of_probabilities`.

    Raises:
        UsageError: If there is no map, or the sizes do not divide.
    """
    if not attention_maps:
        msg = "the attention cannot be supervised: the network gave no maps; set attention_weight to 0"
        raise UsageError(msg)
    with torch.no_grad():
        targets = attention_targets(labels, [tuple(given.shape[2:]) for given in attention_maps], pooling=pooling)
    losses = [
        dice_loss_of_probabilities(
            given.float(), target, hardness=hardness, detach_weight=detach_weight, batch_dice=batch_dice
        )
        for given, target in zip(attention_maps, targets, strict=True)
    ]
    return torch.stack(losses).mean()

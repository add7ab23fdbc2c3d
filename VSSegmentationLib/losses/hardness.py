"""Hardness-weighted Dice loss: hard voxels count more than easy ones.

Source: Wang et al. 2019, doi:10.1007/978-3-030-32245-8_30, equations 2 and 3.
"""

import torch
from torch import Tensor

from VSSegmentationLib.errors import ConfigError, UsageError

_EPSILON = 1e-5


def check_hardness(hardness: float) -> None:
    """Raise ConfigError unless 0 <= hardness <= 1."""
    if not 0 <= hardness <= 1:
        msg = f"hardness must be from 0 (plain Dice) to 1, got {hardness}"
        raise ConfigError(msg)


def one_hot(labels: Tensor, like: Tensor) -> Tensor:
    """Return labels as 0 and 1 per class, with shape, dtype and memory layout of `like`.

    Args:
        labels: (B, D, H, W) int64, 0 to K - 1.
        like: (B, K, D, H, W).

    Raises:
        UsageError: If the sizes differ, or a label has no class.
    """
    classes = like.shape[1]
    expected = (like.shape[0], *like.shape[2:])
    if labels.dtype != torch.int64 or labels.shape != expected:
        msg = f"labels must be int64 of shape {expected}; got {labels.dtype}, {tuple(labels.shape)}"
        raise UsageError(msg)
    lowest, highest = (int(bound) for bound in torch.aminmax(labels)) if labels.numel() else (0, 0)
    if lowest < 0 or highest >= classes:
        msg = f"labels must be from 0 to {classes - 1} for {classes} classes; got {lowest} to {highest}"
        raise UsageError(msg)
    return torch.zeros_like(like).scatter_(1, labels.unsqueeze(1), 1.0)


def hardness_weight(probability: Tensor, truth: Tensor, hardness: float) -> Tensor:
    """Return lambda |p - g| + (1 - lambda), equation 2, from 1 - lambda (easy) to 1 (hard)."""
    return hardness * (probability - truth).abs() + (1 - hardness)


def dice_loss_of_probabilities(
    probability: Tensor,
    truth: Tensor,
    *,
    hardness: float = 0.0,
    detach_weight: bool = False,
    batch_dice: bool = False,
) -> Tensor:
    """Return equation 3, averaged over classes and, unless `batch_dice`, over samples.

    Args:
        probability: (B, C, D, H, W) float32, 0 to 1.
        truth: Like `probability`; soft values are allowed.
        hardness: lambda of equation 2; 0 is the plain Dice loss without squares.
        detach_weight: Keep the gradient from running through the weight.
        batch_dice: Sum the voxels of the whole batch per class, so that a sample without tumor shares the
            denominator of the others instead of asking for a foreground of exactly nothing.

    Returns:
        Scalar, 0 to 1.
    """
    axes = (0, 2, 3, 4) if batch_dice else (2, 3, 4)
    overlap, total = probability * truth, probability + truth
    if hardness:
        weight = hardness_weight(probability.detach() if detach_weight else probability, truth, hardness)
        overlap, total = weight * overlap, weight * total
    dice = (2 * overlap.sum(axes) + _EPSILON) / (total.sum(axes) + _EPSILON)  # (B, C) or (C,)
    return 1 - dice.mean()


def hardness_weighted_dice_loss(
    logits: Tensor,
    labels: Tensor,
    *,
    hardness: float,
    detach_weight: bool = False,
    include_background: bool = True,
    batch_dice: bool = False,
) -> Tensor:
    """Return the hardness-weighted Dice loss of a softmax, in float32 whatever the logits are.

    Args:
        logits: (B, K, D, H, W), K >= 2.
        labels: (B, D, H, W) int64, 0 to K - 1, or one-hot like `logits`.
        hardness: lambda, 0 to 1; the paper recommends 0.4 to 0.6. At 1 without `detach_weight`, the gradient of easy
            voxels has the wrong sign.
        detach_weight: See `dice_loss_of_probabilities`.
        include_background: Average over all K classes; otherwise over the K - 1 of the foreground.
        batch_dice: See `dice_loss_of_probabilities`.

    Raises:
        ConfigError: If `hardness` is outside 0 to 1.
        UsageError: If `labels` do not fit `logits`.
    """
    check_hardness(hardness)
    if logits.ndim != 5 or logits.shape[1] < 2:
        msg = f"logits must be (B, K, D, H, W) with at least two classes, got {tuple(logits.shape)}"
        raise UsageError(msg)
    probability = torch.softmax(logits.float(), dim=1)
    truth = labels.to(probability.dtype) if labels.shape == logits.shape else one_hot(labels, probability)
    first = 0 if include_background else 1
    return dice_loss_of_probabilities(
        probability[:, first:],
        truth[:, first:],
        hardness=hardness,
        detach_weight=detach_weight,
        batch_dice=batch_dice,
    )

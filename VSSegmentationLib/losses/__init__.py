"""What the networks learn with: hardness-weighted Dice, cross-entropy, and the supervision of the attention maps."""

from VSSegmentationLib.losses.attention import AttentionTarget, attention_targets, supervised_attention_loss
from VSSegmentationLib.losses.hardness import hardness_weighted_dice_loss
from VSSegmentationLib.losses.segmentation import AttentionLoss, LossConfig, LossTerms, SegmentationLoss

__all__ = [
    "AttentionLoss",
    "AttentionTarget",
    "LossConfig",
    "LossTerms",
    "SegmentationLoss",
    "attention_targets",
    "hardness_weighted_dice_loss",
    "supervised_attention_loss",
]

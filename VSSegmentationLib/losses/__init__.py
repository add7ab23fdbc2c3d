"""What the networks learn with: hardness-weighted Dice, cross-entropy, supervised attention, distance of a boundary."""

from VSSegmentationLib.losses.attention import AttentionTarget, attention_targets, supervised_attention_loss
from VSSegmentationLib.losses.boundary import (
    BoundaryDistanceLoss,
    BoundaryTerm,
    GradientOperator,
    boundary_distance_map,
    boundary_voxels,
)
from VSSegmentationLib.losses.hardness import hardness_weighted_dice_loss
from VSSegmentationLib.losses.rings import ring_voxels
from VSSegmentationLib.losses.segmentation import AttentionLoss, LossConfig, LossTerms, SegmentationLoss

__all__ = [
    "AttentionLoss",
    "AttentionTarget",
    "BoundaryDistanceLoss",
    "BoundaryTerm",
    "GradientOperator",
    "LossConfig",
    "LossTerms",
    "SegmentationLoss",
    "attention_targets",
    "boundary_distance_map",
    "boundary_voxels",
    "hardness_weighted_dice_loss",
    "ring_voxels",
    "supervised_attention_loss",
]

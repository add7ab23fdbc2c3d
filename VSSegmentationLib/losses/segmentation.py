"""The whole loss of a segmentation network, from one configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.losses.attention import AttentionTarget, supervised_attention_loss
from VSSegmentationLib.losses.boundary import BoundaryDistanceLoss, GradientOperator
from VSSegmentationLib.losses.hardness import (
    check_hardness,
    dice_loss_of_probabilities,
    hardness_weighted_dice_loss,
)
from VSSegmentationLib.losses.regions import Regions, in_regions, labels_between
from VSSegmentationLib.losses.rings import drawn_between, ring_voxels

AttentionLoss = Literal["dice", "hardness"]
CrossEntropyMean = Literal["weights", "voxels"]


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """What is summed, and with which weights; the defaults are those of VS_Seg."""

    hardness: float = 0.6
    """lambda of the hardness-weighted Dice loss; 0 is the plain Dice loss."""
    detach_weight: bool = False
    include_background: bool = True
    batch_dice: bool = False
    """Pool the voxels of the batch per class, in the output's Dice and in that of the attention: for batches in which
    samples without tumor occur."""
    dice_weight: float = 1.0
    cross_entropy_weight: float = 0.0
    regions: Regions | None = None
    """Of a network whose outputs are nested regions, each the sigmoid of its own: the labels in each, the outermost
    first. Dice and binary cross-entropy are means over the regions then."""
    class_weights: tuple[float, ...] | None = None
    """Of the cross-entropy, one per class."""
    cross_entropy_mean: CrossEntropyMean = "weights"
    """What the weighed sum over voxels is divided by: the sum of their weights, or, as Chen, Wang and Zhang (crossMoDA
    2023) have it, their number."""
    ring_weight: float = 0.0
    """Added to the class weight of voxels just outside of a schwannoma (classes 1 and 2), at full resolution."""
    ring_inside_weight: float = 0.0
    """The same just inside of it."""
    ring_mm: tuple[float, float] = (1.5, 3.5)
    """How far both rings reach; drawn anew for every batch."""
    ring_spacing_dhw_mm: tuple[float, float, float] = (1.5, 0.5, 0.5)
    """Voxel size of the samples, for the rings."""
    attention_weight: float = 1.0
    """0 leaves the attention unsupervised."""
    attention_target: AttentionTarget = "max"
    attention_loss: AttentionLoss = "dice"
    """`hardness` takes the lambda of the output, as the paper does."""
    boundary_weight: float = 0.0
    """gamma of the Boundary Distance Loss (Wijethilake et al. 2022), for networks with the classes of the two parts."""
    boundary_tau_mm: float = 2.0
    boundary_gradient: GradientOperator = "central"
    boundary_ramp: float = 0.1
    """Share of the training in which gamma rises from 0: the first softmax maps are diffuse."""

    def __post_init__(self) -> None:
        for name in (
            "dice_weight",
            "hardness",
            "cross_entropy_weight",
            "attention_weight",
            "boundary_weight",
            "boundary_ramp",
            "ring_weight",
            "ring_inside_weight",
        ):
            _check_number(name, getattr(self, name))
        check_hardness(self.hardness)
        for name in ("detach_weight", "include_background", "batch_dice"):
            if not isinstance(getattr(self, name), bool):
                msg = f"{name} must be true or false; got {getattr(self, name)!r}"
                raise ConfigError(msg)
        _check_rings(self)
        choices = (
            ("attention_target", AttentionTarget),
            ("attention_loss", AttentionLoss),
            ("cross_entropy_mean", CrossEntropyMean),
        )
        for name, allowed in (*choices, ("boundary_gradient", GradientOperator)):
            if getattr(self, name) not in get_args(allowed):
                msg = f"{name} must be one of {', '.join(get_args(allowed))}; got {getattr(self, name)!r}"
                raise ConfigError(msg)
        class_weights: object = self.class_weights  # a table may hold anything
        if class_weights is not None:
            if not isinstance(class_weights, tuple):
                msg = f"class_weights must be a list of numbers, got {class_weights!r}"
                raise ConfigError(msg)
            for weight in class_weights:
                _check_number("class_weights", weight)
        self._check_regions()
        BoundaryDistanceLoss(tau_mm=self.boundary_tau_mm, gradient=self.boundary_gradient)  # refuses what it cannot be

    def _check_regions(self) -> None:
        if self.regions is None:
            return
        labels_between(self.regions)
        if self.boundary_weight or self.class_weights is not None or self.ring_weight or self.ring_inside_weight:
            msg = "regions go with neither boundary_weight nor class_weights nor rings, which are of classes; "
            msg += "leave these out"
            raise ConfigError(msg)


def _check_rings(config: LossConfig) -> None:
    for name in ("ring_mm", "ring_spacing_dhw_mm"):
        for value in getattr(config, name):
            _check_number(name, value)
    if not config.ring_mm[0] <= config.ring_mm[1] or min(config.ring_spacing_dhw_mm) <= 0:
        msg = "ring_mm must be two numbers, the smaller first, and ring_spacing_dhw_mm three above 0; "
        msg += f"got {config.ring_mm} and {config.ring_spacing_dhw_mm}"
        raise ConfigError(msg)
    if (config.ring_weight or config.ring_inside_weight) and config.cross_entropy_mean != "voxels":
        msg = 'rings weigh voxels of the cross-entropy: set cross_entropy_mean = "voxels"'
        raise ConfigError(msg)


def _check_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < inf:
        msg = f"{name} must be a number of at least 0, got {value!r}"
        raise ConfigError(msg)


class LossTerms(NamedTuple):
    """The loss and its parts, scalars before their weights; a part that is switched off is 0."""

    total: Tensor
    dice: Tensor
    cross_entropy: Tensor
    attention: Tensor
    boundary: Tensor
    boundary_counted: Tensor
    """Samples of the batch of which the boundary loss speaks: those with a boundary, true and predicted."""


class SegmentationLoss(nn.Module):
    """Hardness-weighted Dice, plus weighted cross-entropy, supervision of the attention maps, and boundary distance.

    Where a network gives logits of coarser stages as well, Dice and cross-entropy are weighted means over the stages,
    each stage half as much as the finer one, with the labels of the nearest voxel (deep supervision, as nnU-Net has
    it). Attention and boundary belong to the full resolution.
    """

    def __init__(self, config: LossConfig) -> None:
        super().__init__()
        self.config = config
        self.class_weights: Tensor | None
        weights = None if config.class_weights is None else torch.tensor(list(config.class_weights))
        self.register_buffer("class_weights", weights)
        self.boundary = BoundaryDistanceLoss(tau_mm=config.boundary_tau_mm, gradient=config.boundary_gradient)

    def forward(
        self, output: tuple[Any, ...], labels: Tensor, distance_mm: Tensor | None = None, *, progress: float = 1.0
    ) -> LossTerms:
        """Return the loss of one batch, computed in float32.

        Args:
            output: Logits (B, K, D, H, W) and attention maps, deepest first, and maybe logits of coarser stages: what a
                network's forward pass gives.
            labels: (B, D, H, W) int64, 0 to K - 1; the attention's target is the union of all over 0.
            distance_mm: (B, D, H, W) from `boundary_distance_map`; needed if the boundary has a weight.
            progress: Share of the training that is done, for the boundary's ramp.

        Raises:
            UsageError: If labels, logits, maps and distances do not fit each other.
        """
        logits, attention_maps, *more = output
        config = self.config
        dice, cross_entropy = self._overlap([logits, *(more[0] if more else ())], labels)
        attention = boundary = counted = dice.new_zeros(())
        if config.attention_weight:
            attention = supervised_attention_loss(
                attention_maps,
                labels,
                pooling=config.attention_target,
                hardness=config.hardness if config.attention_loss == "hardness" else 0.0,
                detach_weight=config.detach_weight,
                batch_dice=config.batch_dice,
            )
        if config.boundary_weight:
            if distance_mm is None:
                msg = "a boundary_weight needs the distance map of every sample, and none came"
                raise UsageError(msg)
            term = self.boundary(logits, distance_mm)
            boundary, counted = term.loss, dice.new_tensor(float(term.counted))
        gamma = config.boundary_weight * (min(1.0, progress / config.boundary_ramp) if config.boundary_ramp else 1.0)
        total = config.dice_weight * dice + config.cross_entropy_weight * cross_entropy
        total = total + config.attention_weight * attention
        return LossTerms(total + gamma * boundary, dice, cross_entropy, attention, boundary, counted)

    def _overlap(self, stages: Sequence[Tensor], labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return Dice and cross-entropy, means over the stages weighed 1, 1/2, 1/4 and so on."""
        whole = sum(0.5**number for number in range(len(stages)))
        dice = cross_entropy = stages[0].new_zeros((), dtype=torch.float32)
        for number, logits in enumerate(stages):
            share = 0.5**number / whole
            target = _at_size(labels, logits.shape[2:]) if number else labels
            dice = dice + share * self._dice(logits, target)
            if self.config.cross_entropy_weight:
                cross_entropy = cross_entropy + share * self._cross_entropy(logits, target, ringed=number == 0)
        return dice, cross_entropy

    def _dice(self, logits: Tensor, labels: Tensor) -> Tensor:
        config = self.config
        if config.regions is not None:
            return dice_loss_of_probabilities(
                torch.sigmoid(logits.float()),
                in_regions(labels, config.regions),
                hardness=config.hardness,
                detach_weight=config.detach_weight,
                batch_dice=config.batch_dice,
            )
        return hardness_weighted_dice_loss(
            logits,
            labels,
            hardness=config.hardness,
            detach_weight=config.detach_weight,
            include_background=config.include_background,
            batch_dice=config.batch_dice,
        )

    def _cross_entropy(self, logits: Tensor, labels: Tensor, *, ringed: bool) -> Tensor:
        if self.config.regions is not None:
            return F.binary_cross_entropy_with_logits(logits.float(), in_regions(labels, self.config.regions))
        if self.class_weights is not None and len(self.class_weights) != logits.shape[1]:
            msg = f"{logits.shape[1]} classes need as many class_weights, got {len(self.class_weights)}"
            raise UsageError(msg)
        if self.config.cross_entropy_mean == "weights":
            return F.cross_entropy(logits.float(), labels, weight=self.class_weights)
        of_voxels = F.cross_entropy(logits.float(), labels, reduction="none")  # (B, D, H, W)
        weights = torch.ones_like(of_voxels) if self.class_weights is None else self.class_weights[labels]
        return ((weights + self._on_rings(labels)) * of_voxels).mean() if ringed else (weights * of_voxels).mean()

    def _on_rings(self, labels: Tensor) -> Tensor:
        """Return what the rings add to the weights (B, D, H, W)."""
        config = self.config
        if not (config.ring_weight or config.ring_inside_weight):
            return labels.new_zeros((), dtype=torch.float32)
        outside, inside = ring_voxels(
            (labels == 1) | (labels == 2), drawn_between(*config.ring_mm), config.ring_spacing_dhw_mm
        )
        return config.ring_weight * outside.float() + config.ring_inside_weight * inside.float()


def _at_size(labels: Tensor, size: Sequence[int]) -> Tensor:
    """Return the labels (B, D, H, W) of the nearest voxels of a coarser grid."""
    return F.interpolate(labels[:, None].float(), size=list(size), mode="nearest")[:, 0].long()

"""The whole loss of a segmentation network, from one configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import inf
from typing import Any, Literal, NamedTuple, Self, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.losses.attention import AttentionTarget, supervised_attention_loss
from VSSegmentationLib.losses.hardness import check_hardness, hardness_weighted_dice_loss

AttentionLoss = Literal["dice", "hardness"]


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
    cross_entropy_weight: float = 0.0
    class_weights: tuple[float, ...] | None = None
    """Of the cross-entropy, one per class."""
    attention_weight: float = 1.0
    """0 leaves the attention unsupervised."""
    attention_target: AttentionTarget = "max"
    attention_loss: AttentionLoss = "dice"
    """`hardness` takes the lambda of the output, as the paper does."""

    def __post_init__(self) -> None:
        for name in ("hardness", "cross_entropy_weight", "attention_weight"):
            _check_number(name, getattr(self, name))
        check_hardness(self.hardness)
        for name in ("detach_weight", "include_background", "batch_dice"):
            if not isinstance(getattr(self, name), bool):
                msg = f"loss: {name} must be true or false; got {getattr(self, name)!r}"
                raise ConfigError(msg)
        for name, allowed in (("attention_target", AttentionTarget), ("attention_loss", AttentionLoss)):
            if getattr(self, name) not in get_args(allowed):
                msg = f"loss: {name} must be one of {', '.join(get_args(allowed))}; got {getattr(self, name)!r}"
                raise ConfigError(msg)
        if self.class_weights is not None:
            if not isinstance(self.class_weights, tuple):
                msg = f"loss: class_weights must be a list of numbers, got {self.class_weights!r}"
                raise ConfigError(msg)
            for weight in self.class_weights:
                _check_number("class_weights", weight)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, numbers and strings; what is None is left out, as TOML needs it."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {name: value for name, value in plain.items() if value is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from what `to_dict` gave; left-out keys take their defaults.

        Raises:
            ConfigError: For an unknown key or a value that is not allowed.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(data) - known):
            msg = f"loss: unknown key {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            raise ConfigError(msg)
        values: dict[str, Any] = dict(data)
        if isinstance(values.get("class_weights"), list):
            values["class_weights"] = tuple(values["class_weights"])
        return cls(**values)


def _check_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < inf:
        msg = f"loss: {name} must be a number of at least 0, got {value!r}"
        raise ConfigError(msg)


class LossTerms(NamedTuple):
    """The loss and its parts, scalars before their weights; a part that is switched off is 0."""

    total: Tensor
    dice: Tensor
    cross_entropy: Tensor
    attention: Tensor


class SegmentationLoss(nn.Module):
    """Hardness-weighted Dice, plus weighted cross-entropy, plus weighted supervision of the attention maps."""

    def __init__(self, config: LossConfig) -> None:
        super().__init__()
        self.config = config
        self.class_weights: Tensor | None
        weights = None if config.class_weights is None else torch.tensor(config.class_weights)
        self.register_buffer("class_weights", weights)

    def forward(self, output: tuple[Tensor, Sequence[Tensor]], labels: Tensor) -> LossTerms:
        """Return the loss of one batch, computed in float32.

        Args:
            output: Logits (B, K, D, H, W) and attention maps, deepest first: what a network's forward pass gives.
            labels: (B, D, H, W) int64, 0 to K - 1; the attention's target is the union of all over 0.

        Raises:
            UsageError: If labels, logits and maps do not fit each other.
        """
        logits, attention_maps = output
        config = self.config
        dice = hardness_weighted_dice_loss(
            logits,
            labels,
            hardness=config.hardness,
            detach_weight=config.detach_weight,
            include_background=config.include_background,
            batch_dice=config.batch_dice,
        )
        cross_entropy = attention = dice.new_zeros(())
        if config.cross_entropy_weight:
            if self.class_weights is not None and len(self.class_weights) != logits.shape[1]:
                msg = f"{logits.shape[1]} classes need as many class_weights, got {len(self.class_weights)}"
                raise UsageError(msg)
            cross_entropy = F.cross_entropy(logits.float(), labels, weight=self.class_weights)
        if config.attention_weight:
            attention = supervised_attention_loss(
                attention_maps,
                labels,
                pooling=config.attention_target,
                hardness=config.hardness if config.attention_loss == "hardness" else 0.0,
                detach_weight=config.detach_weight,
                batch_dice=config.batch_dice,
            )
        total = dice + config.cross_entropy_weight * cross_entropy + config.attention_weight * attention
        return LossTerms(total, dice, cross_entropy, attention)

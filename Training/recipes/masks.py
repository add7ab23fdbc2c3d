"""Which masks stage 2 is shown, and how far those made to look predicted stray."""

from dataclasses import dataclass, field

from VSSegmentationLib.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class PerturbationRanges:
    """How far predicted outlines stray; drawn anew for every sample."""

    shift_sd_mm: float = 0.35
    """Standard deviation of the outline as a whole: too wide or too narrow."""
    wander_mm: tuple[float, float] = (0.2, 0.9)
    """Standard deviation of the outline from place to place."""
    wander_length_mm: tuple[float, float] = (1.5, 5.0)
    """Gaussian width over which it wanders alike."""
    short_canal_share: float = 0.25
    """Masks whose deep end in the canal is missing."""
    short_canal_mm: tuple[float, float] = (0.5, 4.0)
    leak_share: float = 0.25
    """Masks with a ball too much, or bitten off, at the outline."""
    leak_radius_mm: tuple[float, float] = (1.0, 3.0)

    def __post_init__(self) -> None:
        for name in ("wander_mm", "wander_length_mm", "short_canal_mm", "leak_radius_mm"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                msg = f"{name} must be two numbers from 0 on, the smaller first; got {low}, {high}"
                raise ConfigError(msg)


@dataclass(frozen=True, kw_only=True)
class MaskConfig:
    """What share of the samples comes with which mask of the whole tumor; what is left of 1 is the true mask.

    Wijethilake et al. 2022 train on true masks and infer on predicted ones, and name training on predicted masks as the
    next step.
    """

    predicted_share: float = 0.0
    perturbed_share: float = 0.0
    model: str | None = None
    """Name or file of the model that predicts, or a run's `best.pt`; needed for predicted masks."""
    least_dice: float = 0.3
    """A predicted mask that overlaps the truth by less shows another place; the perturbed mask is taken instead."""
    perturbation: PerturbationRanges = field(default_factory=PerturbationRanges)
    mirrored: bool = True
    """Mirror image, mask and labels at random along each axis, as nnU-Net does; boundary maps are made after it."""

    def __post_init__(self) -> None:
        shares = (self.predicted_share, self.perturbed_share)
        if min(shares) < 0 or sum(shares) > 1:
            msg = f"predicted_share and perturbed_share must be at least 0 and add up to at most 1, got {shares}"
            raise ConfigError(msg)
        if self.predicted_share > 0 and self.model is None:
            msg = "predicted_share needs a model that predicts: give its name, file or run in `model`"
            raise ConfigError(msg)

"""The learning rate as a closed formula of the step: nothing to store, nothing to get out of step on resume."""

import math
from dataclasses import dataclass
from typing import Literal

from VSSegmentationLib.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """How the learning rate goes over a run."""

    kind: Literal["cosine", "halved", "constant"] = "cosine"
    """cosine: from 1 to `final_fraction` over the run; halved: after every `halve_every` steps; constant."""
    warmup_steps: int = 0
    """The rate climbs linearly over this many steps first, and the schedule proper starts after them."""
    halve_every: int = 10_000
    """Wang et al., MICCAI 2019: halved every 10,000 iterations."""
    final_fraction: float = 0.0

    def __post_init__(self) -> None:
        if self.warmup_steps < 0:
            msg = f"warmup_steps must be >= 0, got {self.warmup_steps}"
            raise ConfigError(msg)
        if self.halve_every < 1:
            msg = f"halve_every must be >= 1, got {self.halve_every}"
            raise ConfigError(msg)
        if not 0.0 <= self.final_fraction <= 1.0:
            msg = f"final_fraction must lie in 0..1, got {self.final_fraction}"
            raise ConfigError(msg)


def learning_rate_factor(schedule: ScheduleConfig, step: int, steps: int) -> float:
    """Return what the initial learning rate is multiplied by.

    Args:
        schedule: Kind and numbers.
        step: Optimizer steps done before this one, 0 for the first.
        steps: Length of the whole run.
    """
    if step < schedule.warmup_steps:
        return (step + 1) / schedule.warmup_steps
    after = step - schedule.warmup_steps
    if schedule.kind == "constant":
        return 1.0
    if schedule.kind == "halved":
        return 0.5 ** (after // schedule.halve_every)
    share = min(1.0, after / max(1, steps - schedule.warmup_steps))
    return schedule.final_fraction + (1.0 - schedule.final_fraction) * 0.5 * (1.0 + math.cos(math.pi * share))

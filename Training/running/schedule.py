"""The learning rate as a closed formula of the step, and of how often validation was at a plateau."""

import math

from Training.recipes.config import ScheduleConfig


def learning_rate_factor(schedule: ScheduleConfig, step: int, steps: int, reductions: int = 0) -> float:
    """Return what the initial learning rate is multiplied by.

    Args:
        schedule: Kind and numbers.
        step: Optimizer steps done before this one, 0 for the first.
        steps: Length of the whole run.
        reductions: So far, for the kind `plateau`.
    """
    if step < schedule.warmup_steps:
        return (step + 1) / schedule.warmup_steps
    after = step - schedule.warmup_steps
    if schedule.kind == "constant":
        return 1.0
    if schedule.kind == "halved":
        return 0.5 ** (after // schedule.halve_every)
    if schedule.kind == "plateau":
        return schedule.factor**reductions
    share = min(1.0, after / max(1, steps - schedule.warmup_steps))
    if schedule.kind == "linear":
        left = min(1.0, (1.0 - share) / max(1.0 - schedule.constant_fraction, 1e-12))
    else:
        left = 0.5 * (1.0 + math.cos(math.pi * share))
    return schedule.final_fraction + (1.0 - schedule.final_fraction) * left

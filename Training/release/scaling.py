"""A model's recipe made small, to see in minutes whether it runs through."""

from collections.abc import Sequence
from dataclasses import replace

from Training.recipes import Pool, Recipe


def scaled_steps(steps: int, scale: float) -> int:
    """Return a number of steps times the scale, at least 1."""
    return max(1, round(steps * scale))


def scaled_recipe(recipe: Recipe, scale: float) -> Recipe:
    """Return a recipe whose run, warm-up and intervals are that many times as long."""
    if scale == 1:
        return recipe
    run = replace(
        recipe.run,
        steps=scaled_steps(recipe.run.steps, scale),
        validate_every=scaled_steps(recipe.run.validate_every, scale),
        checkpoint_every=scaled_steps(recipe.run.checkpoint_every, scale),
    )
    schedule = replace(recipe.optimizer.schedule, warmup_steps=round(recipe.optimizer.schedule.warmup_steps * scale))
    return replace(recipe, run=run, optimizer=replace(recipe.optimizer, schedule=schedule))


def scaled_pools(pools: Sequence[Pool], scale: float) -> tuple[Pool, ...]:
    """Return pools with that many times as many skull bases; each adds one at least to those before it."""
    if scale == 1:
        return tuple(pools)
    small: list[Pool] = []
    for pool in pools:
        before = max((other.count for other in small if other.folder == pool.folder), default=0)
        small.append(replace(pool, count=max(before + 1, round(pool.count * scale))))
    return tuple(small)

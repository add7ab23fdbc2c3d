"""Measure what the choices of a recipe cost on this machine, before a long run is started with them."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import torch

from Training.optimizers import build_optimizer
from Training.recipe import Recipe
from Training.sources import Batch, SampleSource, batch_of
from VSSegmentationLib.losses import SegmentationLoss
from VSSegmentationLib.networks import build_network


class Speed(NamedTuple):
    """One measured combination."""

    channels_last: bool
    threads: int
    steps_per_second: float


def seconds_per_sample(source: SampleSource, count: int) -> float:
    """Return how long one process needs to make one sample."""
    start = time.perf_counter()
    batch_of(source, range(count))
    return (time.perf_counter() - start) / count


def measure_speed(recipe: Recipe, source: SampleSource, *, steps: int) -> Iterator[Speed]:
    """Yield optimizer steps per second on the CPU for every combination, without the making of samples.

    Args:
        recipe: Network, loss, optimizer and batch size are taken from it.
        source: Makes the one batch that all steps use.
        steps: Measured steps of each combination, after two that are not counted.
    """
    batch = batch_of(source, range(recipe.run.batch_size))
    threads_before = torch.get_num_threads()
    try:
        for channels_last in (False, True):
            for threads in (1, 2):
                torch.set_num_threads(threads)
                yield Speed(
                    channels_last, threads, _steps_per_second(recipe, batch, steps, channels_last=channels_last)
                )
    finally:
        torch.set_num_threads(threads_before)


def _steps_per_second(recipe: Recipe, batch: Batch, steps: int, *, channels_last: bool) -> float:
    layout = torch.channels_last_3d if channels_last else torch.contiguous_format
    network = build_network(recipe.network).to(memory_format=layout)  # type: ignore[call-overload]
    image = batch.image.contiguous(memory_format=layout)
    optimizer = build_optimizer(recipe.optimizer, network)
    loss = SegmentationLoss(recipe.loss)
    for step in range(steps + 2):
        if step == 2:
            start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        for _ in range(recipe.run.accumulate):
            loss(network(image), batch.labels).total.backward()
        optimizer.step()
    return steps / (time.perf_counter() - start)

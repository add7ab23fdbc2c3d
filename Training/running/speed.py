"""Measure what the choices of a recipe cost on this machine, before a long run is started with them."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import torch

from Training.builders import boundary_spacing
from Training.recipes import Precision, Recipe
from Training.running.devices import without_denormals
from Training.running.optimizers import build_optimizer
from Training.sources import Batch, SampleSource, batch_of
from VSSegmentationLib.losses import SegmentationLoss
from VSSegmentationLib.networks import build_network

_PRECISIONS: tuple[Precision, ...] = ("32-true", "bf16-mixed")


class Speed(NamedTuple):
    """One measured combination."""

    precision: Precision
    channels_last: bool
    threads: int
    steps_per_second: float


def seconds_per_sample(source: SampleSource, count: int) -> float:
    """Return how long one process needs to make one sample."""
    start = time.perf_counter()
    batch_of(source, range(count))
    return (time.perf_counter() - start) / count


def measure_speed(
    recipe: Recipe, source: SampleSource, *, steps: int, threads: Sequence[int] = (1, 2)
) -> Iterator[Speed]:
    """Yield optimizer steps per second on the CPU for every combination, without the making of samples.

    Args:
        recipe: Network, loss, optimizer and batch size are taken from it.
        source: Makes the one batch that all steps use.
        steps: Measured steps of each combination, after two that are not counted.
        threads: Numbers of CPU threads to try.
    """
    batch = batch_of(source, range(recipe.run.batch_size), boundary_spacing(recipe))
    threads_before = torch.get_num_threads()
    try:
        for precision, channels_last, count in product(_PRECISIONS, (False, True), threads):
            torch.set_num_threads(count)
            changed = dataclasses.replace(recipe.run, precision=precision, channels_last=channels_last)
            measured = _steps_per_second(dataclasses.replace(recipe, run=changed), batch, steps)
            yield Speed(precision, channels_last, count, measured)
    finally:
        torch.set_num_threads(threads_before)


@without_denormals()
def _steps_per_second(recipe: Recipe, batch: Batch, steps: int) -> float:
    layout = torch.channels_last_3d if recipe.run.channels_last else torch.contiguous_format
    network = build_network(recipe.network).to(memory_format=layout)  # type: ignore[call-overload]
    image = batch.image.contiguous(memory_format=layout)
    optimizer = build_optimizer(recipe.optimizer, network)
    loss = SegmentationLoss(recipe.loss)
    for step in range(steps + 2):
        if step == 2:
            start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        for _ in range(recipe.run.accumulate):
            with torch.autocast("cpu", torch.bfloat16, enabled=recipe.run.precision == "bf16-mixed"):
                output = network(image)
            loss(output, batch.labels, batch.distance_mm).total.backward()
        optimizer.step()
    return steps / (time.perf_counter() - start)

"""Every arm with every seed: trained once, measured on the test cases, kept; what is there is not done again."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from Training.devices import make_fabric
from Training.experiments.arms import Arm
from Training.experiments.benchmark import SPACING_DHW_MM, Benchmark, BenchmarkSource, load_benchmark
from Training.experiments.isotropic import Isotropic, labels_of, through_cubes
from Training.experiments.jobs import Job, OnDone, run_jobs
from Training.experiments.stored import RESULT, hold_to
from Training.loop import train
from Training.recipe import Recipe, recipe_from_table
from Training.scores import Scores, scores
from Training.sources import SampleSource
from Training.validation import validate_on_samples
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.networks import build_network


@dataclass(frozen=True, kw_only=True)
class GridOptions:
    """How long and how wide; the same for every arm."""

    steps: int = 400
    channels: tuple[int, ...] = (8, 16, 24, 32, 40)
    """Half of the paper's."""
    batch_size: int = 2
    learning_rate: float = 2e-3
    seeds: int = 3
    precision: str = "bf16-mixed"


def run_grid(
    arms: Sequence[Arm],
    benchmark: Path,
    folder: Path,
    options: GridOptions,
    *,
    processes: int = 1,
    on_done: OnDone = lambda _done, _all, _what: None,
) -> None:
    """Train and measure what is not there yet.

    Args:
        arms: To be trained.
        benchmark: The file that `make_benchmark` wrote.
        folder: A folder `NAME/seed_N` is made for every run; an interrupted run goes on from its checkpoint.
        options: The same for all.
        processes: How many runs at the same time, each with one thread.
        on_done: Told how many of all runs are done, and which was the last.

    Raises:
        UsageError: If the folder holds runs of other options.
    """
    hold_to(asdict(options), folder)
    jobs = [
        Job(
            title=f"{arm.title}, seed {seed}",
            result=folder / arm.name / f"seed_{seed}" / RESULT,
            do=partial(_run, arm, seed, benchmark, folder / arm.name / f"seed_{seed}", options),
        )
        for seed in range(options.seeds)
        for arm in arms
    ]
    run_jobs(jobs, processes=processes, on_done=on_done)


def recipe_of(arm: Arm, seed: int, options: GridOptions) -> Recipe:
    """Return the recipe of one run."""
    network: dict[str, Any] = {"base": arm.network, "channels": list(options.channels), "norm": "instance"}
    table = {
        "name": f"{arm.name}_{seed}",
        "seed": seed,
        "network": network,
        "loss": dict(arm.loss()),
        "optimizer": {
            "kind": "AdamW", "learning_rate": options.learning_rate, "weight_decay": 1e-7, "gradient_clip": 5.0,
            "schedule": {"kind": "cosine", "warmup_steps": min(20, options.steps)},
        },
        "data": {"divided": False},
        "validation": {"samples": 36},
        "run": {
            "steps": options.steps, "batch_size": options.batch_size, "validate_every": options.steps,
            "checkpoint_every": max(1, options.steps // 4), "log_every": 100, "precision": options.precision,
            "num_workers": 0, "channels_last": True,
        },
    }  # fmt: skip
    return recipe_from_table(table)


def _run(arm: Arm, seed: int, benchmark_file: Path, folder: Path, options: GridOptions) -> None:
    logging.disable(logging.INFO)
    benchmark = load_benchmark(benchmark_file)
    recipe = recipe_of(arm, seed, options)
    fabric = make_fabric("cpu", 1, recipe.run.precision)
    fabric.launch()
    training = _seen(arm, BenchmarkSource(benchmark, "training", seed))
    held_out = _seen(arm, BenchmarkSource(benchmark, "validation", 0))
    validate = validate_on_samples(held_out, recipe.validation.samples)
    state = train(recipe, training, folder, fabric=fabric, validate=validate, resume=True)
    network = build_network(recipe.network)
    network.load_state_dict(state.measured_network.state_dict())
    network.eval()
    predict = _logits(network)
    cases = measure(through_cubes(predict) if arm.isotropic else predict, benchmark)
    parameters = sum(each.numel() for each in network.parameters())
    content = {"arm": arm.name, "seed": seed, "options": asdict(options), "parameters": parameters,
               "training_seconds": round(state.seconds, 1), "cases": cases}  # fmt: skip
    write_text_atomically(folder / RESULT, json.dumps(content) + "\n")


def measure(predict: Callable[[Tensor], Tensor], benchmark: Benchmark) -> list[Scores]:
    """Return Dice, ASSD in mm (None where nothing was found), RVE and seconds of every test case.

    Args:
        predict: (1, 1, D, H, W) to logits (1, 2, D, H, W).
        benchmark: Whose test cases are measured; no largest component or other mending.
    """
    cases: list[Scores] = []
    for image, labels in zip(benchmark.images["test"], benchmark.labels["test"], strict=True):
        begun = time.perf_counter()
        with torch.inference_mode():
            found = labels_of(predict(torch.from_numpy(image)[None, None])) > 0
        seconds = time.perf_counter() - begun
        cases.append({**scores(found, labels > 0, SPACING_DHW_MM), "seconds": seconds})
    return cases


def _seen(arm: Arm, source: SampleSource) -> SampleSource:
    return Isotropic(source) if arm.isotropic else source


def _logits(network: torch.nn.Module) -> Callable[[Tensor], Tensor]:
    def logits(image: Tensor) -> Tensor:
        result: Tensor = network(image).logits
        return result

    return logits

"""One sitting of a run: its sources, its device and its loop, from a recipe."""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from Training.builders import build_source, held_out, measured_as, refuse_misfit
from Training.recipes import Recipe
from Training.running.devices import make_fabric, warning_of_slow_precision
from Training.running.loop import train
from Training.running.state import TrainingState
from Training.scoring import draw_predictions, validate_on_samples
from VSSegmentationLib.errors import CancelledError, UsageError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a run is trained on; see `make_fabric`."""

    device: str = "auto"
    devices: int = 1
    nodes: int = 1


def prepare_process(*, threads: int | None = None, deterministic: bool = False) -> None:
    """Set the CPU threads of this process, and refuse GPU kernels whose sums differ each time if asked to.

    Raises:
        UsageError: For fewer threads than one.
    """
    if threads is not None:
        if threads < 1:
            msg = f"--threads must be >= 1, got {threads}"
            raise UsageError(msg)
        torch.set_num_threads(threads)
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts, which is later
        torch.use_deterministic_algorithms(mode=True)


def launched(machine: Machine, precision: str) -> Fabric:
    """Return lightning-fabric with all processes running, of which one speaks."""
    fabric = make_fabric(machine.device, machine.devices, precision, nodes=machine.nodes)
    fabric.launch()
    if not fabric.is_global_zero:
        logging.getLogger().setLevel(logging.WARNING)
    elif slow := warning_of_slow_precision(fabric.device, precision):
        logger.warning(slow)
    return fabric


def train_recipe(
    recipe: Recipe,
    folder: Path,
    machine: Machine,
    *,
    resume: bool,
    weights: Mapping[str, Tensor] | None,
    should_stop: Callable[[], bool],
    stop_after: int | None = None,
    tensorboard: bool = False,
    to_go_on: str = "--resume goes on from there",
) -> TrainingState:
    """Train on the samples that a recipe names, measured on those that it holds out.

    Args:
        recipe: What to train, how, and how long.
        folder: Of the run.
        machine: What to train on.
        resume: As all that follow, see `train`.
        weights: To begin with.
        should_stop: Asked after every step.
        stop_after: End after this step.
        tensorboard: Write its event files, too.
        to_go_on: What would do after it was stopped, for the message.

    Raises:
        CancelledError: If it was asked to stop before the end; it has left a checkpoint.
        VSSegmentationError: What sources, device and loop refuse.
    """
    refuse_misfit(recipe)
    source = build_source(recipe.data, recipe.seed)
    held_out_source = build_source(held_out(recipe), recipe.seed)
    validate = validate_on_samples(
        held_out_source, recipe.validation.samples, measured_as(recipe.data), recipe.loss.regions
    )
    fabric = launched(machine, recipe.run.precision)
    state = train(
        recipe, source, folder, fabric=fabric, validate=validate, resume=resume,
        initial_weights=weights, should_stop=should_stop, stop_after=stop_after, tensorboard=tensorboard,
        draw=draw_predictions(
            held_out_source, label_set=measured_as(recipe.data), regions=recipe.loss.regions
        ),
    )  # fmt: skip
    if should_stop() and state.step < recipe.run.steps:
        msg = f"stopped after step {state.step} of {recipe.run.steps}; {to_go_on}"
        raise CancelledError(msg)
    if fabric.is_global_zero:
        metric = recipe.validation.metric
        best = "" if state.best is None else f"; best {metric} {state.best[metric]:.4f}"
        print(f"done: {state.step} steps in {state.seconds / 60:.1f} minutes{best}")
    return state

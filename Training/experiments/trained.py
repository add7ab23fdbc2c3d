"""One training of an experiment, in sittings, with the curve of what validation measured on the way."""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from Training.data.manifest import LabelSet
from Training.recipes import Recipe
from Training.running import make_fabric, train
from Training.running.run_folder import RunFolder, read_rows
from Training.scoring import validate_on_samples
from Training.sources import SampleSource
from VSSegmentationLib.networks import build_network

_CURVE_POINTS = 20
Curve = dict[str, list[float]]
"""`step`, and a column for every Dice that validation measured."""


class SittingOverError(Exception):
    """The training has left a checkpoint and wants another sitting."""


def finished(do: Callable[[], None]) -> bool:
    """Return whether what holds a training came to its end in this sitting."""
    try:
        do()
    except SittingOverError:
        return False
    return True


class Trained(NamedTuple):
    """The last weights of a run, in evaluation mode."""

    network: nn.Module
    seconds: float
    """Spent in training, over all sittings."""
    curve: Curve

    @property
    def parameters(self) -> int:
        """How many numbers it has learned."""
        return sum(each.numel() for each in self.network.parameters())


def trained(
    recipe: Recipe,
    source: SampleSource,
    held_out: SampleSource,
    folder: Path,
    initial_weights: Mapping[str, Tensor] | None = None,
    *,
    sitting_minutes: float = float("inf"),
    label_set: LabelSet = "VS",
) -> Trained:
    """Train a recipe on the CPU, from its checkpoint if it was interrupted.

    Args:
        recipe: What to train.
        source: Makes the samples.
        held_out: Makes those that validation measures.
        folder: Of the run.
        initial_weights: To begin with, instead of random ones.
        sitting_minutes: After so long it ends with a checkpoint.
        label_set: What the labels of the samples mean.

    Raises:
        SittingOverError: If it has not come to its end by then.
    """
    logging.disable(logging.INFO)
    fabric = make_fabric("cpu", 1, recipe.run.precision)
    fabric.launch()
    validate = validate_on_samples(held_out, recipe.validation.samples, label_set)
    state = train(
        recipe, source, folder, fabric=fabric, validate=validate, resume=True, initial_weights=initial_weights,
        should_stop=_after(sitting_minutes),
    )  # fmt: skip
    if state.step < recipe.run.steps:
        raise SittingOverError
    network = build_network(recipe.network)
    network.load_state_dict(state.measured_network.state_dict())
    return Trained(network.eval(), state.seconds, curve_of(folder))


def curve_of(folder: Path) -> Curve:
    """Return what validation measured of a run, over steps."""
    rows = read_rows(RunFolder(folder).validation)
    names = [name for name in (rows[0] if rows else {}) if name.startswith("dice")]
    return {name: [float(row[name]) for row in rows] for name in ("step", *names)} if rows else {}


class _Length(Protocol):
    @property
    def batch_size(self) -> int: ...

    @property
    def learning_rate(self) -> float: ...

    @property
    def optimizer(self) -> str: ...

    @property
    def precision(self) -> str: ...


def usual_run(steps: int, options: _Length, *, weight_decay: float) -> dict[str, Any]:
    """Return what the recipes of all studies have in common: the tables `optimizer` and `run`."""
    return {
        "optimizer": {
            "kind": options.optimizer, "learning_rate": options.learning_rate, "weight_decay": weight_decay,
            "gradient_clip": 5.0, "schedule": {"kind": "cosine", "warmup_steps": min(20, steps)},
        },
        "run": {
            "steps": steps, "batch_size": options.batch_size, "validate_every": max(1, steps // _CURVE_POINTS),
            "checkpoint_every": max(1, min(250, steps // 4)), "log_every": 100, "precision": options.precision,
            "num_workers": 0, "channels_last": True,
        },
    }  # fmt: skip


def _after(minutes: float) -> Callable[[], bool]:
    end = time.monotonic() + 60 * minutes
    return lambda: time.monotonic() > end

"""What a training step changes, and how it goes into a checkpoint and comes back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from Training.recipes import Recipe, refuse_other_recipe
from Training.running.averaging import WeightAverage
from Training.running.optimizers import build_optimizer
from Training.running.plateau import Plateau
from Training.tables import to_table
from VSSegmentationLib.networks import build_network


@dataclass(kw_only=True)
class TrainingState:
    """Everything that a step changes.

    Random generators are not among it: each step seeds them from its own number (`step_seed`).
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    average: WeightAverage | None
    step: int = 0
    """Optimizer steps done."""
    seconds: float = 0.0
    """Time spent in them, over all sittings."""
    best: dict[str, float] | None = None
    """What was measured when `best.pt` was written, and after which step."""
    plateau: Plateau = field(default_factory=Plateau)
    """Of the schedule of that name; any other leaves it as it is."""

    @property
    def measured_network(self) -> nn.Module:
        """The network that is validated and shipped: the averaged one if there is one."""
        return self.network if self.average is None else self.average.network


def initial_state(recipe: Recipe, device: torch.device, weights: Mapping[str, Tensor] | None = None) -> TrainingState:
    """Return the state before the first step, with random weights from the recipe's seed unless some are given."""
    torch.manual_seed(recipe.seed)
    network = build_network(recipe.network)
    if weights is not None:
        network.load_state_dict(dict(weights))
    network.to(device)
    if recipe.run.channels_last:
        network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    average = None if recipe.run.ema_decay is None else WeightAverage(network, recipe.run.ema_decay)
    return TrainingState(network=network, optimizer=build_optimizer(recipe.optimizer, network), average=average)


def step_seed(seed: int, step: int, rank: int) -> int:
    """Return the seed of one step's random numbers (dropout) in one process."""
    return int(np.random.SeedSequence([seed, step, rank]).generate_state(1, np.uint64)[0])


def checkpoint_content(state: TrainingState, recipe: Recipe, fabric: Fabric) -> dict[str, Any]:
    """Return the state and its recipe as tensors, numbers, text, lists and dicts."""
    return {
        "step": state.step,
        "seconds": state.seconds,
        "best": state.best,
        "plateau": asdict(state.plateau),
        "recipe": to_table(recipe),
        "model": state.network.state_dict(),
        "average": None if state.average is None else state.average.network.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "precision": fabric.strategy.precision.state_dict(),
    }


def restore(state: TrainingState, content: Mapping[str, Any], recipe: Recipe, fabric: Fabric) -> None:
    """Bring a state back to what a checkpoint holds.

    Raises:
        ConfigError: If the checkpoint was trained with another recipe.
    """
    refuse_other_recipe(recipe, content["recipe"])
    state.network.load_state_dict(content["model"])
    if state.average is not None:
        state.average.network.load_state_dict(content["average"])
    state.optimizer.load_state_dict(content["optimizer"])
    fabric.strategy.precision.load_state_dict(content["precision"])
    state.step, state.seconds, state.best = content["step"], content["seconds"], content["best"]
    state.plateau = Plateau(**content.get("plateau", {}))  # older checkpoints are of other schedules

"""Weights of a run or of a model file: to begin a run with, to average with, or as a network that predicts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from Training.recipes import Recipe, recipe_from_table
from Training.tables import to_table
from Training.weights.checkpoint import load_checkpoint
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference import load_model
from VSSegmentationLib.networks import build_network


class Found(NamedTuple):
    """Weights, and whose they are."""

    weights: Mapping[str, Tensor]
    origin: str


def find_weights(path: Path, recipe: Recipe) -> Found:
    """Return weights for the network of a recipe, and whose they are.

    Args:
        path: A run folder's `best.pt` or `checkpoint.pt` (its averaged weights, if it has any), or a model file.
        recipe: Its network must be the one of the file.

    Raises:
        ModelError: If the file is missing, damaged, or neither of these.
        UsageError: If it holds another network.
    """
    try:
        content = load_checkpoint(path)
    except ModelError as not_a_checkpoint:
        try:
            bundle = load_model(path)
        except ModelError:
            raise not_a_checkpoint from None
        theirs = bundle.network_config
        found = Found(bundle.network.state_dict(), f"{bundle.name} version {bundle.version}")
    else:
        try:
            theirs = recipe_from_table(content["recipe"]).network
            origin = f"{content['recipe']['name']} after {int(content['step'])} steps"
            found = Found(weights_of(content), origin)
        except (KeyError, TypeError, AttributeError) as error:
            msg = (
                f"{path.name} is no checkpoint of a run ({type(error).__name__}); give a run's best.pt or a model file"
            )
            raise ModelError(msg) from error
    if theirs != recipe.network:
        msg = f"{path.name} holds another network than the recipe: {to_table(theirs)}"
        raise UsageError(msg)
    return found


def weights_of(content: Mapping[str, Any]) -> Mapping[str, Tensor]:
    """Return what a checkpoint is measured and shipped with: its averaged weights, if it has any."""
    weights: Mapping[str, Tensor] = content.get("average") or content["model"]
    return weights


def mean_of_weights(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of each weight; counters, which are whole numbers, are the first one's.

    Source: Wortsman et al., Model soups, ICML 2022.
    """
    first = states[0]
    return {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if value.is_floating_point() else value
        for name, value in first.items()
    }


def network_of_run(path: Path) -> tuple[nn.Module, Recipe]:
    """Return the network of a run folder's best.pt or checkpoint.pt, in evaluation mode, and its recipe.

    Raises:
        ModelError: If the file is damaged or of another kind.
    """
    content = load_checkpoint(path)
    try:
        recipe = recipe_from_table(content["recipe"])
        network = build_network(recipe.network)
        network.load_state_dict(weights_of(content))
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        msg = f"{path.name} holds no network that fits its recipe ({type(error).__name__}); give a run's best.pt"
        raise ModelError(msg) from error
    return network.eval(), recipe

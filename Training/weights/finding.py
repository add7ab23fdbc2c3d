"""Weights of a run or of a model file: to begin a run with, to average with, or as a network that predicts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from Training.recipes import Recipe, recipe_from_table
from Training.tables import to_table
from Training.weights.checkpoint import load_checkpoint
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference import load_model
from VSSegmentationLib.networks import AnyNetworkConfig, NetworkConfig, build_network


class Found(NamedTuple):
    """Weights, and whose they are."""

    weights: Mapping[str, Tensor]
    origin: str


def find_weights(path: Path, recipe: Recipe, *, ends_may_differ: bool = False) -> Found:
    """Return weights for the network of a recipe, and whose they are.

    Args:
        path: A run folder's `best.pt` or `checkpoint.pt` (its averaged weights, if it has any), or a model file.
        recipe: Its network must be the one of the file.
        ends_may_differ: To begin with, weights of a network with other inputs and outputs, or with attention, do, too:
            the first inputs are then theirs, further ones are not seen at first, and outputs begin at random.

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
    if theirs == recipe.network:
        return found
    if not ends_may_differ or not _same_but_for_ends(theirs, recipe.network):
        msg = f"{path.name} holds another network than the recipe: {to_table(theirs)}"
        raise UsageError(msg)
    return Found(_fitted(found.weights, recipe), f"{found.origin}, but for its inputs and outputs")


def _same_but_for_ends(theirs: AnyNetworkConfig, ours: AnyNetworkConfig) -> bool:
    """Return whether networks differ in nothing but inputs, outputs, and attention, which changes no other weight."""
    if not (isinstance(theirs, NetworkConfig) and isinstance(ours, NetworkConfig)):
        return False
    theirs, ours = (
        replace(each, in_channels=1, out_channels=2, attention=False, answer_within=None) for each in (theirs, ours)
    )
    return theirs == ours


def _fitted(weights: Mapping[str, Tensor], recipe: Recipe) -> dict[str, Tensor]:
    """Return weights for a network with other ends; outputs are as random as those of a run from nothing."""
    torch.manual_seed(recipe.seed)
    own = build_network(recipe.network).state_dict()
    for name, value in own.items():
        given = weights.get(name)
        if given is None:
            continue
        if given.shape == value.shape:
            own[name] = given.to(value.dtype)
        elif given.shape[0] == value.shape[0]:  # the first convolution: (out, in, D, H, W)
            own[name] = torch.zeros_like(value)
            shared = min(given.shape[1], value.shape[1])
            own[name][:, :shared] = given[:, :shared].to(value.dtype)
    return own


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

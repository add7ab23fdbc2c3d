"""Weights that a run begins with, or is averaged with: of another run, or of a model file."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from Training.checkpoint import load_checkpoint
from Training.recipe import Recipe, recipe_from_table
from Training.tables import to_table
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference import load_model


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
        theirs = recipe_from_table(content["recipe"]).network
        origin = f"{content['recipe']['name']} after {int(content['step'])} steps"
        found = Found(content.get("average") or content["model"], origin)
    if theirs != recipe.network:
        msg = f"{path.name} holds another network than the recipe: {to_table(theirs)}"
        raise UsageError(msg)
    return found

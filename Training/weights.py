"""Weights that a run begins with: of another run, or of a model file."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from Training.checkpoint import load_checkpoint
from Training.recipe import Recipe, recipe_from_table
from Training.tables import to_table
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference import load_model


def weights_to_start_from(path: Path, recipe: Recipe) -> Mapping[str, Tensor]:
    """Return weights for the network of a recipe.

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
        theirs, weights = bundle.network_config, bundle.network.state_dict()
    else:
        theirs = recipe_from_table(content["recipe"]).network
        weights = content.get("average") or content["model"]
    if theirs != recipe.network:
        msg = f"{path.name} holds another network than the recipe: {to_table(theirs)}"
        raise UsageError(msg)
    return weights

"""Whether a checkpoint was trained with the recipe that is to go on with it."""

from collections.abc import Mapping
from typing import Any

from Training.tables import from_table, to_table
from VSSegmentationLib.errors import ConfigError

_RUN_MAY_CHANGE = (
    "steps",
    "validate_every",
    "patience",
    "checkpoint_every",
    "log_every",
    "num_workers",
    "channels_last",
    "precision",
)
_PLACES = ("options.pool", "options.heads", "options.manifest", "mask.model")
_MAY_CHANGE = {
    ".name",
    *(f".{table}.{place}" for table in ("data", "validation") for place in _PLACES),
    *(f".data.{place}" for place in ("source", "target", "segmenter")),
    *(f".run.{key}" for key in _RUN_MAY_CHANGE),
}
"""Where pools, heads, manifests and the model of masks lie may change; that they are the same is up to the user."""


def refuse_other_recipe(recipe: object, trained_with: Mapping[str, Any]) -> None:
    """Refuse to go on with a checkpoint of another recipe; how long and how often may change.

    Args:
        recipe: The one asked for, of whatever kind.
        trained_with: The one in the checkpoint, as `to_table` gave it.

    Raises:
        ConfigError: Naming every key that differs.
    """
    ours, theirs = (
        _leaves(to_table(recipe), ""),
        _leaves(to_table(from_table(type(recipe), trained_with, "recipe")), ""),
    )
    by_validation = {".run.validate_every"} if ours.get(".optimizer.schedule.kind") == "plateau" else set()
    may_change = _MAY_CHANGE - by_validation  # there, how often is measured decides the rate
    different = [key for key in sorted(ours | theirs) if key not in may_change and ours.get(key) != theirs.get(key)]
    if different:
        keys = "; ".join(f"{key[1:]} was {theirs.get(key)!r}, is {ours.get(key)!r}" for key in different)
        msg = f"the checkpoint was trained with another recipe: {keys}. Use its own recipe.toml, or a new run folder"
        raise ConfigError(msg)


def _leaves(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{where}.{key}"
        leaves |= _leaves(value, name) if isinstance(value, Mapping) else {name: value}
    return leaves

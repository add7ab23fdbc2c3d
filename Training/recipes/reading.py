"""Recipes from TOML files, with single keys changed."""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from Training.recipes.config import Recipe
from Training.tables import from_table, to_table
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.networks import NAMED_NETWORKS

_PLAIN_WORD = re.compile(r"[\w./-]+")


_OF_MODELS = ("heads", "pool", "stage", "export")


def read_recipe(path: Path, changes: Sequence[str] = (), stage: str | None = None) -> Recipe:
    """Read the recipe of a run.

    Args:
        path: A TOML file: a recipe, or that of a model with several stages.
        changes: Single keys to change, each as `key.of.a.table=value` with a TOML value.
        stage: Of a model's recipe, which one; may be left out where only one trains.

    Raises:
        UsageError: If there is no such file or stage, or none was chosen of several.
        ConfigError: If it is not TOML, or a key or value is not allowed.
    """
    table = read_table(path)
    if "stage" in table or stage is not None:
        table = stage_table(table, path.name, stage)
    return recipe_from_table(changed(table, changes))


def changed(table: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return a table with single keys changed, each as `key.of.a.table=value` with a TOML value.

    Raises:
        ConfigError: If a change is none.
    """
    for change in changes:
        table = merged(table, _parsed_change(change))
    return dict(table)


def stage_table(table: Mapping[str, Any], file_name: str, name: str | None) -> dict[str, Any]:
    """Return the table of one run out of a model's: what all stages have in common, and what this one changes.

    Raises:
        UsageError: If no stage that trains has this name, or none was chosen of several.
    """
    trained = {str(stage.get("name")): stage for stage in table.get("stage", ()) if "steps" in stage}
    chosen = next(iter(trained)) if name is None and len(trained) == 1 else name
    if chosen not in trained:
        found = ", ".join(trained) or "none"
        msg = f"{file_name} has the stages that train {found}; choose one with --stage, or let `reproduce` train all"
        raise UsageError(msg if name is None else f"{msg} (--stage {name} is none of them)")
    stage = trained[chosen]
    common = {key: value for key, value in table.items() if key not in _OF_MODELS}
    return table_of_stage(common, stage.get("change", {}), stage["steps"])


def table_of_stage(common: Mapping[str, Any], change: Mapping[str, Any], steps: object) -> dict[str, Any]:
    """Return the table of one run: what all stages have in common, what this one changes, and its length."""
    return merged(merged(common, change), {"run": {"steps": steps}})


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        UsageError: If there is no such file.
        ConfigError: If it is not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        msg = f"there is no recipe file {path.name}; the recipes that come with this code are in Training/recipes"
        raise UsageError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path.name} is not valid TOML: it is not in UTF-8, its byte {error.start + 1} is none; save it as UTF-8"
        raise ConfigError(msg) from error
    try:
        return tomllib.loads(text, parse_float=_finite)
    except ConfigError:
        raise
    except (ValueError, RecursionError) as error:  # of which TOMLDecodeError is a kind
        msg = f"{path.name} is not valid TOML: {str(error)[:150]}"
        raise ConfigError(msg) from error


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        msg = f"a recipe holds finite numbers only, got {text[:20]}"
        raise ConfigError(msg)
    return number


def _parsed_change(change: str) -> dict[str, Any]:
    """Return a change as a table; a plain word that is no TOML value, as 32-true or AdamW, is text."""
    key, equals, value = change.partition("=")
    try:
        return tomllib.loads(change, parse_float=_finite)
    except RecursionError as error:
        msg = f"the change {change[:40]!r} nests too deeply"
        raise ConfigError(msg) from error
    except tomllib.TOMLDecodeError as error:
        if equals and _PLAIN_WORD.fullmatch(value.strip()):
            return _parsed_change(f'{key}="{value.strip()}"')
        msg = f"the change {change!r} is not KEY=VALUE with a TOML value, e.g. run.steps=500: {error}"
        raise ConfigError(msg) from error


def recipe_from_table(table: Mapping[str, Any]) -> Recipe:
    """Build a recipe from what `tomllib` read; `network.base` names a configuration that the other keys change."""
    network = table.get("network")
    if isinstance(network, Mapping) and "base" in network:
        base = network["base"]
        if base not in NAMED_NETWORKS:
            msg = f"recipe.network.base must be one of {', '.join(sorted(NAMED_NETWORKS))}, got {base!r}"
            raise ConfigError(msg)
        changes = {key: value for key, value in network.items() if key != "base"}
        table = {**table, "network": to_table(NAMED_NETWORKS[base]) | changes}
    return from_table(Recipe, table, "recipe")


def merged(table: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with the keys of another one laid over it, sub-table by sub-table."""
    result = dict(table)
    for key, value in change.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result

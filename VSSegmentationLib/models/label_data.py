"""A label set as plain data, as a model file holds it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.label_set import Code, LabelEntry, LabelSet
from VSSegmentationLib.plain_values import to_plain

_CODES = ("category", "type", "modifier", "anatomic_region")


def label_set_to_dict(label_set: LabelSet) -> dict[str, Any]:
    """Return lists, numbers, strings and None only."""
    return {**_plain(label_set), "entries": [_plain(entry) for entry in label_set.entries]}


def _plain(value: LabelSet | LabelEntry) -> dict[str, Any]:
    held = {field.name: getattr(value, field.name) for field in fields(value) if field.name != "entries"}
    return {key: to_plain(each, key) for key, each in held.items()}


def label_set_from_dict(data: Mapping[str, Any]) -> LabelSet:
    """Build from what `label_set_to_dict` gave; left-out keys take their defaults.

    Raises:
        ConfigError: If a key is unknown or missing, or a value is not possible.
    """
    try:
        return LabelSet(**{**data, "entries": tuple(_entry(each) for each in data["entries"])})
    except (TypeError, KeyError, AttributeError) as error:
        msg = f"the label set of the model does not fit this version of the software ({error})"
        raise ConfigError(msg) from error


def _entry(data: Mapping[str, Any]) -> LabelEntry:
    held: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    codes = {key: Code(*held[key]) for key in _CODES if held.get(key) is not None}
    return LabelEntry(**{**held, **codes})

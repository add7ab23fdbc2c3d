"""From values to plain data."""

import datetime as dt
import math
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any, TypeAlias

import numpy as np

from VSSegmentationLib.errors import InputRefusedError

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""What JSON holds."""


def to_plain(value: object, name: str = "value", *, without_none: bool = False, whole_paths: bool = False) -> Any:  # noqa: ANN401 - `Plain`, whose shape the caller knows from the value
    """Return dicts, lists, strings, finite numbers, True, False and None only.

    Args:
        value: A dataclass, mapping, sequence, numpy array, enum, date, path, or what is plain already; anything else
            becomes its text.
        name: What the value is called in errors.
        without_none: Leave out keys whose value is None, as TOML needs it.
        whole_paths: Write a path whole and not its file name only: folders may carry a patient's name.

    Raises:
        InputRefusedError: For NaN or infinity, which JSON cannot hold, naming where it stands.
    """

    def table(pairs: Mapping[Any, object]) -> dict[str, Any]:
        kept = {str(key): item for key, item in pairs.items() if not (without_none and item is None)}
        return {key: inner(item, f"{name}.{key}") for key, item in kept.items()}

    def inner(item: object, where: str) -> Any:  # noqa: ANN401 - `Plain`
        return to_plain(item, where, without_none=without_none, whole_paths=whole_paths)

    if is_dataclass(value) and not isinstance(value, type):
        return table({field.name: getattr(value, field.name) for field in fields(value) if field.init})
    if isinstance(value, Mapping):
        return table(value)
    if isinstance(value, np.ndarray | np.generic):
        return inner(value.tolist(), name)
    if isinstance(value, list | tuple | Set):
        return [inner(item, f"{name}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, PurePath):
        return str(value) if whole_paths else value.name
    return _scalar(value.value if isinstance(value, Enum) else value, name)


def _scalar(value: object, name: str) -> bool | int | float | str | None:
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"{name} must be a finite number, got {value}; leave it out where it cannot be computed"
        raise InputRefusedError(msg)
    if isinstance(value, dt.date):  # of which datetime is a kind
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

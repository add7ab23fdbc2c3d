"""Values of the outside world as plain JSON values."""

import datetime as dt
import math
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import TypeAlias

import numpy as np

from VSSegmentationLib.errors import VSSegmentationError

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"


def to_plain(value: object, name: str = "value") -> Plain:
    """Return dicts, lists, strings, numbers, True, False and None only; of a path, the file name only.

    Raises:
        VSSegmentationError: For NaN or infinity, which JSON cannot hold, naming where it stands.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_plain(getattr(value, each.name), f"{name}.{each.name}") for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return to_plain(value.tolist(), name)
    if isinstance(value, list | tuple | Set):
        return [to_plain(item, f"{name}[{i}]") for i, item in enumerate(value)]
    return _scalar(value.value if isinstance(value, Enum) else value, name)


def _scalar(value: object, name: str) -> Plain:
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"{name} must be a finite number, got {value}; leave it out where it cannot be computed"
        raise VSSegmentationError(msg)
    if isinstance(value, PurePath):
        return value.name  # folders may carry a patient's name
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

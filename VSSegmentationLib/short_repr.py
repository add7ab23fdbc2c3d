"""What a value prints as in a notebook or a debugger: a line that says what it is, never its voxels."""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import PurePath

import numpy as np

MAX_LETTERS = 400
_MAX_TEXT = 60
_MAX_ITEMS = 6
_MAX_INNER = 110


def short_repr(value: object) -> str:
    """Return the name of a dataclass or named tuple and its fields on one line of at most `MAX_LETTERS`.

    Meant to be written into the class, `__repr__ = short_repr`. Arrays are told by type and shape, longer sequences by
    their number, other values by their own short form; fields that hold nothing are left out.
    """
    named = [(name, getattr(value, name)) for name in _names(value)]
    parts = [f"{name}={_told(item)}" for name, item in named if not _is_nothing(item)]
    room = MAX_LETTERS - len(type(value).__name__) - len("(, ...)")
    shown: list[str] = []
    for part in parts:
        if sum(map(len, shown)) + 2 * len(shown) + len(part) > room:
            shown.append("...")
            break
        shown.append(part)
    return f"{type(value).__name__}({', '.join(shown)})"


def _names(value: object) -> tuple[str, ...]:
    if is_dataclass(value):
        return tuple(field.name for field in fields(value) if field.repr)
    names: tuple[str, ...] = getattr(value, "_fields", ())
    return names


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str | Sequence | Mapping) and len(value) == 0)


def _told(value: object) -> str:  # noqa: PLR0911 - one line per kind of value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return repr(value if len(value) <= _MAX_TEXT else f"{value[: _MAX_TEXT - 3]}...")
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else str(value)
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    if isinstance(value, PurePath):
        return repr(value.name)  # folders may carry a patient's name
    if isinstance(value, Mapping):
        return f"{{{len(value)} entries}}"
    if is_dataclass(value):
        return _inner(value)
    if isinstance(value, Sequence | Set):
        return _items(value)
    return str(value) if isinstance(value, bool | int | date) else f"{type(value).__name__}(...)"


def _inner(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_INNER else f"{type(value).__name__}(...)"


def _items(values: Sequence[object] | Set[object]) -> str:
    if len(values) <= _MAX_ITEMS and all(isinstance(each, bool | int | float) for each in values):
        return f"({', '.join(map(_told, values))})"
    kinds = {type(each).__name__ for each in values}
    return f"({len(values)} {kinds.pop() if len(kinds) == 1 else 'values'})"

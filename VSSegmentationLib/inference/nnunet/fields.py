"""Fields of plans.json and dataset.json: of the type and size that they must have, or refused with their name."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from VSSegmentationLib.codec import finite_or_none
from VSSegmentationLib.errors import ModelError


def table_of(table: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
    """Return a table in a table; an empty one where it is missing.

    Raises:
        ModelError: If it is none.
    """
    value = table.get(key, {})
    if not isinstance(value, Mapping):
        raise ModelError(_misfit(f"{place}: {key}", "a table", value))
    return value


def text_of(value: object, name: str) -> str:
    """Return a text.

    Raises:
        ModelError: If it is none.
    """
    if not isinstance(value, str):
        raise ModelError(_misfit(name, "a text", value))
    return value


def whole_of(value: object, name: str, *, least: int, most: int) -> int:
    """Return a whole number within limits; 2.0 is one.

    Raises:
        ModelError: If it is none.
    """
    number = finite_or_none(value)
    if number is None or not number.is_integer() or not least <= number <= most:
        raise ModelError(_misfit(name, f"a whole number from {least} to {most}", value))
    return int(number)


def number_of(value: object, name: str, *, above: float = -math.inf, most: float = math.inf) -> float:
    """Return a finite number within limits.

    Raises:
        ModelError: If it is none.
    """
    number = finite_or_none(value)
    if number is None or not above < number <= most:
        raise ModelError(_misfit(name, "a finite number in the range that is possible", value))
    return number


def list_of(value: object, name: str, *, most: int) -> Sequence[Any]:
    """Return a list that is not longer than `most`.

    Raises:
        ModelError: If it is none.
    """
    if not isinstance(value, list | tuple) or len(value) > most:
        raise ModelError(_misfit(name, f"a list of at most {most}", value))
    return value


def _misfit(name: str, wanted: str, value: object) -> str:
    came = repr(value) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    return f"the nnU-Net model is damaged: {name} must be {wanted}, got {came[:40]}; get it anew"

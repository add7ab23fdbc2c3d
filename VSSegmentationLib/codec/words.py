"""Types and values in the words that errors use."""

import datetime as dt
import types
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from VSSegmentationLib.codec.kinds import choices, item_kinds

_ONE: dict[Any, str] = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
    Path: "a path as text",
    dt.date: "a date as ISO 8601 writes it, such as 2026-01-31",
    dt.datetime: "a date and time as ISO 8601 writes them, such as 2026-01-31T12:00:00Z",
}
_MANY: dict[Any, str] = {int: "integers", float: "numbers", str: "texts", Path: "paths", Any: "values"}
_MOST = 80
"""So many characters of a value are repeated."""


def described(kind: Any) -> str:  # noqa: ANN401 - a type as it stands at a field
    """Return what a value of a type must be."""
    if kind in _ONE:
        return _ONE[kind]
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(described(each) for each in get_args(kind) if each is not types.NoneType)
    if allowed := choices(kind):
        return f"one of {', '.join(map(repr, allowed))}"
    items = item_kinds(kind)
    return f"a list of {_items(items)}" if items else "a table of keys and values"


def _items(kinds: Sequence[Any]) -> str:
    if kinds[-1] is Ellipsis:
        return _plural(kinds[0])
    return f"{len(kinds)} {_plural(kinds[0]) if len(set(kinds)) == 1 else 'values'}"


def _plural(kind: Any) -> str:  # noqa: ANN401 - a type as it stands at a field
    if items := item_kinds(kind):
        return f"lists of {_items(items)}"
    return _MANY.get(kind, "values" if choices(kind) or kind in _ONE else "tables")


def what_came(data: object, *, quoting: bool) -> str:
    """Return a value as an error may repeat it: itself, or only what kind of value it is."""
    if quoting:
        text = repr(data)
        return text if len(text) <= _MOST else f"{text[:_MOST]}..."
    if data is None:
        return "nothing"
    if isinstance(data, bool):
        return "a truth value"
    if isinstance(data, float):
        return "a number"
    if isinstance(data, list | tuple):
        return f"a list of {len(data)}"
    return {int: "an integer", str: "text"}.get(type(data), "a table" if isinstance(data, Mapping) else "another thing")


def did_you_mean(word: object, known: Sequence[object]) -> str:
    """Return "; did you mean 'the nearest'?", or nothing where none is near."""
    nearest = get_close_matches(str(word), [str(each) for each in known], n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def shortened(text: str, most: int = 150) -> str:
    """Return a text that a sentence can hold."""
    return text if len(text) <= most else f"{text[: most - 3]}..."

"""What a type, as it stands at a field, allows."""

from enum import Enum
from typing import Any, Literal, get_args, get_origin, get_type_hints


def choices(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type as it stands at a field
    """Return the plain values that a Literal or an enum allows; empty for any other type."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return tuple(each.value for each in kind) if isinstance(kind, type) and issubclass(kind, Enum) else ()


def is_named_tuple(kind: Any) -> bool:  # noqa: ANN401 - a type as it stands at a field
    """Tell whether a type is a NamedTuple, which is a list in plain data."""
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def item_kinds(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type as it stands at a field
    """Return the types of a tuple's items, the last one `...` where any number may follow; empty for no tuple."""
    if is_named_tuple(kind):
        return tuple(get_type_hints(kind).values())
    return get_args(kind) if get_origin(kind) is tuple else ()

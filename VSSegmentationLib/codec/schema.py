"""The JSON Schema of a dataclass."""

import datetime as dt
import types
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from VSSegmentationLib.codec.kinds import item_kinds

_SIMPLE = {bool: "boolean", int: "integer", float: "number", str: "string"}
_TIMES: dict[type, str] = {dt.datetime: "date-time", dt.date: "date"}


def json_schema(kind: type) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a dataclass; no key but its fields is allowed, and each is required."""
    definitions: dict[str, Any] = {}
    root = _schema(kind, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401, PLR0911 - one branch per kind of type
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return {}
    if origin in (Union, types.UnionType):
        (inner,) = (each for each in arguments if each is not type(None))
        return {"anyOf": [_schema(inner, definitions), {"type": "null"}]}
    if of := item_kinds(kind):
        if of[-1] is Ellipsis:
            return {"type": "array", "items": _schema(of[0], definitions)}
        items = [_schema(each, definitions) for each in of]
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
    if origin is Literal or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        # Sorted: typing hands out one and the same Optional for Literals whose values differ in order only.
        values = [str(each) if isinstance(each, StrEnum) else each for each in (arguments or tuple(kind))]
        return {"enum": sorted(values, key=str)}
    if origin is not None:
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if is_dataclass(kind):
        return _reference(kind, definitions)
    return {"type": "string", "format": _TIMES[kind]} if kind in _TIMES else {"type": _SIMPLE[kind]}


def _reference(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a dataclass of any type
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}  # a type that holds itself would not end otherwise
        hints = get_type_hints(kind)
        definitions[name] = {
            "description": (kind.__doc__ or "").strip().splitlines()[0],
            "type": "object",
            "properties": {field.name: _schema(hints[field.name], definitions) for field in fields(kind)},
            "required": [field.name for field in fields(kind)],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}

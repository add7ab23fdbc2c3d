"""Frozen dataclasses as JSON and back, and their JSON Schema: the types are written down once and say it all."""

import datetime as dt
import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from VSSegmentationLib.errors import InputRefusedError

T = TypeVar("T")

_SIMPLE = {bool: "boolean", int: "integer", float: "number", str: "string"}
_TIMES: dict[type, str] = {dt.datetime: "date-time", dt.date: "date"}


def to_json(value: object) -> Any:  # noqa: ANN401 - what JSON holds
    """Return dicts, lists, strings, finite numbers, True, False and None only.

    Raises:
        InputRefusedError: For NaN or infinity.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"a report holds finite numbers only, got {value}; give a reason where there is no value"
        raise InputRefusedError(msg)
    return str(value) if isinstance(value, StrEnum) else value


def from_json(kind: type[T], data: object, name: str = "report") -> T:
    """Build a value from what `to_json` gave.

    Args:
        kind: The dataclass.
        data: Parsed JSON.
        name: What the value is called in errors.

    Raises:
        InputRefusedError: For an unknown or missing key, or a value of another type.
    """
    built: T = _build(kind, data, name)
    return built


def json_schema(kind: type) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a dataclass; no key but its fields is allowed, and each is required."""
    definitions: dict[str, Any] = {}
    root = _schema(kind, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _build(kind: Any, data: Any, name: str) -> Any:  # noqa: ANN401, PLR0911 - one branch per kind of type
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return data
    if origin in (Union, types.UnionType):
        (inner,) = (each for each in arguments if each is not type(None))
        return None if data is None else _build(inner, data, name)
    if origin is tuple:
        return _build_tuple(arguments, data, name)
    if origin is not None and origin is not Literal:  # Mapping[str, ...]
        _require(isinstance(data, dict), name, "an object", data)
        return {key: _build(arguments[1], item, f"{name}.{key}") for key, item in data.items()}
    if origin is Literal or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        allowed = arguments if origin is Literal else tuple(kind)
        _require(data in allowed, name, f"one of {', '.join(map(str, allowed))}", data)
        return data if origin is Literal else kind(data)
    if is_dataclass(kind):
        return _build_dataclass(kind, data, name)
    if kind in _TIMES:
        return _build_time(kind, data, name)
    numeric = kind is float and isinstance(data, int) and not isinstance(data, bool)
    _require(numeric or type(data) is kind, name, f"a {_SIMPLE[kind]}", data)  # a bool is no integer here
    return float(data) if numeric else data


def _build_dataclass(kind: Any, data: Any, name: str) -> Any:  # noqa: ANN401 - a dataclass of any type
    _require(isinstance(data, dict), name, "an object", data)
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]
    if unknown := sorted(set(data) - set(known)):
        msg = f"{name} has unknown keys ({len(unknown)}); known are {', '.join(known)}"
        raise InputRefusedError(msg)
    if missing := [key for key in known if key not in data]:
        msg = f"{name} lacks {', '.join(missing)}; a report of this schema version has all of its keys"
        raise InputRefusedError(msg)
    try:
        return kind(**{key: _build(hints[key], data[key], f"{name}.{key}") for key in known})
    except ValueError as error:
        if isinstance(error, InputRefusedError):
            raise
        msg = f"{name} is not possible: {error}"
        raise InputRefusedError(msg) from error


def _build_tuple(arguments: tuple[Any, ...], data: Any, name: str) -> tuple[Any, ...]:  # noqa: ANN401 - any items
    _require(isinstance(data, list), name, "a list", data)
    if arguments[-1] is Ellipsis:
        return tuple(_build(arguments[0], item, f"{name}[{i}]") for i, item in enumerate(data))
    _require(len(data) == len(arguments), name, f"a list of {len(arguments)}", data)
    return tuple(_build(kind, item, f"{name}[{i}]") for i, (kind, item) in enumerate(zip(arguments, data, strict=True)))


def _build_time(kind: Any, data: Any, name: str) -> Any:  # noqa: ANN401 - date or datetime
    _require(isinstance(data, str), name, "a string", data)
    try:
        return kind.fromisoformat(data)
    except ValueError as error:
        msg = f"{name} must be a {_TIMES[kind]} as ISO 8601 writes it"
        raise InputRefusedError(msg) from error


def _require(fits: bool, name: str, wanted: str, data: object) -> None:
    if not fits:
        msg = f"{name} must be {wanted}, got {type(data).__name__}"
        raise InputRefusedError(msg)


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401, PLR0911 - as _build
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return {}
    if origin in (Union, types.UnionType):
        (inner,) = (each for each in arguments if each is not type(None))
        return {"anyOf": [_schema(inner, definitions), {"type": "null"}]}
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return {"type": "array", "items": _schema(arguments[0], definitions)}
        items = [_schema(each, definitions) for each in arguments]
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

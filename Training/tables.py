"""Read TOML tables into frozen dataclasses, strictly, and write them back.

Nothing is guessed and nothing is ignored: an unknown key, a missing key or a value of another type is a `ConfigError`
that names the place and the nearest thing that would have been right.
"""

import dataclasses
import difflib
import json
import types
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from VSSegmentationLib.errors import ConfigError

T = TypeVar("T")


def from_table(cls: type[T], table: Mapping[str, Any], where: str) -> T:
    """Build the dataclass `cls` from a table, nested dataclasses from its sub-tables.

    Args:
        cls: A dataclass whose fields are bool, int, float, str, Path, Enum, Literal, tuple, Mapping, another dataclass,
            or one of these or None.
        table: What `tomllib` read.
        where: Name of the table, for the message.

    Raises:
        ConfigError: For an unknown key, a missing one, a wrong type, or a value that `cls` itself refuses.
    """
    if not dataclasses.is_dataclass(cls):
        msg = f"from_table needs a dataclass, got {cls!r}"
        raise TypeError(msg)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    for key in table:
        if key not in fields:
            raise ConfigError(_unknown_key(key, list(fields), where))
    hints = get_type_hints(cls)
    values = {key: _converted(hints[key], value, f"{where}.{key}") for key, value in table.items()}
    for name, field in fields.items():
        has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        if name not in values and not has_default:
            msg = f"[{where}] lacks the key {name!r} ({_type_name(hints[name])}), which has no default"
            raise ConfigError(msg)
    try:
        return cls(**values)
    except ConfigError as error:
        msg = f"[{where}] {error}"
        raise ConfigError(msg) from error


def to_table(config: object) -> dict[str, Any]:
    """Return a dataclass as a table of plain values, which `from_table` reads back; None is left out."""
    if not dataclasses.is_dataclass(config):
        msg = f"to_table needs a dataclass, got {config!r}"
        raise TypeError(msg)
    pairs = {field.name: getattr(config, field.name) for field in dataclasses.fields(config) if field.init}
    return {name: _plain(value) for name, value in pairs.items() if value is not None}


def to_toml(table: Mapping[str, Any]) -> str:
    """Return a table of plain values as TOML text, scalars before sub-tables."""
    return "\n".join(_toml_lines(table, ())).strip() + "\n"


def _unknown_key(key: str, known: list[str], where: str) -> str:
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    hint = f"; nearest known key: {nearest[0]!r}" if nearest else ""
    return f"[{where}] has an unknown key {key!r}{hint}"


def _converted(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401, PLR0911 - one line per kind of field
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        kinds = [argument for argument in arguments if argument is not types.NoneType]
        return _converted(_fitting(kinds, value), value, where)
    if origin is Literal:
        return _one_of(value, list(arguments), where)
    if origin is tuple:
        return _tuple(arguments, value, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict(_checked(value, Mapping, kind, where))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return from_table(kind, _checked(value, Mapping, kind, where), where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(_one_of(value, [member.value for member in kind], where))
    if kind is Path:
        return Path(_checked(value, str, kind, where))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return _checked(value, kind, kind, where)


def _fitting(kinds: list[Any], value: Any) -> Any:  # noqa: ANN401
    """Return the kind that knows all keys of a table, if there is one among several; else the first."""
    known = [kind for kind in kinds if dataclasses.is_dataclass(kind) and isinstance(value, Mapping)]
    return next((kind for kind in known if set(value) <= {field.name for field in dataclasses.fields(kind)}), kinds[0])


def _tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:  # noqa: ANN401
    items = _checked(value, list, list, where)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(items)
    if len(items) != len(arguments):
        msg = f"{where} must have {len(arguments)} entries, got {len(items)}: {items!r}"
        raise ConfigError(msg)
    pairs = zip(arguments, items, strict=True)
    return tuple(_converted(kind, item, f"{where}[{n}]") for n, (kind, item) in enumerate(pairs))


def _one_of(value: Any, allowed: list[Any], where: str) -> Any:  # noqa: ANN401
    for known in allowed:
        if value == known and type(value) is type(known):
            return value
    nearest = difflib.get_close_matches(str(value), [str(known) for known in allowed], n=1, cutoff=0.0)
    hint = f"; nearest: {nearest[0]!r}" if nearest else ""
    msg = f"{where} must be one of {', '.join(map(repr, allowed))}, got {value!r}{hint}"
    raise ConfigError(msg)


def _checked(value: Any, accepted: type, kind: Any, where: str) -> Any:  # noqa: ANN401
    # TOML's true is no number, though Python's bool is an int.
    if isinstance(value, accepted) and (accepted is bool or not isinstance(value, bool)):
        return value
    msg = f"{where} must be of type {_type_name(kind)}, got {value!r}"
    raise ConfigError(msg)


def _type_name(kind: Any) -> str:  # noqa: ANN401
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind).replace("typing.", "")


def _plain(value: Any) -> Any:  # noqa: ANN401
    if dataclasses.is_dataclass(value):
        return to_table(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _toml_lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    lines = [f"[{'.'.join(map(_toml_key, path))}]"] if path else []
    lines += [f"{_toml_key(key)} = {_toml(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += ["", *_toml_lines(value, (*path, key))]
    return lines


def _toml_key(key: str) -> str:
    plain = key.isascii() and key.replace("_", "a").replace("-", "a").isalnum()
    return key if plain else _toml_text(key)


def _toml_text(text: str) -> str:
    # JSON leaves DEL as it is, TOML forbids it.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _toml_text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml_key(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return repr(value)

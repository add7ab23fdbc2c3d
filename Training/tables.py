"""Recipes and other TOML tables to and from frozen dataclasses, by the library's codec; and tables as TOML text."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.errors import ConfigError

T = TypeVar("T")


def from_table(cls: type[T], table: Mapping[str, Any], where: str) -> T:
    """Build the dataclass `cls` from a table, nested dataclasses from its sub-tables.

    Args:
        cls: A dataclass; for what its fields may be see `from_plain`.
        table: What `tomllib` read.
        where: Name of the table, for the message.

    Raises:
        ConfigError: For an unknown key, a missing one, a wrong type, or a value that `cls` itself refuses.
    """
    return from_plain(cls, table, where, error=ConfigError, quoting=True)


def to_table(config: object) -> dict[str, Any]:
    """Return a dataclass as a table of plain values, which `from_table` reads back; None is left out."""
    table: dict[str, Any] = to_plain(config, without_none=True, whole_paths=True)
    return table


def to_toml(table: Mapping[str, Any]) -> str:
    """Return a table of plain values as TOML text, scalars before sub-tables."""
    return "\n".join(_toml_lines(table, ())).strip() + "\n"


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

"""From plain data to values; what does not fit is refused by its place, with what would have been right."""

import datetime as dt
import types
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from VSSegmentationLib.codec.kinds import choices, is_named_tuple, item_kinds
from VSSegmentationLib.codec.numbers import finite_or_none
from VSSegmentationLib.codec.words import described, did_you_mean, shortened, what_came
from VSSegmentationLib.errors import InputRefusedError, VSSegmentationError

T = TypeVar("T")


def from_plain(
    kind: type[T],
    data: object,
    name: str,
    *,
    error: type[VSSegmentationError] = InputRefusedError,
    complete: bool = False,
    quoting: bool = False,
) -> T:
    """Build a value from what `to_plain` gave, or a person wrote.

    True and False are no numbers; a whole number is taken for a number with a fraction, never the reverse.

    Args:
        kind: A dataclass; its fields are bool, int, float, str, Path, date, datetime, an Enum, Literal, tuple, Mapping,
            another dataclass, several of these, Any, or one of these or None. Of several dataclasses the one is built
            that a field with one single value names (as `kind` does), else the one that knows the most of the keys.
        data: Parsed JSON or TOML.
        name: What the value is called in errors, which name the place in it: `name.key[0]`.
        error: What is raised.
        complete: Whether every key must be there, those with a default too.
        quoting: Whether errors may repeat keys and values: never of a file that may tell who a patient is.

    Raises:
        VSSegmentationError: `error`, for an unknown key, a missing one, a value of another type, or one that a
            dataclass itself refuses.
    """
    built: T = _Reader(error, complete, quoting).value(kind, data, name)
    return built


@dataclass(frozen=True)
class _Reader:
    error: type[VSSegmentationError]
    complete: bool
    quoting: bool

    def value(self, kind: Any, data: Any, name: str) -> Any:  # noqa: ANN401, PLR0911 - one branch per kind of type
        origin, arguments = get_origin(kind), get_args(kind)
        if kind is Any:
            return data
        if origin in (Union, types.UnionType):
            missing = data is None and types.NoneType in arguments
            return None if missing else self._one_of_several(kind, data, name)
        if choices(kind):
            return self._choice(kind, data, name)
        if item_kinds(kind):
            items = self._tuple(kind, data, name)
            return kind(*items) if is_named_tuple(kind) else items
        if isinstance(origin or kind, type) and issubclass(origin or kind, Mapping):
            self._require(isinstance(data, Mapping), kind, data, name)
            of = arguments[1] if arguments else Any
            return {key: self.value(of, item, f"{name}.{key}") for key, item in data.items()}
        if is_dataclass(kind):
            return self._dataclass(kind, data, name)
        if kind in (dt.date, dt.datetime, Path):
            return self._from_text(kind, data, name)
        return self._scalar(kind, data, name)

    def _one_of_several(self, kind: Any, data: Any, name: str) -> Any:  # noqa: ANN401 - of any of the types
        kinds = [each for each in get_args(kind) if each is not types.NoneType]
        tables = [each for each in kinds if is_dataclass(each)]
        if isinstance(data, Mapping) and tables:
            return self.value(max(tables, key=lambda each: _likeness(each, data)), data, name)
        if len(kinds) == 1:
            return self.value(kinds[0], data, name)  # whose own error says more than that of several
        for each in kinds:
            with suppress(self.error):
                return self.value(each, data, name)
        raise self._misfit(kind, data, name)

    def _dataclass(self, kind: Any, data: Any, name: str) -> Any:  # noqa: ANN401 - a dataclass of any type
        self._require(isinstance(data, Mapping), kind, data, name)
        known = {field.name: field for field in fields(kind) if field.init}
        hints = _hints(kind)
        self._check_keys(known, hints, data, name)
        values = {key: self.value(hints[key], data[key], f"{name}.{key}") for key in known if key in data}
        try:
            return kind(**values)
        except (VSSegmentationError, ValueError) as why:
            msg = f"{name}: {why}"
            raise self.error(msg) from why

    def _check_keys(self, known: dict[str, Field[Any]], hints: dict[str, Any], data: Any, name: str) -> None:  # noqa: ANN401 - a mapping of anything
        if unknown := [key for key in data if key not in known]:
            listed = shortened(", ".join(known))
            msg = f"{name} has unknown keys ({len(unknown)}); known are {listed}"
            if self.quoting:
                nearest = did_you_mean(unknown[0], list(known))
                first = shortened(repr(unknown[0]), 60)
                msg = f"{name}: unknown key {first}{f'{nearest} Known' if nearest else '; known'} are {listed}"
            raise self.error(msg)
        missing = [key for key, field in known.items() if key not in data and (self.complete or _is_required(field))]
        if missing:
            words = shortened(", ".join(f"{key!r} ({described(hints[key])})" for key in missing))
            msg = f"{name} lacks the key{'s' if len(missing) > 1 else ''} {words}"
            raise self.error(msg)

    def _choice(self, kind: Any, data: Any, name: str) -> Any:  # noqa: ANN401 - a Literal's value or an enum
        allowed = choices(kind)
        fits = any(data == each and type(data) is type(each) for each in allowed)
        nearest = did_you_mean(data, allowed) if self.quoting and isinstance(data, str) else ""
        self._require(fits, kind, data, name, nearest)
        return kind(data) if isinstance(kind, type) else data

    def _tuple(self, kind: Any, data: Any, name: str) -> tuple[Any, ...]:  # noqa: ANN401 - any items
        arguments = item_kinds(kind)
        self._require(isinstance(data, list | tuple), kind, data, name)
        if arguments[-1] is Ellipsis:
            arguments = (arguments[0],) * len(data)
        self._require(len(data) == len(arguments), kind, data, name)
        pairs = zip(arguments, data, strict=True)
        return tuple(self.value(each, item, f"{name}[{i}]") for i, (each, item) in enumerate(pairs))

    def _from_text(self, kind: Any, data: Any, name: str) -> Any:  # noqa: ANN401 - date, datetime or path
        if isinstance(data, Path) or type(data) is kind:  # TOML has dates
            return data
        self._require(isinstance(data, str), kind, data, name)
        try:
            return Path(data) if kind is Path else kind.fromisoformat(data)
        except ValueError as why:
            raise self._misfit(kind, data, name) from why

    def _scalar(self, kind: Any, data: Any, name: str) -> Any:  # noqa: ANN401 - bool, int, float or str
        if kind is float and isinstance(data, int) and not isinstance(data, bool):
            number = finite_or_none(data)
            self._require(number is not None, kind, data, name)
            return number
        self._require(isinstance(data, kind) and (kind is bool or not isinstance(data, bool)), kind, data, name)
        return data

    def _require(self, fits: bool, kind: Any, data: object, name: str, hint: str = "") -> None:  # noqa: ANN401 - a type
        if not fits:
            raise self._misfit(kind, data, name, hint)

    def _misfit(self, kind: Any, data: object, name: str, hint: str = "") -> VSSegmentationError:  # noqa: ANN401 - a type
        return self.error(f"{name} must be {described(kind)}, got {what_came(data, quoting=self.quoting)}{hint}")


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _likeness(kind: Any, data: Mapping[Any, Any]) -> tuple[bool, int]:  # noqa: ANN401 - a dataclass of any type
    """Return whether the data names this dataclass by the only value of a field, and how many of its keys are known."""
    named = any(choices(hint) == (data.get(key),) for key, hint in _hints(kind).items() if key in data)
    return named, len(set(data) & {field.name for field in fields(kind)})


@cache
def _hints(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a type
    """Return the types of a dataclass's fields, which Python works out from their names anew at each asking."""
    return get_type_hints(kind)

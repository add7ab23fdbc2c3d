import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from VSSegmentationLib.codec import finite_or_none, from_plain, json_schema, parse_json, to_plain
from VSSegmentationLib.errors import ConfigError, InputRefusedError, ModelError, UsageError


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    """A part."""

    number: float
    color: Color | None


class Code(NamedTuple):
    """A code."""

    value: str
    number: int


@dataclass(frozen=True)
class Outer:
    """The whole."""

    flag: bool
    count: int
    name: str
    moment: datetime
    day: date | None
    word: Literal["yes", "no"]
    pair: tuple[float, float] | None
    parts: tuple[Inner, ...]
    more: Mapping[str, float]
    anything: Mapping[str, Any]
    codes: tuple[Code, ...] = ()


WHOLE = Outer(
    flag=True,
    count=3,
    name="it",
    moment=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    day=date(2026, 1, 2),
    word="yes",
    pair=(1.0, -2.5),
    parts=(Inner(0.1, Color.RED), Inner(2.0, None)),
    more={"a": 1.0},
    anything={"b": [1, {"c": None}]},
    codes=(Code("x", 1),),
)
DATA = to_plain(WHOLE)
VALIDATOR = Draft202012Validator(json_schema(Outer), format_checker=FormatChecker())


def changed(**changes) -> dict[str, Any]:
    return {**json.loads(json.dumps(DATA)), **changes}


def read(kind, data, name="report"):
    """As a report is read: every key must be there, and nothing is repeated."""
    return from_plain(kind, data, name, complete=True)


def test_what_was_written_is_read_back_the_same():
    assert read(Outer, json.loads(json.dumps(DATA))) == WHOLE
    assert type(read(Outer, DATA).codes[0]) is Code
    assert VALIDATOR.is_valid(DATA)


def test_schema_is_itself_valid():
    Draft202012Validator.check_schema(json_schema(Outer))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"flag": 1}, "report.flag must be true or false, got an integer"),
        ({"count": True}, "report.count must be an integer, got a truth value"),
        ({"count": 1.5}, "report.count must be an integer, got a number"),
        ({"name": None}, "report.name must be text, got nothing"),
        ({"word": "maybe"}, "report.word must be one of 'yes', 'no', got text"),
        ({"pair": [1.0]}, "report.pair must be a list of 2 numbers, got a list of 1"),
        ({"pair": [1.0, "2"]}, r"report.pair\[1\] must be a number, got text"),
        ({"pair": [1.0, False]}, r"report.pair\[1\] must be a number, got a truth value"),
        (
            {"parts": [{"number": 1.0, "color": "green"}]},
            r"report.parts\[0\].color must be one of 'red', 'blue', got text",
        ),
        ({"parts": [{"number": 1.0}]}, r"report.parts\[0\] lacks the key 'color' \(one of 'red', 'blue'\)"),
        ({"parts": [{}]}, r"report.parts\[0\] lacks the keys 'number' \(a number\), 'color'"),
        (
            {"parts": [{"number": 1.0, "color": None, "x": 1}]},
            r"report.parts\[0\] has unknown keys \(1\); known are number, color",
        ),
        ({"parts": {}}, "report.parts must be a list of tables, got a table"),
        ({"more": {"a": "b"}}, "report.more.a must be a number, got text"),
        ({"more": [1.0]}, "report.more must be a table of keys and values, got a list of 1"),
        (
            {"moment": "yesterday"},
            "report.moment must be a date and time as ISO 8601 writes them",
        ),
        ({"codes": [["x"]]}, r"report.codes\[0\] must be a list of 2 values, got a list of 1"),
        ({"codes": [["x", "y"]]}, r"report.codes\[0\]\[1\] must be an integer, got text"),
        ({"day": 3}, "report.day must be a date as ISO 8601 writes it, such as 2026-01-31, got an integer"),
    ],
)
def test_what_does_not_fit_is_refused_by_name_by_reader_and_schema_alike(change, told):
    with pytest.raises(InputRefusedError, match=told):
        read(Outer, changed(**change))
    if "moment" not in change:  # the format checker needs a further package for date-times
        assert not VALIDATOR.is_valid(changed(**change))


def test_unknown_key_is_an_error_that_does_not_repeat_it():
    with pytest.raises(InputRefusedError, match=r"report has unknown keys \(1\)") as caught:
        read(Outer, changed(**{"Jane Doe": 1}))
    assert "Jane" not in str(caught.value)
    assert not VALIDATOR.is_valid(changed(**{"Jane Doe": 1}))


def test_no_value_of_a_file_that_may_tell_who_a_patient_is_is_repeated():
    for change in ({"flag": "Jane Doe"}, {"word": "Jane Doe"}, {"moment": "Jane Doe"}, {"parts": "Jane Doe"}):
        with pytest.raises(InputRefusedError) as caught:
            read(Outer, changed(**change))
        assert "Jane" not in str(caught.value)


def test_whole_number_counts_as_a_number_and_comes_back_as_one():
    number = read(Inner, {"number": 2, "color": None}).number
    assert (number, type(number)) == (2.0, float)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_number_that_is_none_is_never_written(value):
    with pytest.raises(InputRefusedError, match=r"part\.number must be a finite number, got (nan|inf); leave it out"):
        to_plain(Inner(value, None), "part")


class Level(IntEnum):
    LOW = 0
    HIGH = 1


@dataclass(frozen=True, kw_only=True)
class Window:
    """Settings, as a person writes them."""

    size_dhw: tuple[int, int, int] = (1, 2, 3)
    ranges: tuple[tuple[float, float], ...] = ()
    overlap: float = 0.25

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < 1:
            msg = f"overlap must be at least 0 and below 1, got {self.overlap}"
            raise ConfigError(msg)


@dataclass(frozen=True, kw_only=True)
class Cube:
    """Settings of another kind."""

    kind: Literal["cube"] = "cube"
    edge: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All of them."""

    name: str
    window: Window = field(default_factory=Window)
    shape: Window | Cube | None = None
    folder: Path = Path("here")
    labels: dict[str, str] = field(default_factory=dict)
    level: Level = Level.LOW
    limit: int | str = 0


def settings(data: object, error=ConfigError) -> Settings:
    """As a recipe is read: what has a default may be left out, and errors repeat what came."""
    return from_plain(Settings, data, "recipe", error=error, quoting=True)


def test_left_out_keys_take_their_defaults_where_not_all_are_asked_for():
    assert settings({"name": "x"}) == Settings(name="x")
    with pytest.raises(InputRefusedError, match=r"lacks the keys 'window' .*, 'shape'"):
        from_plain(Settings, {"name": "x"}, "settings", complete=True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"windw": {}}, r"^recipe: unknown key 'windw'; did you mean 'window'\? Known are name, window, shape, folder"),
        ({"zzz": 1}, "^recipe: unknown key 'zzz'; known are name, window, shape, folder, labels, level, limit$"),
        ({"window": {"size": 1}}, r"^recipe.window: unknown key 'size'; did you mean 'size_dhw'\?"),
        ({"window": {"size_dhw": [1, 2.0, 3]}}, r"^recipe.window.size_dhw\[1\] must be an integer, got 2.0$"),
        ({"window": {"size_dhw": [1, 2]}}, r"^recipe.window.size_dhw must be a list of 3 integers, got \[1, 2\]$"),
        ({"window": {"ranges": 1}}, "^recipe.window.ranges must be a list of lists of 2 numbers, got 1$"),
        ({"window": {"overlap": 1.5}}, "^recipe.window: overlap must be at least 0 and below 1, got 1.5$"),
        ({"window": 3}, "^recipe.window must be a table of keys and values, got 3$"),
        ({"shape": {"kind": "cube"}}, r"^recipe.shape lacks the key 'edge' \(an integer\)$"),
        ({"shape": {"kind": "cub", "edge": 1}}, r"^recipe.shape.kind must be one of 'cube', got 'cub'; did you mean"),
        ({"folder": 3}, "^recipe.folder must be a path as text, got 3$"),
        ({"labels": {"0": 0}}, "^recipe.labels.0 must be text, got 0$"),
        ({"level": 2}, "^recipe.level must be one of 0, 1, got 2$"),
        ({"level": True}, "^recipe.level must be one of 0, 1, got True$"),
        ({"limit": 0.5}, "^recipe.limit must be an integer or text, got 0.5$"),
        ({"name": ["x"] * 100}, r"^recipe.name must be text, got \['x', .{0,80}\.\.\.$"),
    ],
)
def test_what_a_person_wrote_wrong_is_told_with_what_would_have_been_right(change, told):
    with pytest.raises(ConfigError, match=told):
        settings({"name": "x", **change})


@pytest.mark.parametrize("error", [ConfigError, InputRefusedError, ModelError, UsageError])
def test_the_caller_says_which_error_it_is(error):
    for data in ([], {"nam": "x"}, {}, {"name": 1}, {"name": "x", "window": {"overlap": 2}}):
        with pytest.raises(error) as caught:
            settings(data, error)
        assert type(caught.value) is error


def test_of_several_dataclasses_the_one_that_knows_the_keys_is_built():
    assert settings({"name": "x", "shape": {"kind": "cube", "edge": 2}}).shape == Cube(edge=2)
    assert settings({"name": "x", "shape": {"overlap": 0.5}}).shape == Window(overlap=0.5)
    assert settings({"name": "x", "shape": None}).shape is None


def test_paths_enums_and_either_type_come_back_as_what_they_are():
    read_back = settings({"name": "x", "folder": "a/b", "level": 1, "limit": "none", "labels": {"0": "background"}})
    assert read_back == Settings(
        name="x", folder=Path("a/b"), level=Level.HIGH, limit="none", labels={"0": "background"}
    )


def test_values_of_the_outside_world_become_plain():
    value = {
        Level.HIGH: np.array([[1, 2]], np.uint8),
        "number": np.float32(0.5),
        "path": Path("Jane Doe") / "scan.nii",
        "set": {3},
        "color": Color.RED,
        "none": None,
        "type": complex(1, 2),
    }
    assert to_plain(value) == {
        "1": [[1, 2]], "number": 0.5, "path": "scan.nii", "set": [3], "color": "red", "none": None, "type": "(1+2j)",
    }  # fmt: skip
    assert all(type(item) in (list, float, str, type(None)) for item in to_plain(value).values())


def test_what_is_none_is_left_out_and_paths_are_whole_where_asked_for():
    plain = to_plain(Settings(name="x", folder=Path("a/b")), without_none=True, whole_paths=True)
    assert "shape" not in plain
    assert plain["folder"] == "a/b"
    assert settings(plain) == Settings(name="x", folder=Path("a/b"))


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e400", "-1e400", "9" * 400, "-" + "9" * 400, "9" * 5000])
def test_json_holds_numbers_that_a_double_holds(text):
    with pytest.raises(ValueError, match="must be finite"):
        parse_json(f"[{text}]")


def test_whole_numbers_of_json_that_no_double_holds_are_infinite_where_that_may_be():
    largest = str(2**1024 - 2**971)  # the largest double, IEEE 754
    found = parse_json(f"[{largest}, {'9' * 400}, -{'9' * 400}, 1]", finite=False)
    assert found == [int(largest), math.inf, -math.inf, 1]
    assert parse_json(largest) == int(largest)


@pytest.mark.parametrize("value", [True, "1", None, [1], 2**1024, -(2**1024), math.nan, math.inf])
def test_what_is_no_finite_number_is_none(value):
    assert finite_or_none(value) is None


def test_a_whole_number_that_no_double_holds_is_no_number():
    with pytest.raises(ConfigError, match="number must be a number"):
        from_plain(Inner, {"number": 2**1024, "color": None}, "it", error=ConfigError)


def test_whole_numbers_are_numbers_with_a_fraction_too():
    assert (finite_or_none(3), finite_or_none(-0.5)) == (3.0, -0.5)


@pytest.mark.parametrize("text", [r'{"case": "\ud800"}', r'["\uDFFFx"]', rb'{"\ud83d": 1}'])
@pytest.mark.parametrize("finite", [True, False])
def test_half_of_a_character_is_refused_and_whole_ones_are_not(text, finite):
    with pytest.raises(ValueError, match="surrogates"):
        parse_json(text, finite=finite)
    assert parse_json(r'["\ud83d\ude00", "\\ud800"]', finite=finite) == ["\N{GRINNING FACE}", r"\ud800"]

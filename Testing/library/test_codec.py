import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from VSSegmentationLib.codec import from_json, json_schema, to_json
from VSSegmentationLib.errors import InputRefusedError


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    """A part."""

    number: float
    color: Color | None


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
)
DATA = to_json(WHOLE)
VALIDATOR = Draft202012Validator(json_schema(Outer), format_checker=FormatChecker())


def changed(**changes) -> dict[str, Any]:
    return {**json.loads(json.dumps(DATA)), **changes}


def test_what_was_written_is_read_back_the_same():
    assert from_json(Outer, json.loads(json.dumps(DATA))) == WHOLE
    assert VALIDATOR.is_valid(DATA)


def test_schema_is_itself_valid():
    Draft202012Validator.check_schema(json_schema(Outer))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"flag": 1}, "report.flag must be a boolean, got int"),
        ({"count": True}, "report.count must be a integer, got bool"),
        ({"count": 1.5}, "report.count must be a integer, got float"),
        ({"name": None}, "report.name must be a string, got NoneType"),
        ({"word": "maybe"}, "report.word must be one of yes, no, got str"),
        ({"pair": [1.0]}, "report.pair must be a list of 2, got list"),
        ({"pair": [1.0, "2"]}, r"report.pair\[1\] must be a number, got str"),
        ({"parts": [{"number": 1.0, "color": "green"}]}, r"report.parts\[0\].color must be one of red, blue, got str"),
        ({"parts": [{"number": 1.0}]}, r"report.parts\[0\] lacks color"),
        ({"parts": [{"number": 1.0, "color": None, "x": 1}]}, r"report.parts\[0\] has unknown keys"),
        ({"parts": {}}, "report.parts must be a list, got dict"),
        ({"more": {"a": "b"}}, "report.more.a must be a number, got str"),
        ({"moment": "yesterday"}, "report.moment must be a date-time as ISO 8601 writes it"),
    ],
)
def test_what_does_not_fit_is_refused_by_name_by_reader_and_schema_alike(change, told):
    with pytest.raises(InputRefusedError, match=told):
        from_json(Outer, changed(**change))
    if "moment" not in change:  # the format checker needs a further package for date-times
        assert not VALIDATOR.is_valid(changed(**change))


def test_unknown_key_is_an_error_that_does_not_repeat_it():
    with pytest.raises(InputRefusedError, match=r"report has unknown keys \(1\)") as caught:
        from_json(Outer, changed(**{"Jane Doe": 1}))
    assert "Jane" not in str(caught.value)
    assert not VALIDATOR.is_valid(changed(**{"Jane Doe": 1}))


def test_whole_number_counts_as_a_number_and_comes_back_as_one():
    number = from_json(Inner, {"number": 2, "color": None}).number
    assert (number, type(number)) == (2.0, float)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_number_that_is_none_is_never_written(value):
    with pytest.raises(InputRefusedError, match="finite numbers only"):
        to_json(Inner(value, None))

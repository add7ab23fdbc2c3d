import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from Training.tables import from_table, to_table, to_toml
from VSSegmentationLib.errors import ConfigError


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, kw_only=True)
class Inner:
    ranges: tuple[tuple[float, float], ...] = ()
    size_dhw: tuple[int, int, int] = (1, 2, 3)


@dataclass(frozen=True, kw_only=True)
class Outer:
    folder: Path
    side: Side = Side.LEFT
    mode: Literal["a", 2] = "a"
    limit: float | None = None
    inner: Inner = field(default_factory=Inner)
    free: Mapping[str, Any] = field(default_factory=dict)


def test_every_kind_of_field_comes_as_its_own_type():
    table = tomllib.loads(
        'folder = "maps"\nside = "right"\nmode = 2\nlimit = 3\nfree = {x = [1]}\n'
        "[inner]\nranges = [[0, 1], [0.5, 2]]\nsize_dhw = [4, 5, 6]"
    )
    assert from_table(Outer, table, "outer") == Outer(
        folder=Path("maps"),
        side=Side.RIGHT,
        mode=2,
        limit=3.0,
        inner=Inner(ranges=((0.0, 1.0), (0.5, 2.0)), size_dhw=(4, 5, 6)),
        free={"x": [1]},
    )


def test_table_and_text_read_back_equal():
    config = Outer(folder=Path("a b"), side=Side.RIGHT, limit=1e-7, free={"deep": {"a": True, 'odd "key"': "ä\n"}})
    assert from_table(Outer, tomllib.loads(to_toml(to_table(config))), "outer") == config


def test_value_of_none_is_left_out():
    assert "limit" not in to_table(Outer(folder=Path("x")))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"folder": "x", "side": "lift"}, "outer.side must be one of 'left', 'right', got 'lift'; did you mean 'left'"),
        ({"folder": "x", "mode": "2"}, "outer.mode must be one of 'a', 2, got '2'"),
        ({"folder": 3}, "outer.folder must be a path as text, got 3"),
        ({"folder": "x", "inner": {"ranges": [[0, "1"]]}}, r"outer.inner.ranges\[0\]\[1\] must be a number, got '1'"),
        (
            {"folder": "x", "inner": {"size": 1}},
            r"inner: unknown key 'size'; did you mean 'size_dhw'\? Known are ranges",
        ),
        ({"folder": "x", "free": 1}, "outer.free must be a table of keys and values, got 1"),
    ],
)
def test_wrong_tables_are_refused_by_their_place(table, message):
    with pytest.raises(ConfigError, match=message):
        from_table(Outer, table, "outer")


SCALARS = (
    st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text("ab -.é", max_size=4), v, max_size=3)
)


@given(st.dictionaries(st.text('abc_- .é"', max_size=4), VALUES, max_size=4))
def test_any_table_survives_its_toml_text(table):
    assert tomllib.loads(to_toml(table)) == table

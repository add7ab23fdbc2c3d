from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from VSSegmentationLib.short_repr import MAX_LETTERS, short_repr


class Kind(StrEnum):
    GOOD = "good"


@dataclass(frozen=True)
class Part:
    number: int


@dataclass(frozen=True)
class Whole:
    values: object = None
    other: object = None
    hidden: object = field(default=None, repr=False)

    __repr__ = short_repr


class Pair(NamedTuple):
    left: object
    right: object

    __repr__ = short_repr


def test_arrays_are_told_by_type_and_shape():
    assert repr(Whole(np.zeros((3, 4, 5), np.uint8))) == "Whole(values=uint8 (3, 4, 5))"


def test_what_is_long_is_told_by_its_number_and_what_is_short_by_its_values():
    assert repr(Whole((Part(1), Part(2)), {"a": 1})) == "Whole(values=(2 Part), other={1 entries})"
    assert repr(Whole((1, 2.5), (0.1 + 0.2,) * 7)) == "Whole(values=(1, 2.5), other=(7 float))"


def test_numbers_names_truth_and_kinds_are_written_out():
    assert repr(Whole(0.1 + 0.2, Kind.GOOD)) == "Whole(values=0.3, other=good)"
    assert repr(Whole(values=True, other="Anna's")) == 'Whole(values=True, other="Anna\'s")'


def test_a_short_part_is_told_whole_and_a_long_one_or_another_value_by_its_name_alone():
    assert repr(Whole(Part(1))) == "Whole(values=Part(number=1))"
    assert repr(Whole(Whole("x" * 60, "y" * 60), object())) == "Whole(values=Whole(...), other=object(...))"


def test_a_named_tuple_is_told_like_a_dataclass():
    assert repr(Pair("a", (1, 2))) == "Pair(left='a', right=(1, 2))"


def test_moments_are_written_out():
    assert repr(Whole(datetime(2026, 2, 3, 4, 5, tzinfo=UTC))) == "Whole(values=2026-02-03 04:05:00+00:00)"


def test_a_path_shows_its_last_part_alone_since_folders_may_name_a_patient():
    assert repr(Whole(Path("/data/someone/scan.nii"))) == "Whole(values='scan.nii')"


def test_what_holds_nothing_or_is_hidden_is_left_out():
    assert repr(Whole(None, (), hidden="secret")) == "Whole()"


def test_however_long_the_values_are_the_line_stays_short():
    names = [f"a_rather_long_name_{i}" for i in range(30)]
    long = make_dataclass("Long", names, namespace={"__repr__": short_repr}, frozen=True)
    text = repr(long(*["x" * 1000] * 30))
    assert len(text) <= MAX_LETTERS
    assert text.endswith(", ...)")

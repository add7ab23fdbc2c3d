"""Terminologies of labels: which codes tell a label, and where a side is told."""

from dataclasses import replace

import pytest

from VSSegmentationLib.imageio.terminology import (
    is_anatomy,
    label_of_terminology,
    side_of_terminology,
    terminology_entry,
    terminology_text,
)
from VSSegmentationLib.label_set import Code
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as LABELS

PLACED = next(entry for entry in LABELS.entries if entry.anatomic_region is not None)
NOWHERE = replace(PLACED, anatomic_region=None)


@pytest.mark.parametrize(
    ("side", "told"), [("left", "SCT^7771000^Left"), ("right", "SCT^24028007^Right"), (None, "^^")]
)
def test_a_side_is_told_of_the_region(side, told):
    text = terminology_entry(LABELS, PLACED, side)
    assert text.split("~")[6] == told
    assert side_of_terminology(text) == side


@pytest.mark.parametrize("side", ["left", None])
def test_without_a_region_no_side_is_told(side):
    assert terminology_entry(LABELS, NOWHERE, side).split("~")[5:] == ["^^", "^^"]


@pytest.mark.parametrize("entry", LABELS.entries, ids=lambda entry: entry.key)
@pytest.mark.parametrize("context", ["", "Another list", "~"])
def test_a_label_is_known_by_its_codes_whatever_list_region_and_side_stand_beside_them(entry, context):
    parts = terminology_entry(LABELS, entry).split("~")
    parts[0], parts[4], parts[5], parts[6] = "Mine", context.strip("~"), "SCT^1^Elsewhere", "SCT^7771000^Left"
    assert label_of_terminology(LABELS, "~".join(parts)) is entry
    assert label_of_terminology(LABELS, "~".join(parts[:4])) is entry


def test_a_side_of_the_type_is_no_part_of_what_the_label_is():
    left = Code("7771000", "SCT", "Left")
    entry = next(each for each in LABELS.entries if each.modifier is None)
    text = terminology_text("Mine", (entry.category, entry.type, left), (None, None))
    assert (label_of_terminology(LABELS, text), side_of_terminology(text)) == (entry, "left")
    assert label_of_terminology(LABELS, text.replace("7771000", "7771001")) is None


def test_two_sides_are_none():
    left, right = Code("7771000", "SCT", "Left"), Code("24028007", "SCT", "Right")
    assert side_of_terminology(terminology_text("", (PLACED.category, PLACED.type, left), (None, right))) is None


@pytest.mark.parametrize(
    ("category", "told"), [("123037004", True), ("91723000", True), ("49755003", False), ("", False)]
)
def test_structures_of_the_body_are_told_by_their_category(category, told):
    assert is_anatomy(f"List~SCT^{category}^x~SCT^1^y~^^~~^^~^^") is told
    assert not is_anatomy("List")

"""What segments of a file are, by identity, and how they are asked about."""

import numpy as np
import pytest

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio.files.own_header import OwnHeader
from VSSegmentationLib.imageio.files.segments import Segment, meaning_of_segments
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.labels import Label

OURS, OTHERS = OwnHeader(label_set=VS.name), OwnHeader(label_set="glioma")
PARTS = tuple(entry for entry in VS.entries if entry.value in (Label.EXTRAMEATAL, Label.INTRAMEATAL))


def layer(*values: int) -> np.ndarray:
    array = np.zeros((2, 3, 40), np.uint8)
    array.flat[: len(values)] = values
    return array


def unnamed(number: int, *, value: int | None = None, in_layer: int = 0, name: str = "Segment") -> Segment:
    return Segment(f"S{number}", f"{name}_{number}", "", number if value is None else value, in_layer)


def asked(layers, segments, **options) -> str:
    with pytest.raises(UsageError) as refused:
        meaning_of_segments(layers, segments, VS, header=options.pop("header", OURS), **options)
    return str(refused.value)


def test_a_renamed_segment_is_known_by_the_identity_that_was_written_for_its_label():
    segments = [Segment(VS.segment_id(entry), "renamed", "", 7 + i, 0) for i, entry in enumerate(PARTS)]
    found = meaning_of_segments([layer(7, 8)], segments, VS, header=OURS)
    assert found.array.ravel()[:3].tolist() == [PARTS[0].value, PARTS[1].value, 0]
    assert "it is not certain" in asked([layer(7, 8)], segments, header=OTHERS)
    assert "it is not certain" in asked([layer(7, 8)], [unnamed(7), unnamed(8)])


def test_what_was_said_goes_by_values_where_they_differ_and_else_by_the_order_in_the_file():
    said = {1: Label.EXTRAMEATAL, 2: Label.INTRAMEATAL}
    swapped = [unnamed(1, value=2), unnamed(2, value=1)]
    found = meaning_of_segments([layer(1, 2)], swapped, VS, values=said, header=OURS)
    assert found.array.ravel()[:2].tolist() == [Label.EXTRAMEATAL, Label.INTRAMEATAL]
    shared = [unnamed(1, value=1, in_layer=0), unnamed(2, value=1, in_layer=1)]
    found = meaning_of_segments([layer(1, 0), layer(0, 1)], shared, VS, values=said, header=OURS)
    assert found.array.ravel()[:2].tolist() == [Label.EXTRAMEATAL, Label.INTRAMEATAL]


@pytest.mark.parametrize(("count", "more"), [(10, ""), (11, " and 1 more"), (14, " and 4 more")])
def test_a_question_lists_ten_segments_and_shows_how_to_say_five(count, more):
    text = asked([layer()], [unnamed(number) for number in range(1, count + 1)])
    assert f"9 'Segment_9', 10 'Segment_10'{more}; name each one of " in text
    assert "--values 1=...,2=...,3=...,4=...,5=..., where none leaves one out" in text


def test_a_long_name_is_shown_by_its_first_40_signs():
    text = asked([layer()], [unnamed(1, name="x" * 60), unnamed(2)])
    assert f"1 '{'x' * 40}', 2 'Segment_2'" in text

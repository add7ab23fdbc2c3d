"""Values of labelmaps at the limits of what is taken for labels."""

from dataclasses import replace

import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio.files.label_meaning import meaning_of_values, relabeled
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label

LABELS = VESTIBULAR_SCHWANNOMA_LABELS


def holding(*values: int, dtype=np.int32) -> np.ndarray:
    array = np.zeros((2, 3, 40), dtype)
    array.flat[: len(values)] = values
    return array


def test_one_value_up_to_255_is_the_whole_tumor():
    meaning = meaning_of_values(holding(255), LABELS)
    assert meaning.array.max() == Label.UNDIVIDED_TUMOR
    assert meaning.is_assumed_whole


@pytest.mark.parametrize("value", [256, -1])
def test_a_value_that_no_byte_holds_is_an_images(value):
    with pytest.raises(InputRefusedError, match="it may be an image"):
        meaning_of_values(holding(value), LABELS)


def test_fifty_values_could_be_labels_and_fifty_one_are_an_images():
    with pytest.raises(UsageError, match="does not say what its values mean"):
        meaning_of_values(holding(*range(1, 51)), LABELS)
    with pytest.raises(InputRefusedError, match="it may be an image"):
        meaning_of_values(holding(*range(1, 52)), LABELS)


def test_a_question_lists_ten_values_and_shows_how_to_say_five():
    with pytest.raises(UsageError) as asked:
        meaning_of_values(holding(*range(7, 20)), LABELS)
    assert "the values 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 and does not" in str(asked.value)
    assert "--values 7=...,8=...,9=...,10=...,11=..., each one of" in str(asked.value)


def with_parts(touching: int, apart: int) -> np.ndarray:
    """An extrameatal row; of the intrameatal part, so many voxels beside it and so many elsewhere."""
    array = np.zeros((5, 5, 40), np.uint8)
    array[0, 0] = Label.EXTRAMEATAL
    array[0, 1, :touching] = Label.INTRAMEATAL
    array[4, 4, :apart] = Label.INTRAMEATAL
    return array


def test_parts_of_one_tumor_touch_with_three_quarters_of_their_voxels_or_more():
    assert np.array_equal(meaning_of_values(with_parts(9, 3), LABELS).array, with_parts(9, 3))
    with pytest.raises(UsageError, match="do not touch those of 1"):
        meaning_of_values(with_parts(9, 4), LABELS)


def test_what_was_said_of_values_that_no_byte_holds_does_not_matter():
    meant = {255: Label.INTRAMEATAL, 256: Label.EXTRAMEATAL, 7: 0}
    assert relabeled(holding(255, 7), meant, LABELS).ravel()[:3].tolist() == [Label.INTRAMEATAL, 0, 0]
    with pytest.raises(InputRefusedError, match="holds the value 8, which has no meaning here; known are 0 background"):
        relabeled(holding(8), meant, LABELS)


def test_without_a_label_nothing_is_asked():
    assert not meaning_of_values(holding(), LABELS).array.any()


def test_values_of_labels_that_have_no_whole_are_what_the_set_says():
    parts = replace(LABELS, entries=tuple(entry for entry in LABELS.entries if not entry.undivided))
    assert parts.undivided is None
    assert meaning_of_values(holding(Label.INTRAMEATAL), parts).array.max() == Label.INTRAMEATAL

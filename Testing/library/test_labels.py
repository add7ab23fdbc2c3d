import numpy as np

from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label


def test_numbers_are_those_of_crossmoda_2023_and_one_of_our_own():
    assert [int(label) for label in Label] == [0, 1, 2, 3, 4]
    assert (Label.EXTRAMEATAL, Label.INTRAMEATAL, Label.COCHLEA) == (1, 2, 3)


def test_whole_tumor_is_every_part_of_it_and_never_the_cochlea():
    labelmap = np.array([[[0, 1, 2, 3, 4]]], np.uint8)
    mask = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labelmap)
    np.testing.assert_array_equal(mask, [[[False, True, True, False, True]]])
    assert Label.COCHLEA not in VESTIBULAR_SCHWANNOMA_LABELS.tumor_values


def test_every_label_but_background_has_its_own_name_and_color():
    entries = VESTIBULAR_SCHWANNOMA_LABELS.entries
    assert {entry.value for entry in entries} == set(Label) - {Label.BACKGROUND}
    assert len({entry.name for entry in entries}) == len(entries)
    assert len({entry.color_rgb for entry in entries}) == len(entries)

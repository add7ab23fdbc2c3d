import numpy as np

from VSSegmentationLib.labels import LABEL_STYLES, TUMOR_LABELS, Label, tumor_mask


def test_numbers_are_those_of_crossmoda_2023_and_one_of_our_own():
    assert [int(label) for label in Label] == [0, 1, 2, 3, 4]
    assert (Label.EXTRAMEATAL, Label.INTRAMEATAL, Label.COCHLEA) == (1, 2, 3)


def test_whole_tumor_is_every_part_of_it_and_never_the_cochlea():
    labelmap = np.array([[[0, 1, 2, 3, 4]]], np.uint8)
    np.testing.assert_array_equal(tumor_mask(labelmap), [[[False, True, True, False, True]]])
    assert Label.COCHLEA not in TUMOR_LABELS


def test_every_label_but_background_has_its_own_name_and_color():
    assert set(LABEL_STYLES) == set(Label) - {Label.BACKGROUND}
    assert len({style.name for style in LABEL_STYLES.values()}) == len(LABEL_STYLES)
    assert len({style.color_rgb for style in LABEL_STYLES.values()}) == len(LABEL_STYLES)

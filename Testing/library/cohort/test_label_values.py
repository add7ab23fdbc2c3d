import numpy as np
import pytest

from VSSegmentationLib.cohort.label_values import named_values, parse_label_values, relabeled
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume


def row(*values: int) -> Volume:
    return Volume(np.array(values, np.uint8)[None, None], np.diag([0.5, 0.7, 1.5, 1.0]))


def test_crossmoda_2021_holds_tumor_and_cochlea_and_2023_the_two_parts_first():
    assert relabeled(row(0, 1, 2), named_values()["crossmoda2021"]).array.tolist() == [[[0, 4, 3]]]
    assert relabeled(row(0, 1, 2, 3), named_values()["crossmoda2023"]).array.tolist() == [[[0, 1, 2, 3]]]


def test_a_mask_is_a_tumor_that_is_not_divided():
    assert relabeled(row(1, 0), parse_label_values("mask")).array.tolist() == [[[Label.UNDIVIDED_TUMOR, 0]]]


def test_parts_that_others_number_the_other_way_round_are_exchanged_by_pairs():
    assert relabeled(row(0, 1, 2), parse_label_values("1=im,2=em")).array.tolist() == [[[0, 2, 1]]]


def test_a_value_can_be_left_out_as_background():
    assert relabeled(row(1, 3), parse_label_values("1=tumor,3=background")).array.tolist() == [[[4, 0]]]


def test_a_value_without_a_meaning_is_refused_with_those_that_have_one():
    with pytest.raises(InputRefusedError, match=r"the value 2, which has no meaning here; known are 1 undivided"):
        relabeled(row(1, 2), named_values()["mask"])


@pytest.mark.parametrize("text", ["", "crossmoda", "1=tumour", "1", "1=em,1=im", "x=em", "1=em,", "-1=em"])
def test_what_is_no_map_is_refused(text):
    with pytest.raises(UsageError, match="label values are one of own, mask"):
        parse_label_values(text)

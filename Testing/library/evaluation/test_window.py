import numpy as np
import pytest

from VSSegmentationLib.evaluation.window import joint_window


def of(*points) -> np.ndarray:
    mask = np.zeros((7, 8, 9), bool)
    for point in points:
        mask[point] = True
    return mask


def test_the_box_holds_what_both_masks_hold_and_nothing_more():
    assert joint_window(of((1, 2, 3)), of((5, 0, 8))) == (slice(1, 6), slice(0, 3), slice(3, 9))


def test_one_empty_mask_leaves_the_box_of_the_other_and_two_leave_none():
    assert joint_window(of(), of((6, 7, 8))) == (slice(6, 7), slice(7, 8), slice(8, 9))
    assert joint_window(of(), of()) is None


@pytest.mark.parametrize("value", [1, 4, 255])
def test_any_label_but_0_is_held(value):
    assert joint_window(of((1, 1, 1)) * np.uint8(value), of()) == (slice(1, 2),) * 3

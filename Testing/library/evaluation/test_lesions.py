import numpy as np
import pytest

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.evaluation import LesionCounts, lesion_counts


def boxes(*corners: tuple[int, int, int], size: int = 3) -> np.ndarray:
    mask = np.zeros((30, 30, 30), bool)
    for d, h, w in corners:
        mask[d : d + size, h : h + size, w : w + size] = True
    return mask


A, B, C = (2, 2, 2), (2, 20, 20), (20, 2, 20)


def test_lesions_that_share_a_voxel_are_found_and_the_others_missed_or_invented():
    assert lesion_counts(boxes(A, C), boxes(A, B)) == LesionCounts(found=1, missed=1, invented=1)


def test_one_shared_voxel_is_enough():
    assert lesion_counts(boxes((4, 4, 4)), boxes(A)) == LesionCounts(found=1, missed=0, invented=0)
    assert lesion_counts(boxes((5, 4, 4)), boxes(A)) == LesionCounts(found=0, missed=1, invented=1)


def test_one_prediction_over_two_lesions_finds_both_and_two_in_one_lesion_find_one():
    assert lesion_counts(boxes((0, 0, 0), size=25), boxes(A, B)) == LesionCounts(found=2, missed=0, invented=0)
    assert lesion_counts(boxes(A, B), boxes((0, 0, 0), size=25)) == LesionCounts(found=1, missed=0, invented=0)


def test_boxes_that_touch_by_a_corner_are_one_lesion():
    assert lesion_counts(boxes(), boxes((2, 2, 2), (5, 5, 5))) == LesionCounts(found=0, missed=1, invented=0)
    assert lesion_counts(boxes(), boxes((2, 2, 2), (6, 6, 6))) == LesionCounts(found=0, missed=2, invented=0)


def test_nothing_in_nothing_counts_nothing():
    assert lesion_counts(boxes(), boxes()) == LesionCounts(found=0, missed=0, invented=0)
    assert lesion_counts(np.zeros((0, 0, 0), bool), np.zeros((0, 0, 0), bool)) == LesionCounts(0, 0, 0)


def test_masks_of_different_shapes_are_refused():
    with pytest.raises(GeometryError, match="one shape"):
        lesion_counts(boxes(), boxes()[1:])

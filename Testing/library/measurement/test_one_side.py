"""Tumors of two ears: how large and how far apart they are, and on which side of the middle."""

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement.one_side import middle_between_ears, of_one_ear, on_one_side
from VSSegmentationLib.volume import Volume

LABELS = VESTIBULAR_SCHWANNOMA_LABELS


def two_tumors(apart_mm: int, right_voxels: int = 30, spacing=(1.0, 1.0, 1.0)) -> Volume:
    """Columns of voxels along D, the one at R = 20 mm of 40 voxels and the one to the right of it of so many."""
    array = np.zeros((40, 5, 80), np.uint8)
    array[:, 2, 20] = Label.EXTRAMEATAL
    array[:right_voxels, 2, 20 + apart_mm] = Label.EXTRAMEATAL
    return Volume(array, axial_affine(spacing, (0.0, 0.0, 0.0)))


def test_tumors_of_a_ball_of_4_mm_and_30_mm_apart_are_of_two_ears():
    assert middle_between_ears(two_tumors(30), LABELS) == 35.0
    assert middle_between_ears(two_tumors(50), LABELS) == 45.0


@pytest.mark.parametrize(("apart_mm", "voxels"), [(29, 30), (30, 29), (50, 29), (50, 0)])
def test_nearer_or_smaller_ones_are_not(apart_mm, voxels):
    assert middle_between_ears(two_tumors(apart_mm, voxels), LABELS) is None


def test_each_ear_keeps_its_own_tumor():
    both = two_tumors(50)
    right, left = (of_one_ear(both, side, LABELS) for side in ("right", "left"))
    assert [int(np.count_nonzero(each.array)) for each in (right, left)] == [30, 40]
    assert of_one_ear(two_tumors(20), "left", LABELS) is None


@pytest.mark.parametrize(("midline_mm", "side"), [(20.0, "left"), (19.5, "right"), (20.5, "left")])
def test_a_tumor_belongs_to_the_side_on_which_its_center_lies_and_on_the_midline_to_the_left(midline_mm, side):
    one = two_tumors(0)
    assert [bool(on_one_side(one, each, LABELS, midline_mm).array.any()) for each in ("right", "left")] == [
        side == "right", side == "left",
    ]  # fmt: skip

"""The side of a tumor that was outlined: told, seen at the canals or in a whole head, or not determined."""

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, left_handed, sagittal
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Labelmap
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement.one_side import middle_between_ears, of_one_ear
from VSSegmentationLib.tumor_side import NO_ORIENTATION, NO_TUMOR, decided_side, side_of_labelmap
from VSSegmentationLib.volume import Volume


def labelmap(right_mm: float, *, width_mm: float = 60.0, middle_mm: float = 0.0, label=Label.EXTRAMEATAL) -> Volume:
    """A cube of 8 mm, its center so far to the right of the middle of a grid of 2 mm voxels."""
    columns = round(width_mm / 2) + 1
    array = np.zeros((20, 60, columns), np.uint8)
    at = columns // 2 + round(right_mm / 2)
    array[8:12, 28:32, at - 2 : at + 2] = label
    return Volume(array, axial_affine((2.0, 2.0, 2.0), (middle_mm - width_mm / 2, -60.0, -20.0)))


def head(grid: Volume, *, center_mm: float, half_width_mm: float = 70.0) -> Volume:
    """A bright ellipse with air round it, on the grid of a labelmap."""
    d, h, w = np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij")
    right = grid.dhw_to_ras[0, 3] + 2.0 * w
    inside = ((right - center_mm) / half_width_mm) ** 2 + ((2.0 * h - 60.0) / 55.0) ** 2 <= 1
    noise = np.random.default_rng(0).normal(0, 1, grid.shape)
    return grid.with_array((np.where(inside, 100.0, 0.0) + noise + 0 * d).astype(np.float32))


@pytest.mark.parametrize("right_mm", [-25.0, 25.0])
@pytest.mark.parametrize("header_mm", [-80.0, 0.0, 80.0])
def test_the_sign_of_the_header_decides_nothing_in_a_cropped_file(right_mm, header_mm):
    found = side_of_labelmap(labelmap(right_mm, middle_mm=header_mm), None)
    assert found.side is None
    assert "a field of view of 60 mm need not show both sides" in found.reason


@pytest.mark.parametrize(("right_mm", "side"), [(25.0, "right"), (-25.0, "left")])
@pytest.mark.parametrize("moved", [lambda v: v, sagittal, left_handed])
def test_a_field_of_view_as_wide_as_a_head_about_the_middle_of_the_scanner_tells_it(right_mm, side, moved):
    found = side_of_labelmap(moved(labelmap(right_mm, width_mm=180.0)), None)
    assert (found.side, found.source, found.reason) == (side, "the field of view", None)


def test_a_tumor_near_the_middle_and_two_middles_that_differ_have_no_side():
    assert "too near to the middle" in side_of_labelmap(labelmap(4.0, width_mm=180.0), None).reason
    assert side_of_labelmap(labelmap(-25.0, width_mm=180.0, middle_mm=60.0), None).side is None


@pytest.mark.parametrize(("right_mm", "side"), [(45.0, "right"), (0.0, "left"), (18.0, None)])
def test_the_middle_of_a_head_that_is_seen_wholly_counts_wherever_the_header_puts_it(right_mm, side):
    grid = labelmap(right_mm, width_mm=200.0, middle_mm=500.0)
    assert side_of_labelmap(grid, head(grid, center_mm=522.0), locate=False).side == side


def test_a_head_that_is_cut_off_has_no_middle():
    grid = labelmap(25.0, width_mm=160.0)
    found = side_of_labelmap(grid, head(grid, center_mm=40.0), locate=False)
    assert (found.side, "does not show a head from side to side" in found.reason) == (None, True)


def test_of_tumors_of_both_ears_each_tells_the_side_of_the_other():
    both = labelmap(-24.0, middle_mm=90.0)
    array = both.array.copy()
    array[6:14, 26:34, -6:] = Label.EXTRAMEATAL
    both = both.with_array(array)
    found = side_of_labelmap(both, None)
    assert (found.side, found.source) == ("right", "the tumors of both ears")
    left = of_one_ear(both, "left", VS)
    assert left.array.sum() == labelmap(-24.0).array.sum()
    volume, decided = decided_side(Labelmap(volume=both), None, stated="left")
    np.testing.assert_array_equal(volume.array, left.array)
    assert (decided.side, "only what lies on the left is measured" in decided.warnings[0]) == ("left", True)


def test_one_tumor_and_a_stray_speck_are_of_one_ear():
    array = labelmap(-24.0).array.copy()
    array[10, 10, -1] = Label.EXTRAMEATAL
    assert middle_between_ears(labelmap(-24.0).with_array(array), VS) is None
    assert of_one_ear(labelmap(-24.0).with_array(array), "right", VS) is None


def test_what_is_stated_wins_and_a_contradiction_is_told():
    found = side_of_labelmap(labelmap(25.0), None, stated="left", told="right")
    assert (found.side, found.source) == ("left", "stated by a person")
    assert found.warnings == (
        "The file of the labelmap says that the tumor is on the right; as stated, it is reported as left.",
    )
    assert side_of_labelmap(labelmap(25.0), None, stated="left", told="left").warnings == ()
    assert side_of_labelmap(labelmap(25.0), None, told="left").side == "left"


def two_tumors(*, axes_assumed: bool = False) -> Volume:
    """The larger one on the right."""
    array = labelmap(-24.0).array.copy()
    array[6:14, 26:34, -6:] = Label.EXTRAMEATAL
    return Volume(array, labelmap(0.0).dhw_to_ras, axes_assumed=axes_assumed)


def test_a_side_that_was_told_of_other_voxels_is_not_believed_against_what_is_seen():
    found = side_of_labelmap(two_tumors(), None, told="left")
    assert (found.side, found.source) == (None, None)
    assert found.reason == "the file says left, and by the tumors of both ears it is right"
    assert "is on the left, and by the tumors of both ears it is on the right. State it" in found.warnings[0]
    agreed = side_of_labelmap(two_tumors(), None, told="right")
    assert (agreed.side, agreed.source, agreed.warnings) == ("right", "the file", ())
    of_these = side_of_labelmap(two_tumors(), None, told="left", is_told_of_these_voxels=True)
    assert (of_these.side, of_these.source) == ("left", "the file")


def test_of_two_tumors_without_an_orientation_neither_is_taken_for_the_one_asked_for():
    with pytest.raises(
        UsageError, match="does not state how it lies in the patient, so nothing tells which of the two"
    ):
        decided_side(Labelmap(volume=two_tumors(axes_assumed=True)), None, stated="left")
    assert decided_side(Labelmap(volume=two_tumors()), None, stated="left")[1].side == "left"


def test_without_an_orientation_there_is_a_warning_and_no_side():
    wide = labelmap(25.0, width_mm=180.0)
    assumed = Volume(wide.array, wide.dhw_to_ras, axes_assumed=True)
    found = side_of_labelmap(assumed, None)
    assert (found.side, found.reason) == (None, NO_ORIENTATION)
    assert "the side of the tumor is not determined" in found.warnings[0]
    assert side_of_labelmap(assumed, None, stated="right").warnings == found.warnings


def test_without_a_tumor_there_is_no_side_and_an_organ_is_no_tumor():
    assert side_of_labelmap(labelmap(25.0, label=0), None).reason == NO_TUMOR
    assert side_of_labelmap(labelmap(25.0, width_mm=180.0, label=Label.COCHLEA), None).reason == NO_TUMOR

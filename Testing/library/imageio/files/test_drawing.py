"""A labelmap tells which model gave it, and whether it still is what that gave, through every format."""

from dataclasses import replace

import numpy as np
import pytest

from Testing.support.phantoms import ice_cream, oblique, sagittal
from VSSegmentationLib.imageio import load_labelmap, write_segmentation
from VSSegmentationLib.imageio.files.drawing import Drawing, labels_sha256
from VSSegmentationLib.volume import Volume, crop

GIVEN = ice_cream((1.5, 0.4, 0.4))
DRAWING = Drawing(
    model="toy", version="3", model_sha256="a" * 64, divider_sha256="b" * 64, labels_sha256=labels_sha256(GIVEN)
)
NAMES = ["labels.seg.nrrd", "labels.nii.gz", "labels.nrrd", "labels.mha"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("turned", [lambda v: v, sagittal, oblique], ids=["axial", "sagittal", "oblique"])
def test_what_nobody_changed_is_known_as_the_answer_of_its_model(tmp_path, name, turned):
    labelmap = turned(GIVEN)
    drawing = replace(DRAWING, labels_sha256=labels_sha256(labelmap))
    write_segmentation(tmp_path / name, labelmap, drawing=drawing)
    read = load_labelmap(tmp_path / name)
    assert (read.drawing, read.is_untouched) == (drawing, True)


@pytest.mark.parametrize("name", NAMES)
def test_one_voxel_more_makes_it_an_edited_one(tmp_path, name):
    edited = GIVEN.array.copy()
    edited[tuple(np.argwhere(edited == 1)[0])] = 2
    write_segmentation(tmp_path / name, GIVEN.with_array(edited), drawing=DRAWING)
    read = load_labelmap(tmp_path / name)
    assert (read.drawing.model, read.is_untouched) == ("toy", False)


def test_a_crop_of_it_is_the_same_answer_and_other_voxel_sizes_are_none():
    inside = np.argwhere(GIVEN.array)
    cut = crop(GIVEN, tuple(inside.min(axis=0).tolist()), tuple((inside.max(axis=0) + 1).tolist()))
    assert DRAWING.is_untouched(cut)
    assert not DRAWING.is_untouched(Volume(GIVEN.array, GIVEN.dhw_to_ras @ np.diag([1, 1.01, 1, 1])))


def test_without_a_model_nothing_is_told(tmp_path):
    write_segmentation(tmp_path / "labels.nii.gz", GIVEN)
    read = load_labelmap(tmp_path / "labels.nii.gz")
    assert (read.drawing, read.is_untouched) == (None, False)


def test_an_empty_labelmap_has_a_hash_of_its_own():
    empty = GIVEN.with_array(np.zeros_like(GIVEN.array))
    assert labels_sha256(empty) != DRAWING.labels_sha256

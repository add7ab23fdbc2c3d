"""What `info` tells of a labelmap, and by what it knows that a file is one."""

import re

import numpy as np
import pytest
import SimpleITK as sitk

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import load_labelmap, write_segmentation
from VSSegmentationLib.imageio.files.labelmaps import _are_labels, label_set_named, labels_told, load_labelmap_file
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.volume import Volume


def written(tmp_path, values, dtype=np.int16):
    array = np.resize(np.array(values, dtype), (4, 5, 30))
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.0, 2.0, 3.0))
    sitk.WriteImage(image, str(tmp_path / "a.nii.gz"))
    return tmp_path / "a.nii.gz"


def test_whole_numbers_of_twenty_kinds_are_labels_and_all_are_told(tmp_path):
    told = labels_told(written(tmp_path, range(20)))
    assert told is not None
    assert (told.file_format, told.shape_dhw, told.spacing_dhw_mm) == ("NIfTI", (4, 5, 30), (3.0, 2.0, 1.0))
    assert told.labels == tuple((value, 30, "") for value in range(1, 20))


@pytest.mark.parametrize(
    ("values", "dtype", "is_labelmap"),
    [
        (range(20), np.int16, True),
        (range(21), np.int16, False),
        ((0, 255), np.int16, True),
        ((0, 256), np.int16, False),
        ((0, -1), np.int16, False),
        ((0.0, 1.0), np.float32, True),
        ((0.0, 1.5), np.float32, False),
        ((0.0, np.nan), np.float32, False),
    ],
)
def test_other_values_are_an_images(tmp_path, values, dtype, is_labelmap):
    assert (labels_told(written(tmp_path, values, dtype)) is not None) == is_labelmap


@pytest.mark.parametrize("values", [(0.0, 1.5), (0.0, np.nan), (0.0, np.inf)])
def test_a_labelmap_has_whole_numbers(tmp_path, values):
    with pytest.raises(InputRefusedError, match="must hold whole numbers"):
        load_labelmap(written(tmp_path, values, np.float32))


@pytest.mark.parametrize(
    ("values", "are_labels"),
    [
        (np.arange(20), True),
        (np.arange(21), False),
        (np.array([0, 255]), True),
        (np.array([0, 256]), False),
        (np.array([-1, 1]), False),
        (np.array([0.0, 3.0]), True),
        (np.array([0.0, 0.5]), False),
        (np.array([0.0, np.inf]), False),
    ],
)
def test_whole_numbers_of_twenty_kinds_up_to_255_are_labels(values, are_labels):
    assert bool(_are_labels(values)) == are_labels


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha", ".seg.nrrd"])
def test_the_label_set_is_told_by_the_header_of_any_format(tmp_path, suffix):
    labelmap = Volume(np.full((2, 3, 4), Label.EXTRAMEATAL, np.uint8), np.diag([3.0, 2.0, 1.0, 1.0])[:, [2, 1, 0, 3]])
    write_segmentation(tmp_path / f"a{suffix}", labelmap)
    assert label_set_named(tmp_path / f"a{suffix}") == VESTIBULAR_SCHWANNOMA_LABELS.name


def test_a_file_that_is_no_image_tells_no_label_set(tmp_path):
    (tmp_path / "a.txt").write_text("no image")
    assert label_set_named(tmp_path / "a.txt") is None


def many_kinds(tmp_path, *, layers: int = 1, segments: int = 0, label_set: str = ""):
    """More kinds of values than a labelmap without a header has, on layers of 2 x 3 x 10 voxels."""
    kinds = f"kinds: {'list ' if layers > 1 else ''}domain domain domain"
    rows = [
        "NRRD0004", "type: uint8", f"dimension: {3 + (layers > 1)}", "encoding: raw", "space: LPS", kinds,
        f"sizes: {f'{layers} ' if layers > 1 else ''}10 3 2",
        f"space directions: {'none ' if layers > 1 else ''}(1,0,0) (0,1,0) (0,0,1)",
    ]  # fmt: skip
    for number in range(segments):
        rows += [
            f"Segment{number}_ID:=S{number}", f"Segment{number}_Name:=part {number}",
            f"Segment{number}_LabelValue:={number + 1}", f"Segment{number}_Layer:={number if layers > 1 else 0}",
        ]  # fmt: skip
    rows += [f"VSSegmentation_LabelSet:={label_set}"] if label_set else []
    path = tmp_path / "a.seg.nrrd"
    voxels = np.stack([np.arange(60) % 22 + (number if layers > 1 else 0) for number in range(layers)], -1)
    path.write_bytes("\n".join([*rows, "", ""]).encode() + voxels.astype(np.uint8).tobytes())
    return path


def test_many_kinds_of_values_are_labels_where_the_header_says_so(tmp_path):
    assert labels_told(many_kinds(tmp_path)) is None
    assert labels_told(many_kinds(tmp_path, segments=1)) is not None
    assert labels_told(many_kinds(tmp_path, label_set="anything")) is not None


def test_segments_are_named_by_value_and_layer(tmp_path):
    told = labels_told(many_kinds(tmp_path, segments=2))
    assert told is not None
    assert told.labels[:3] == ((1, 3, "part 0"), (2, 3, "part 1"), (3, 3, ""))
    assert len(told.labels) == 20
    told = labels_told(many_kinds(tmp_path, layers=2, segments=2))
    assert told is not None
    assert [(value, name) for value, _voxels, name in told.labels if name] == [(1, "part 0"), (2, "part 1")]


@pytest.mark.parametrize(("length", "told"), [(60, "x" * 60), (61, "x" * 57 + "...")])
def test_a_foreign_label_set_is_told_in_60_signs_at_most(tmp_path, length, told):
    path = many_kinds(tmp_path, label_set="x" * length)
    with pytest.raises(InputRefusedError, match=rf"holds the labels of {re.escape(told)}, and those of"):
        load_labelmap_file(path, VESTIBULAR_SCHWANNOMA_LABELS)

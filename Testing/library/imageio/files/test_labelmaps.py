"""What `info` tells of a labelmap, and by what it knows that a file is one."""

import numpy as np
import pytest
import SimpleITK as sitk

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import load_labelmap
from VSSegmentationLib.imageio.files.labelmaps import _are_labels, labels_told


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

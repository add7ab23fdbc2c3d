"""Slopes and intercepts: when stored values are read a second time, and when a frame is scaled anew."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from VSSegmentationLib.imageio.dicom.voxels import _first_stored, _rescaled

CLASSIC, ENHANCED = "MR Image Storage", "Enhanced MR Image Storage"


@pytest.mark.parametrize(
    ("sop_class", "slope", "compressed"), [(CLASSIC, 2.0, False), (ENHANCED, 1.0, False), (ENHANCED, 2.0, True)]
)
def test_a_classic_image_a_slope_of_one_and_packed_values_are_not_read_again(
    sop_class: str, slope: float, compressed: bool
):
    header = SimpleNamespace(sop_class=sop_class, file_slope=slope, file_intercept=0.0, compressed=compressed)
    assert _first_stored(header, Path("nowhere.dcm")) is None


def test_another_object_with_a_slope_is_read_again():
    header = SimpleNamespace(sop_class=ENHANCED, file_slope=2.0, file_intercept=0.0, compressed=False)
    with pytest.raises(RuntimeError) as stopped:
        _first_stored(header, Path("nowhere.dcm"))
    assert isinstance(stopped.value.__cause__, FileNotFoundError)


@pytest.mark.parametrize(("own", "of_the_file"), [((2.0, 5.0), (2.0, 5.0)), ((2.0, 5.0), (0.0, 0.0))])
def test_a_frame_stays_as_it_is_where_its_slope_is_that_of_the_file_or_the_file_has_none(own, of_the_file):
    frame = np.array([[7, 9]], np.int16)
    header = SimpleNamespace(slope=own[0], intercept=own[1], file_slope=of_the_file[0], file_intercept=of_the_file[1])
    assert _rescaled(frame, header) is frame


def test_a_frame_with_a_slope_of_its_own_has_that_instead_of_the_files():
    header = SimpleNamespace(slope=3.0, intercept=1.0, file_slope=2.0, file_intercept=5.0)
    assert _rescaled(np.array([[7.0, 9.0]]), header).tolist() == [[4.0, 7.0]]  # stored 1 and 2

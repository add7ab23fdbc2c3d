"""Slopes and intercepts: when stored values are read a second time, and when a frame is scaled anew."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from Testing.support.dicom_files import SeriesSpec, voxels, write_enhanced
from VSSegmentationLib.imageio.dicom.headers import read_headers
from VSSegmentationLib.imageio.dicom.stack import lay_out
from VSSegmentationLib.imageio.dicom.voxels import _first_stored, _frames, _rescaled, read_voxels

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


def test_frames_that_state_other_slopes_than_the_first_have_their_own(tmp_path):
    slopes = ((2.0, 5.0), (3.0, 6.0), (0.5, -7.0))
    write_enhanced(tmp_path / "a.dcm", voxels((3, 6, 4)), SeriesSpec(slopes=slopes))
    read = read_voxels(lay_out(read_headers(tmp_path / "a.dcm")))
    factors = np.array(slopes)[:, :, None, None]
    np.testing.assert_allclose(read, voxels((3, 6, 4)) * factors[:, 0] + factors[:, 1])


def test_an_object_of_one_frame_is_read_as_a_whole(tmp_path):
    write_enhanced(tmp_path / "a.dcm", voxels((1, 6, 4)), SeriesSpec(slopes=((2.0, 5.0),)))
    (header,) = read_headers(tmp_path / "a.dcm")
    np.testing.assert_array_equal(_first_stored(header, tmp_path / "a.dcm"), voxels((1, 6, 4))[0])
    np.testing.assert_allclose(_frames(header, "Slice 1 of 1"), voxels((1, 6, 4)) * 2.0 + 5.0)

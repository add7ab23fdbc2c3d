"""A scan read from DICOM remembers its slices in the order of its voxels, however the files are named."""

import numpy as np
import pydicom
import pytest

from Testing.support.dicom_files import OBLIQUE, SeriesSpec, voxels, write_enhanced, write_series
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio import read_scan, write_image


@pytest.mark.parametrize("backward", [False, True])
def test_slices_are_in_the_order_of_the_first_axis(tmp_path, backward):
    places = tuple(3.0 * i for i in range(12))
    spec = SeriesSpec(
        orientation=OBLIQUE, positions_mm=places[::-1] if backward else places, tags={"FrameOfReferenceUID": "1.2.3"}
    )
    write_series(tmp_path, voxels(), spec)
    source = read_scan(tmp_path).dicom_source
    for index, (path, frame) in enumerate(source.slices):
        stored = np.array(pydicom.dcmread(path).ImagePositionPatient, dtype=float) * (-1, -1, 1)
        np.testing.assert_allclose(geometry.transform_points(source.dhw_to_ras, np.array([index, 0, 0])), stored)
        assert frame == 0
    assert (source.shape, source.frame_of_reference_uid, source.resampled) == ((12, 20, 16), "1.2.3", False)


def test_frames_of_an_enhanced_object_are_found_in_their_order(tmp_path):
    order = [3, 0, 1, 2, 5, 4, 6, 7, 8, 9, 11, 10]
    write_enhanced(tmp_path / "enhanced.dcm", voxels(), SeriesSpec(), order=order)
    source = read_scan(tmp_path).dicom_source
    assert [order[each.frame] for each in source.slices] == list(range(12))


def test_slices_that_disagree_about_their_frame_of_reference_have_none(tmp_path):
    for path in write_series(tmp_path, voxels(), SeriesSpec(tags={"FrameOfReferenceUID": "1.2.3"}))[:1]:
        dataset = pydicom.dcmread(path)
        dataset.FrameOfReferenceUID = "1.2.4"
        dataset.save_as(path)
    assert not read_scan(tmp_path).dicom_source.frame_of_reference_uid


def test_a_scan_with_a_gap_that_was_resampled_says_so(tmp_path):
    write_series(tmp_path, voxels((14, 20, 16)), skip=(5,))
    assert read_scan(tmp_path, accept_resampling=True).dicom_source.resampled


def test_a_scan_of_another_format_has_no_series(tmp_path):
    write_series(tmp_path / "dicom", voxels())
    write_image(tmp_path / "scan.nii.gz", read_scan(tmp_path / "dicom").volume)
    assert read_scan(tmp_path / "scan.nii.gz").dicom_source is None

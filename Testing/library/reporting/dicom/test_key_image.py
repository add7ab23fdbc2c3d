"""The key image as an image object of its own, for archives without segmentations."""

import numpy as np
import pydicom
import pytest

from Testing.support.dicom_results import content_of, divided_tumor, left_spec, write_scan
from Testing.support.dicom_tools import needs_validator, validator_errors
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.reporting import write_dicom_key_image
from VSSegmentationLib.reporting.pictures.key_picture import key_picture
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity


@needs_validator
@pytest.mark.parametrize("identified", [True, False])
def test_it_shows_the_picture_in_the_study_and_is_not_taken_for_a_scan(tmp_path, identified):
    scan = write_scan(tmp_path / "dicom", left_spec(patient="PLANTED^MARKER"))
    content = content_of(scan, divided_tumor(scan), DicomIdentity(with_identifiers=identified))
    write_dicom_key_image(tmp_path / "key.dcm", content)
    assert validator_errors(tmp_path / "key.dcm") == []
    made = pydicom.dcmread(tmp_path / "key.dcm")
    np.testing.assert_array_equal(made.pixel_array, key_picture(content).rgb)
    assert (made.Modality, made.Manufacturer) == ("OT", "vs-segmentation")
    assert (str(made.PatientName) == "PLANTED^MARKER") is identified
    assert made.SeriesDescription.endswith("DRAFT, research use only")


def test_without_a_tumor_there_is_none(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    empty = scan.volume.with_array(np.zeros(scan.volume.shape, np.uint8))
    with pytest.raises(EmptyMaskError, match="holds none"):
        write_dicom_key_image(tmp_path / "key.dcm", content_of(scan, empty, DicomIdentity()))
    assert not (tmp_path / "key.dcm").exists()

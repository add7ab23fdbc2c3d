from Testing.support.dicom_files import SeriesSpec, voxels, write_series
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.imageio.dicom.identifiers import read_identifiers


def test_patient_and_study_are_read_from_the_series_of_the_scan(tmp_path):
    spec = SeriesSpec(patient="Doe^Jane^^Dr", patient_id="77", tags={"InstitutionName": "Somewhere\r\nelse"})
    write_series(tmp_path, voxels(), spec)
    told = read_identifiers(read_scan(tmp_path).dicom_source)
    assert (told.patient_name, told.patient_id, told.institution) == ("Doe Jane Dr", "77", "Somewhere else")
    assert told.series_uid == spec.series_uid


def test_what_the_headers_do_not_tell_is_empty(tmp_path):
    write_series(tmp_path, voxels())
    told = read_identifiers(read_scan(tmp_path).dicom_source)
    assert (told.institution, told.study_date) == ("", "")

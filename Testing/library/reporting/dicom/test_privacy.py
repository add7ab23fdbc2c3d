"""Who the patient is: nowhere in what is written by default, and all of it on the explicit switch."""

import re

import pydicom
import pytest
from pydicom.uid import generate_uid

from Testing.support.dicom_files import SeriesSpec
from Testing.support.dicom_results import divided_tumor, left_spec, result_of, write_scan
from Testing.support.dicom_tools import needs_validator, validator_errors
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity

STUDY, FRAME, SERIES = generate_uid(), generate_uid(), generate_uid()
PLANTED = re.compile(b"planted|marker|19010|" + b"|".join(re.escape(u.encode()) for u in (STUDY, FRAME, SERIES)), re.I)


def planted_spec(**more) -> SeriesSpec:
    tags = {
        "StudyInstanceUID": STUDY, "FrameOfReferenceUID": FRAME, "StudyDate": "19010304", "StudyTime": "190105",
        "SeriesDate": "19010304", "ContentDate": "19010304", "AcquisitionDate": "19010304",
        "StudyID": "PLANTED", "AccessionNumber": "PLANTED-1901", "StudyDescription": "PLANTED study",
        "ReferringPhysicianName": "PLANTED^DOCTOR", "InstitutionName": "PLANTED HOSPITAL", "OperatorsName": "MARKER",
        "PatientAge": "045Y", "PatientSex": "F", "OtherPatientIDs": "MARKER-2", "PatientComments": "PLANTED",
        "PatientAddress": "PLANTED", "IssuerOfPatientID": "MARKER", "ProtocolName": "MARKER", "StationName": "PLANTED",
        "ImageComments": "MARKER", "PositionReferenceIndicator": "PLANTED", "DeviceSerialNumber": "MARKER",
    } | more  # fmt: skip
    return left_spec(
        patient="PLANTED^MARKER", patient_id="PLANTED-ID-77", description="t2_ciss", series_uid=SERIES, tags=tags
    )


def test_nothing_of_the_patient_is_in_the_objects(tmp_path):
    scan = write_scan(tmp_path / "PLANTED_MARKER", planted_spec())
    instances = [pydicom.dcmread(path).SOPInstanceUID for path in (tmp_path / "PLANTED_MARKER").iterdir()]
    for path in result_of(scan, divided_tumor(scan), reviewed=True).write(tmp_path / "out"):
        content = path.read_bytes()
        in_words = re.sub(rb"2\.25\.\d+", b"", content)  # the digits of a hash may spell anything
        assert not PLANTED.search(in_words), PLANTED.findall(in_words)
        assert not any(uid.encode() in content for uid in instances)
        assert b"Anna" not in content
        dataset = pydicom.dcmread(path)
        assert dataset.PatientIdentityRemoved == "YES"
        assert dataset.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        assert dataset.LongitudinalTemporalInformationModified == "REMOVED"
        assert (dataset.PatientSex, dataset.PatientBirthDate, dataset.StudyDate) == ("", "", "")
        assert dataset.ContentDate == "19000101"
        assert "InstanceCreationDate" not in dataset


def test_with_identifiers_the_objects_join_the_study(tmp_path):
    scan = write_scan(tmp_path / "dicom", planted_spec())
    seg, sr = result_of(scan, divided_tumor(scan), DicomIdentity(with_identifiers=True)).write(tmp_path / "out")
    for dataset in map(pydicom.dcmread, (seg, sr)):
        assert dataset.StudyInstanceUID == STUDY
        assert str(dataset.PatientName) == "PLANTED^MARKER"
        assert (dataset.PatientID, dataset.PatientBirthDate, dataset.PatientSex) == ("PLANTED-ID-77", "19700102", "F")
        assert (dataset.StudyDate, dataset.AccessionNumber) == ("19010304", "PLANTED-1901")
        assert dataset.SeriesInstanceUID != SERIES
        assert "PatientIdentityRemoved" not in dataset
        assert b"HOSPITAL" not in seg.read_bytes()  # the institution is nobody's patient data, and not needed
    assert pydicom.dcmread(seg).FrameOfReferenceUID == FRAME
    assert pydicom.dcmread(seg).ReferencedSeriesSequence[0].SeriesInstanceUID == SERIES


@needs_validator
def test_invalid_values_of_the_source_are_not_passed_on(tmp_path):
    with pydicom.config.disable_value_validation():
        scan = write_scan(tmp_path / "dicom", planted_spec(PatientSex="female", StudyDate="March 4", StudyTime="noon"))
    for path in result_of(scan, divided_tumor(scan), DicomIdentity(with_identifiers=True)).write(tmp_path / "out"):
        assert validator_errors(path) == []
        assert pydicom.dcmread(path).PatientSex == ""


def test_the_two_objects_refer_to_one_another_and_to_the_same_hidden_series(tmp_path):
    scan = write_scan(tmp_path / "dicom", planted_spec())
    seg, sr = map(pydicom.dcmread, result_of(scan, divided_tumor(scan)).write(tmp_path / "out"))
    assert seg.StudyInstanceUID == sr.StudyInstanceUID != STUDY
    assert seg.PatientID == sr.PatientID
    (evidence,) = sr.CurrentRequestedProcedureEvidenceSequence
    known = {i.ReferencedSOPInstanceUID for s in evidence.ReferencedSeriesSequence for i in s.ReferencedSOPSequence}
    assert seg.SOPInstanceUID in known
    assert {i.ReferencedSOPInstanceUID for i in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence} <= known


def tracking(path):
    return [segment.TrackingUID for segment in pydicom.dcmread(path).SegmentSequence]


def test_one_salt_links_the_examinations_of_a_patient_and_another_does_not(tmp_path):
    first = write_scan(tmp_path / "first", planted_spec())
    second = write_scan(tmp_path / "second", planted_spec(StudyInstanceUID=generate_uid(), StudyDate="19020304"))
    written = []
    for number, (scan, salt) in enumerate([(first, "a secret"), (second, "a secret"), (second, "another")]):
        result = result_of(scan, divided_tumor(scan), DicomIdentity(salt=salt))
        written.append(result.write(tmp_path / f"out_{number}")[0])
    patients = [pydicom.dcmread(path).PatientID for path in written]
    studies = [pydicom.dcmread(path).StudyInstanceUID for path in written]
    assert patients[0] == patients[1] != patients[2]
    assert len(set(studies)) == 3
    assert tracking(written[0]) == tracking(written[1]) != tracking(written[2])


def test_by_default_nothing_links_two_exports(tmp_path):
    scan = write_scan(tmp_path / "dicom", planted_spec())
    one, other = (result_of(scan, divided_tumor(scan)).write(tmp_path / name)[0] for name in ("one", "other"))
    uids = [set(re.findall(rb"2\.25\.\d+", path.read_bytes())) for path in (one, other)]
    assert not uids[0] & uids[1]


def test_a_pseudonym_takes_the_place_of_name_and_id(tmp_path):
    scan = write_scan(tmp_path / "dicom", planted_spec())
    seg, _ = result_of(scan, divided_tumor(scan), DicomIdentity(pseudonym="Case 12")).write(tmp_path / "out")
    dataset = pydicom.dcmread(seg)
    assert (dataset.PatientID, str(dataset.PatientName)) == ("Case 12", "Case 12")


@pytest.mark.parametrize("pseudonym", ["x" * 65, "A^B", "A\\B", "A\nB"])
def test_a_pseudonym_that_dicom_could_not_hold_is_refused(pseudonym):
    with pytest.raises(UsageError, match="a pseudonym may have up to 64 letters"):
        DicomIdentity(pseudonym=pseudonym).check_pseudonym()


def test_an_empty_salt_would_hide_nothing_and_is_refused():
    with pytest.raises(UsageError, match="a salt must not be empty"):
        DicomIdentity(salt="")


def test_log_and_warnings_stay_silent(tmp_path, caplog, recwarn):
    with pydicom.config.disable_value_validation():
        spec = planted_spec(ReferringPhysicianName="PLANTED=\\", PatientSex="MARKER")
        spec.patient = "PLANTED MARKER"
        scan = write_scan(tmp_path / "dicom", spec)
    recwarn.clear()
    with caplog.at_level("DEBUG"):
        result_of(scan, divided_tumor(scan), DicomIdentity(with_identifiers=True)).write(tmp_path / "out")
    assert not re.search("planted|marker", caplog.text, re.IGNORECASE)
    assert not [w for w in recwarn if "planted" in str(w.message).lower()]

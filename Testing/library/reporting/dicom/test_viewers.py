"""What viewers and archives go by: objects join patient and study, and name every image they were made from."""

import highdicom as hd
import numpy as np
import pydicom
import pytest

from Testing.library.reporting.dicom.test_privacy import planted_spec
from Testing.support.dicom_files import write_enhanced
from Testing.support.dicom_results import MODEL, SHAPE, divided_tumor, left_spec, result_of, write_scan
from Testing.support.dicom_tools import needs_validator, validator_errors
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity

OF_THE_SOURCE = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID",
    "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyDescription",
)  # fmt: skip
"""Where one of them differs, an archive makes a second patient or study."""
OWN = ("SeriesInstanceUID", "SOPInstanceUID", "SeriesNumber", "SeriesDescription", "Manufacturer", "SoftwareVersions")
IDENTIFIED = DicomIdentity(with_identifiers=True)


def sources_in(folder):
    return {header.SOPInstanceUID: header for header in map(pydicom.dcmread, folder.iterdir())}


def referenced_in(dataset):
    """Every instance that is named anywhere below a data set."""
    return {str(element.value) for element in dataset.iterall() if element.keyword == "ReferencedSOPInstanceUID"}


@pytest.fixture
def written(tmp_path):
    scan = write_scan(tmp_path / "dicom", planted_spec())
    paths = result_of(scan, divided_tumor(scan), IDENTIFIED, provenance=MODEL).write(tmp_path / "out")
    return sources_in(tmp_path / "dicom"), *paths


def test_patient_and_study_are_those_of_the_source_and_the_series_is_another_one(written):
    sources, *paths = written
    source = next(iter(sources.values()))
    for dataset in map(pydicom.dcmread, paths):
        assert {name: dataset.get(name) for name in OF_THE_SOURCE} == {n: source[n].value for n in OF_THE_SOURCE}
        assert not [name for name in OWN if dataset.get(name) in (None, "", source.get(name))]
    assert pydicom.dcmread(paths[0]).FrameOfReferenceUID == source.FrameOfReferenceUID


def test_what_the_source_leaves_empty_stays_empty(tmp_path):
    scan = write_scan(tmp_path / "dicom", planted_spec(AccessionNumber="", StudyID=""))
    for path in result_of(scan, divided_tumor(scan), IDENTIFIED).write(tmp_path / "out"):
        dataset = pydicom.dcmread(path)
        assert (dataset.AccessionNumber, dataset.StudyID) == ("", "")


def test_the_segmentation_names_its_series_and_a_source_for_every_frame(written):
    sources, seg, _ = written
    dataset = hd.seg.segread(seg)
    (series,) = dataset.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == next(iter(sources.values())).SeriesInstanceUID
    assert {each.ReferencedSOPInstanceUID for each in series.ReferencedInstanceSequence} == sources.keys()
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        (image,) = frame.DerivationImageSequence[0].SourceImageSequence
        source = sources[image.ReferencedSOPInstanceUID]
        assert image.ReferencedSOPClassUID == source.SOPClassUID
        assert list(frame.PlanePositionSequence[0].ImagePositionPatient) == list(source.ImagePositionPatient)


def test_a_segmentation_of_an_enhanced_object_names_it_and_the_frames(tmp_path):
    (tmp_path / "dicom").mkdir()
    voxels = np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.int16)
    write_enhanced(tmp_path / "dicom" / "enhanced.dcm", voxels, left_spec(), order=list(range(SHAPE[0])))
    scan = read_scan(tmp_path / "dicom")
    seg, _ = result_of(scan, divided_tumor(scan), IDENTIFIED).write(tmp_path / "out")
    source = pydicom.dcmread(tmp_path / "dicom" / "enhanced.dcm")
    dataset = pydicom.dcmread(seg)
    assert referenced_in(dataset) == {source.SOPInstanceUID}
    assert dataset.ReferencedSeriesSequence[0].SeriesInstanceUID == source.SeriesInstanceUID


def test_the_report_lists_as_evidence_every_instance_that_it_refers_to(written):
    sources, seg, sr = written
    document = hd.sr.srread(sr)
    (study,) = document.CurrentRequestedProcedureEvidenceSequence
    assert study.StudyInstanceUID == next(iter(sources.values())).StudyInstanceUID
    listed = {
        each.ReferencedSOPInstanceUID
        for series in study.ReferencedSeriesSequence
        for each in series.ReferencedSOPSequence
    }
    assert listed == {*sources, pydicom.dcmread(seg).SOPInstanceUID}
    content = pydicom.dcmread(sr)
    used = set().union(*(referenced_in(item) for item in content.ContentSequence))
    assert used  # the images of lines, and the segmentation of volumes
    assert used <= listed
    assert "PertinentOtherEvidenceSequence" not in document  # nothing lies in another study


@needs_validator
def test_the_validator_finds_no_error_in_objects_that_join_a_study(written):
    for path in written[1:]:
        assert validator_errors(path) == []

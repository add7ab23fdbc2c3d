"""What objects are called: the same each time they are made from the same, and otherwise never the same."""

import pydicom
import pytest

from Testing.support.dicom_results import content_of, divided_tumor, left_spec, write_scan
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import DICOM_FORMATS, FILE_NAMES
from VSSegmentationLib.outputs import write_outputs
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity, Edition

FORMATS = [each for each in DICOM_FORMATS if each.value != "dicom-pdf"]


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    return write_scan(tmp_path_factory.mktemp("scan") / "dicom", left_spec(patient="PLANTED^MARKER"))


def written(scan, folder, edition, *, identified=True):
    identity = DicomIdentity(with_identifiers=identified, salt="secret")
    write_outputs(content_of(scan, divided_tumor(scan), identity, edition), folder, formats=FORMATS)
    return {each.value: pydicom.dcmread(folder / FILE_NAMES[each]) for each in FORMATS}


def names(objects):
    return {name: (each.SeriesInstanceUID, each.SOPInstanceUID) for name, each in objects.items()}


@pytest.mark.parametrize("identified", [True, False])
def test_the_same_edition_has_the_same_uids_and_each_object_its_own(scan, tmp_path, identified):
    once, twice = (
        written(scan, tmp_path / name, Edition(options="a"), identified=identified) for name in ("once", "twice")
    )
    assert names(once) == names(twice)
    uids = [uid for pair in names(once).values() for uid in pair]
    assert len(set(uids)) == 2 * len(FORMATS)
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)
    referenced = once["dicom-sr"].CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    evidence = {item.ReferencedSOPInstanceUID for series in referenced for item in series.ReferencedSOPSequence}
    assert once["dicom-seg"].SOPInstanceUID in evidence


def test_without_an_edition_they_are_new_each_time(scan, tmp_path):
    once, twice = (names(written(scan, tmp_path / name, None)) for name in ("once", "twice"))
    assert not {uid for pair in once.values() for uid in pair} & {uid for pair in twice.values() for uid in pair}


def test_other_options_make_other_series(scan, tmp_path):
    a, b = (names(written(scan, tmp_path / name, Edition(options=name))) for name in ("a", "b"))
    assert not {pair[0] for pair in a.values()} & {pair[0] for pair in b.values()}


def test_the_next_edition_is_another_object_of_the_same_series_and_says_what_it_replaces(scan, tmp_path):
    first, second = (written(scan, tmp_path / str(n), Edition(options="a", number=n)) for n in (1, 2))
    for name, later in second.items():
        assert later.SeriesInstanceUID == first[name].SeriesInstanceUID
        assert later.SOPInstanceUID != first[name].SOPInstanceUID
        assert (first[name].InstanceNumber, later.InstanceNumber) == (1, 2)
    assert second["dicom-seg"].ContentDescription == "DRAFT; for research use only; replaces number 1"
    for name in ("dicom-sr", "dicom-sr-2d"):
        assert "PredecessorDocumentsSequence" not in first[name]
        (study,) = second[name].PredecessorDocumentsSequence
        ((item,),) = [series.ReferencedSOPSequence for series in study.ReferencedSeriesSequence]
        assert item.ReferencedSOPInstanceUID == first[name].SOPInstanceUID


def test_editions_are_counted_from_1():
    with pytest.raises(UsageError, match="counted from 1, got 0"):
        Edition(options="", number=0)

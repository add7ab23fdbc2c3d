"""The report as a document that an archive files in the patient's study."""

import io

import pydicom
import pytest

from Testing.support.dicom_results import content_of, divided_tumor, left_spec, write_scan
from Testing.support.dicom_tools import needs_validator, validator_errors
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.reporting import write_dicom_pdf
from VSSegmentationLib.reporting.page.pdf import check_weasyprint
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity


def _why_not() -> str:
    try:
        check_weasyprint()
    except UsageError as missing:
        return str(missing)
    return ""


pytestmark = pytest.mark.skipif(_why_not() != "", reason=_why_not() or "it is here")


@needs_validator
@pytest.mark.parametrize("identified", [True, False])
def test_it_holds_the_printed_report_and_has_no_error(tmp_path, identified):
    pypdf = pytest.importorskip("pypdf")
    scan = write_scan(tmp_path / "dicom", left_spec(patient="PLANTED^MARKER", patient_id="PLANTED-7"))
    identity = DicomIdentity(with_identifiers=identified)
    write_dicom_pdf(tmp_path / "report.dcm", content_of(scan, divided_tumor(scan), identity))
    assert validator_errors(tmp_path / "report.dcm") == []
    made = pydicom.dcmread(tmp_path / "report.dcm")
    assert made.MIMETypeOfEncapsulatedDocument == "application/pdf"
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made.EncapsulatedDocument)).pages)
    assert "DRAFT" in text
    source = pydicom.dcmread(next((tmp_path / "dicom").iterdir()))
    assert (made.PatientID == "PLANTED-7") is identified
    assert (made.StudyInstanceUID == source.StudyInstanceUID) is identified
    assert len(made.SourceInstanceSequence) == scan.volume.shape[0]
    assert ("PLANTED" in (tmp_path / "report.dcm").read_bytes().decode("latin-1")) is identified

"""The report as a PDF inside a DICOM object (PS3.3, A.45.1), for archives that show documents."""

import tempfile
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import EncapsulatedPDFStorage

from VSSegmentationLib.label_set import Code
from VSSegmentationLib.reporting.dicom.common import coded, finish, quiet
from VSSegmentationLib.reporting.dicom.made_by_hand import new_object
from VSSegmentationLib.reporting.dicom.object_uids import object_uids
from VSSegmentationLib.reporting.dicom.stand_ins import StandIns
from VSSegmentationLib.reporting.page.pdf import write_report_pdf
from VSSegmentationLib.reporting.report.building import make_report
from VSSegmentationLib.reporting.report.content import ReportContent
from VSSegmentationLib.reporting.report.dicom_link import DicomLink

_TITLE = codes.DCM.ImagingMeasurementReport
_SERIES_STEP = 3
"""Of the series number, after those of the segmentation and the two structured reports."""


def write_encapsulated_pdf(path: Path, content: ReportContent, link: DicomLink) -> None:
    """Print the report with WeasyPrint, and write it as a document of the patient's study.

    Raises:
        UsageError: If WeasyPrint cannot be used here.
        VSSegmentationError: If no object can be written for this series.
    """
    with tempfile.TemporaryDirectory(prefix="vs_pdf_") as folder:
        printed = Path(folder) / "report.pdf"
        write_report_pdf(printed, content)
        document = printed.read_bytes()
    with quiet():
        _object(document, content, link).save_as(path, enforce_file_format=True)


def _object(document: bytes, content: ReportContent, link: DicomLink) -> Dataset:
    report, stand_ins = make_report(content), StandIns(link)
    uids = object_uids("pdf", report, stand_ins, link)
    made = new_object(EncapsulatedPDFStorage, uids, stand_ins, report, content.task)
    made.Modality, made.ConversionType = "DOC", "WSD"
    made.SeriesNumber = stand_ins.series_number + _SERIES_STEP
    made.AcquisitionDateTime = None  # it sums up a whole series
    made.BurnedInAnnotation = "YES" if link.identity.with_identifiers else "NO"
    made.SourceInstanceSequence = [_reference(each) for each in stand_ins.datasets]
    made.DocumentTitle = made.SeriesDescription
    made.ConceptNameCodeSequence = [coded(Code(_TITLE.value, _TITLE.scheme_designator, _TITLE.meaning))]
    made.VerificationFlag = "UNVERIFIED"
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(document)
    made.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    finish(made, link.identity)
    return made


def _reference(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return item

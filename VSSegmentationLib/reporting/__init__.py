"""From measurements to files: one report value; JSON and CSV for machines; HTML, PDF and a sentence for people."""

from VSSegmentationLib.imageio.dicom.identifiers import Identifiers
from VSSegmentationLib.reporting.dicom.writing import (
    check_dicom,
    write_dicom_key_image,
    write_dicom_pdf,
    write_dicom_rtstruct,
    write_dicom_seg,
    write_dicom_sr,
)
from VSSegmentationLib.reporting.files.report_json import read_report_json, report_schema, write_report_json
from VSSegmentationLib.reporting.files.tables import (
    write_measurements_csv,
    write_measurements_json,
    write_provenance_json,
    write_study_csv,
)
from VSSegmentationLib.reporting.page.page import report_html, write_report_html
from VSSegmentationLib.reporting.page.pdf import Printer, write_report_pdf
from VSSegmentationLib.reporting.pictures.key_image import Picture, Pictures, draw_pictures
from VSSegmentationLib.reporting.report.building import make_report
from VSSegmentationLib.reporting.report.choices import ReportChoices, dicom_link, with_choices
from VSSegmentationLib.reporting.report.content import NOTICE, ReportContent, ScanFacts, scan_facts
from VSSegmentationLib.reporting.report.fields import ManualOverride, PriorTreatment, Question, UserFields, questions
from VSSegmentationLib.reporting.report.limits import DrawnBy, MaskState, mask_state, with_limits
from VSSegmentationLib.reporting.report.privacy import HashedUid, hashed_uid
from VSSegmentationLib.reporting.report.provenance import (
    GIVEN_MASK,
    Correction,
    Corrections,
    ModelFacts,
    Provenance,
    SideFacts,
    Software,
    SourceFacts,
    read_provenance,
)
from VSSegmentationLib.reporting.report.reliability import withheld_headline
from VSSegmentationLib.reporting.report.report import Report
from VSSegmentationLib.reporting.report.review import Edit, EditLog, Review
from VSSegmentationLib.reporting.report.sentence import clinical_sentence
from VSSegmentationLib.reporting.report.words import display_value

__all__ = [
    "GIVEN_MASK",
    "NOTICE",
    "Correction",
    "Corrections",
    "DrawnBy",
    "Edit",
    "EditLog",
    "HashedUid",
    "Identifiers",
    "ManualOverride",
    "MaskState",
    "ModelFacts",
    "Picture",
    "Pictures",
    "Printer",
    "PriorTreatment",
    "Provenance",
    "Question",
    "Report",
    "ReportChoices",
    "ReportContent",
    "Review",
    "ScanFacts",
    "SideFacts",
    "Software",
    "SourceFacts",
    "UserFields",
    "check_dicom",
    "clinical_sentence",
    "dicom_link",
    "display_value",
    "draw_pictures",
    "hashed_uid",
    "make_report",
    "mask_state",
    "questions",
    "read_provenance",
    "read_report_json",
    "report_html",
    "report_schema",
    "scan_facts",
    "with_choices",
    "with_limits",
    "withheld_headline",
    "write_dicom_key_image",
    "write_dicom_pdf",
    "write_dicom_rtstruct",
    "write_dicom_seg",
    "write_dicom_sr",
    "write_measurements_csv",
    "write_measurements_json",
    "write_provenance_json",
    "write_report_html",
    "write_report_json",
    "write_report_pdf",
    "write_study_csv",
]

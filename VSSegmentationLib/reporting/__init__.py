"""From measurements to files: one report value; JSON and CSV for machines; HTML, PDF and a sentence for people."""

from VSSegmentationLib.imageio.identifiers import Identifiers
from VSSegmentationLib.reporting.choices import ReportChoices, dicom_link, with_choices
from VSSegmentationLib.reporting.content import NOTICE, ReportContent, ScanFacts, scan_facts
from VSSegmentationLib.reporting.dicom import check_dicom, write_dicom_seg, write_dicom_sr
from VSSegmentationLib.reporting.fields import ManualOverride, PriorTreatment, UserFields
from VSSegmentationLib.reporting.key_image import Picture, Pictures, draw_pictures
from VSSegmentationLib.reporting.making import make_report
from VSSegmentationLib.reporting.page import report_html, write_report_html
from VSSegmentationLib.reporting.pdf import Printer, write_report_pdf
from VSSegmentationLib.reporting.privacy import HashedUid, hashed_uid
from VSSegmentationLib.reporting.report import Report
from VSSegmentationLib.reporting.report_json import read_report_json, report_schema, write_report_json
from VSSegmentationLib.reporting.review import Edit, EditLog, Review
from VSSegmentationLib.reporting.sentence import clinical_sentence
from VSSegmentationLib.reporting.tables import (
    write_measurements_csv,
    write_measurements_json,
    write_provenance_json,
    write_study_csv,
)
from VSSegmentationLib.reporting.words import display_value

__all__ = [
    "NOTICE",
    "Edit",
    "EditLog",
    "HashedUid",
    "Identifiers",
    "ManualOverride",
    "Picture",
    "Pictures",
    "Printer",
    "PriorTreatment",
    "Report",
    "ReportChoices",
    "ReportContent",
    "Review",
    "ScanFacts",
    "UserFields",
    "check_dicom",
    "clinical_sentence",
    "dicom_link",
    "display_value",
    "draw_pictures",
    "hashed_uid",
    "make_report",
    "read_report_json",
    "report_html",
    "report_schema",
    "scan_facts",
    "with_choices",
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

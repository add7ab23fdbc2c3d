"""From measurements to files: JSON and CSV for machines, HTML for people, provenance beside them."""

from VSSegmentationLib.reporting.content import NOTICE, ReportContent
from VSSegmentationLib.reporting.key_image import key_image_svg
from VSSegmentationLib.reporting.page import display_value, report_html, write_report_html
from VSSegmentationLib.reporting.tables import write_measurements_csv, write_measurements_json, write_provenance_json

__all__ = [
    "NOTICE",
    "ReportContent",
    "display_value",
    "key_image_svg",
    "report_html",
    "write_measurements_csv",
    "write_measurements_json",
    "write_provenance_json",
    "write_report_html",
]

"""Which files a run writes, and what they are called."""

from enum import StrEnum


class OutputFormat(StrEnum):
    """What can be written; the value is what the command line calls it."""

    SEG_NRRD = "seg.nrrd"
    NIFTI = "nii.gz"
    JSON = "json"
    CSV = "csv"
    HTML = "html"
    REPORT_JSON = "report.json"
    STUDY_CSV = "study.csv"
    PDF = "pdf"


FILE_NAMES: dict[OutputFormat, str] = {
    OutputFormat.SEG_NRRD: "segmentation.seg.nrrd",
    OutputFormat.NIFTI: "segmentation.nii.gz",
    OutputFormat.JSON: "measurements.json",
    OutputFormat.CSV: "measurements.csv",
    OutputFormat.HTML: "report.html",
    OutputFormat.REPORT_JSON: "report.json",
    OutputFormat.STUDY_CSV: "study.csv",
    OutputFormat.PDF: "report.pdf",
}

DEFAULT_FORMATS = (
    OutputFormat.SEG_NRRD,
    OutputFormat.NIFTI,
    OutputFormat.JSON,
    OutputFormat.CSV,
    OutputFormat.HTML,
    OutputFormat.REPORT_JSON,
    OutputFormat.STUDY_CSV,
)
"""What needs nothing but the library itself, and any input."""

PROVENANCE_FILE_NAME = "provenance.json"
"""Written whatever formats are asked for: how the results were made, and every warning."""

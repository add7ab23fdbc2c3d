"""Which files a run writes, and what they are called."""

from enum import StrEnum


class OutputFormat(StrEnum):
    """What can be written; the value is what the command line calls it."""

    SEG_NRRD = "seg.nrrd"
    NIFTI = "nii.gz"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


FILE_NAMES: dict[OutputFormat, str] = {
    OutputFormat.SEG_NRRD: "segmentation.seg.nrrd",
    OutputFormat.NIFTI: "segmentation.nii.gz",
    OutputFormat.JSON: "measurements.json",
    OutputFormat.CSV: "measurements.csv",
    OutputFormat.HTML: "report.html",
}

PROVENANCE_FILE_NAME = "provenance.json"
"""Written whatever formats are asked for: how the results were made, and every warning."""

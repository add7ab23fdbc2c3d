"""Which files a run writes, and what they are called."""

from collections.abc import Iterable
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
    DICOM_SEG = "dicom-seg"
    DICOM_SR = "dicom-sr"
    DICOM_SR_2D = "dicom-sr-2d"
    DICOM_PDF = "dicom-pdf"
    DICOM_KEY_IMAGE = "dicom-key-image"
    RTSTRUCT = "dicom-rtstruct"
    STL = "stl"
    OBJ = "obj"
    MRB = "mrb"


FILE_NAMES: dict[OutputFormat, str] = {
    OutputFormat.SEG_NRRD: "segmentation.seg.nrrd",
    OutputFormat.NIFTI: "segmentation.nii.gz",
    OutputFormat.JSON: "measurements.json",
    OutputFormat.CSV: "measurements.csv",
    OutputFormat.HTML: "report.html",
    OutputFormat.REPORT_JSON: "report.json",
    OutputFormat.STUDY_CSV: "study.csv",
    OutputFormat.PDF: "report.pdf",
    OutputFormat.DICOM_SEG: "segmentation.dcm",
    OutputFormat.DICOM_SR: "measurements_sr.dcm",
    OutputFormat.DICOM_SR_2D: "measurements_sr_2d.dcm",
    OutputFormat.DICOM_PDF: "report_pdf.dcm",
    OutputFormat.DICOM_KEY_IMAGE: "key_image.dcm",
    OutputFormat.RTSTRUCT: "structures.dcm",
    OutputFormat.STL: "tumor.stl",
    OutputFormat.OBJ: "tumor.obj",
    OutputFormat.MRB: "scene.mrb",
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

_REPORTS = (OutputFormat.DICOM_SR, OutputFormat.DICOM_SR_2D)
DICOM_FORMATS = (
    OutputFormat.DICOM_SEG,
    *_REPORTS,
    OutputFormat.DICOM_PDF,
    OutputFormat.DICOM_KEY_IMAGE,
    OutputFormat.RTSTRUCT,
)
"""What belongs to a DICOM series and can be written for no other input."""
SURFACE_FORMATS = (OutputFormat.STL, OutputFormat.OBJ)
"""What is made of triangles, by vtk."""
OF_A_TUMOR = (
    OutputFormat.DICOM_SEG,
    *_REPORTS,
    OutputFormat.DICOM_KEY_IMAGE,
    OutputFormat.RTSTRUCT,
)
"""Those that there are none of where no tumor is."""


PROVENANCE_FILE_NAME = "provenance.json"
"""Written whatever formats are asked for: how the results were made, and every warning."""


KEY_CROP_FILE_NAME = "key_crop.nii.gz"
"""Written beside a labelmap with its report where a scan shows a tumor: a piece of it, for pictures of a comparison."""


PROBABILITY_MAP = "probability"
"""Name of the map of the network's output for tumor."""
MAP_SUFFIX = ".nrrd"
_MOST_LEVELS = 16
"""No network halves a scan more often."""


def attention_map(level: int) -> str:
    """Return the name of the attention map of a level, counted from 1, the finest."""
    return f"attention_{level}"


MAP_FILE_NAMES = tuple(
    f"{name}{MAP_SUFFIX}" for name in (PROBABILITY_MAP, *(attention_map(n) for n in range(1, _MOST_LEVELS + 1)))
)
"""What may be written beside the results where maps were asked for."""

RESULT_NAMES = frozenset({*FILE_NAMES.values(), PROVENANCE_FILE_NAME, KEY_CROP_FILE_NAME, *MAP_FILE_NAMES})
"""What `segment` and `measure` may leave in their folder."""


def with_what_they_need(formats: Iterable[OutputFormat]) -> tuple[OutputFormat, ...]:
    """Return the formats, each once, with the segmentation object before the structured reports that refer to it."""
    wanted = tuple(dict.fromkeys(formats))
    if not set(_REPORTS).intersection(wanted):
        return wanted
    needed = {*wanted, OutputFormat.DICOM_SEG}
    return (
        *(each for each in wanted if each not in DICOM_FORMATS),
        *(each for each in DICOM_FORMATS if each in needed),
    )

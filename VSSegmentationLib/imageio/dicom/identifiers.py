"""Whose examination a series is: read only when a person asked for a report with identifiers."""

from dataclasses import dataclass
from pathlib import Path

import pydicom

from VSSegmentationLib.imageio.dicom_source import DicomSource


@dataclass(frozen=True, kw_only=True)
class Identifiers:
    """Patient and study as the headers name them; empty where they do not. Never logged, never in an error."""

    patient_name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    study_date: str = ""
    institution: str = ""
    study_uid: str = ""
    series_uid: str = ""


_KEYWORDS = {
    "patient_name": "PatientName",
    "patient_id": "PatientID",
    "birth_date": "PatientBirthDate",
    "study_date": "StudyDate",
    "institution": "InstitutionName",
    "study_uid": "StudyInstanceUID",
    "series_uid": "SeriesInstanceUID",
}


def read_identifiers(source: DicomSource) -> Identifiers:
    """Return patient and study of a series, from the header of its first slice."""
    return identifiers_in(source.slices[0].path)


def identifiers_in(path: Path) -> Identifiers:
    """Return patient and study as the header of one DICOM file names them."""
    keywords = list(_KEYWORDS.values())
    header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=keywords)
    return Identifiers(**{field: _one_line(header.get(keyword)) for field, keyword in _KEYWORDS.items()})


def _one_line(value: object) -> str:
    return "" if value is None else " ".join(str(value).replace("^", " ").split())

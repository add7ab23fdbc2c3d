"""What a DICOM collection holds: MR series, contours and segmentations by patient; no voxels are read yet."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from VSSegmentationLib.imageio.dicom.headers import DAMAGE, DamagedError, NotAnImageError, read_headers, silent_pydicom
from VSSegmentationLib.imageio.dicom.series import files_below
from VSSegmentationLib.imageio.modality import modality_of
from VSSegmentationLib.imageio.scan import Modality

_TAGS = [
    "Modality", "PatientID", "StudyInstanceUID", "StudyDate", "SeriesInstanceUID", "FrameOfReferenceUID",
    "ReferencedFrameOfReferenceSequence", "ReferencedSeriesSequence",
]  # fmt: skip
_T1_OR_T2 = re.compile(r"(?:^|[^a-z0-9])(?:ce)?t([12])(?:$|[^a-z0-9*])", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Series:
    """One MR series."""

    patient: str
    study: str
    date: str
    """YYYY-MM-DD, as the collection has shifted it; empty where there is none."""
    uid: str
    frame_of_reference: str
    first_file: Path
    modality: str
    """T2 or ceT1 by the folder's name or the acquisition; empty where neither tells."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An RTSTRUCT or SEG object."""

    patient: str
    path: Path
    kind: str
    frames_of_reference: frozenset[str]
    series_uids: frozenset[str]


@dataclass
class Collection:
    """Everything below a folder that an importer asks for."""

    series: dict[str, Series] = field(default_factory=dict)
    """By series UID, in the order of files."""
    drawn: list[Drawn] = field(default_factory=list)
    damaged: list[Path] = field(default_factory=list)


def read_collection(folder: Path) -> Collection:
    """Read the headers of all DICOM files below a folder."""
    found = Collection()
    for path in files_below(folder):
        if path.suffix.lower() in (".json", ".tfm", ".txt", ".csv", ".gz", ".nii", ".zip", ".pdf"):
            continue
        with silent_pydicom():
            try:
                header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS))
            except pydicom.errors.InvalidDicomError:
                continue  # not DICOM at all
            except DAMAGE:
                found.damaged.append(path)
                continue
        _sort_in(found, path, header)
    return found


def _sort_in(found: Collection, path: Path, header: Dataset) -> None:
    kind, uid = str(header.get("Modality", "")), str(header.get("SeriesInstanceUID", ""))
    if kind in ("RTSTRUCT", "SEG"):
        found.drawn.append(
            Drawn(
                patient=str(header.get("PatientID", "")),
                path=path,
                kind=kind,
                frames_of_reference=frozenset(_frames(header)),
                series_uids=frozenset(_referenced(header)),
            )
        )
    elif kind == "MR" and uid not in found.series:
        date = str(header.get("StudyDate", "") or "")
        found.series[uid] = Series(
            patient=str(header.get("PatientID", "")),
            study=str(header.get("StudyInstanceUID", "")),
            date=f"{date[:4]}-{date[4:6]}-{date[6:8]}" if re.fullmatch(r"\d{8}", date) else "",
            uid=uid,
            frame_of_reference=str(header.get("FrameOfReferenceUID", "") or ""),
            first_file=path,
            modality=_modality(path),
        )


def _modality(path: Path) -> str:
    """Return T2 or ceT1: a folder's name goes before the header, which collections have stripped to varying degrees."""
    for name in (path.parent.name, path.parent.parent.name):
        named = _T1_OR_T2.search(name)
        if named is not None:
            return "T2" if named[1] == "2" else "ceT1"
    try:
        weighting = modality_of(read_headers(path)[0].acquisition)
    except (NotAnImageError, DamagedError):
        return ""
    return {Modality.T2: "T2", Modality.CE_T1: "ceT1", Modality.T1: "ceT1"}.get(weighting, "")


def _frames(header: Dataset) -> Iterator[str]:
    if header.get("FrameOfReferenceUID"):
        yield str(header.FrameOfReferenceUID)
    for frame in header.get("ReferencedFrameOfReferenceSequence") or ():
        yield str(frame.get("FrameOfReferenceUID", ""))


def _referenced(header: Dataset) -> Iterator[str]:
    for series in header.get("ReferencedSeriesSequence") or ():
        yield str(series.get("SeriesInstanceUID", ""))
    for frame in header.get("ReferencedFrameOfReferenceSequence") or ():
        for study in frame.get("RTReferencedStudySequence") or ():
            for series in study.get("RTReferencedSeriesSequence") or ():
                yield str(series.get("SeriesInstanceUID", ""))

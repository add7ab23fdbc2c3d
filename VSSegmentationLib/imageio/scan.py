"""What reading a scan gives: the voxels in their place, and what has to be known about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.imageio.dicom_source import DicomSource
from VSSegmentationLib.imageio.evidence import Evidence
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume


class Modality(StrEnum):
    """The weighting of a scan, as far as the file tells it."""

    T2 = "T2"
    CE_T1 = "ceT1"
    T1 = "T1"
    """T1 without contrast agent, or with one that the header does not name."""
    MR = "MR"
    """An MR image of another or unknown weighting."""
    UNKNOWN = "unknown"
    """The file carries no acquisition tags (NIfTI, NRRD, MetaImage)."""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A scan that passed every check, with the warnings that every output has to carry."""

    volume: Volume
    """float32 (D, H, W) = (k, j, i) of the file or of the slice stack; never permuted."""
    modality: Modality
    slice_thickness_mm: float
    """The DICOM tag where there is one, else the largest spacing."""
    warnings: tuple[str, ...]
    """Full sentences; none identifies the patient."""
    voxels_sha256: str
    """Of the float32 C-order voxels followed by the float64 affine."""
    file_format: str
    """"NIfTI", "NRRD", "MetaImage", "DICOM", "Enhanced DICOM" or "in memory"."""
    series_uid: str | None
    dicom_source: DicomSource | None = None
    """Set for every scan that was read from DICOM; what a DICOM segmentation or report of it refers to."""
    told: tuple[Evidence, ...] = ()
    """What a person, headers, sidecar and file name say about the weighting."""

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class SeriesSummary:
    """One image stack of a DICOM folder, as shown to a user who has to choose."""

    number: int
    """What `read_scan(series=...)` takes; 1-based, in a stable order."""
    description: str
    """For the eyes of the user only: never log it, a hospital may have written anything here."""
    modality: str
    shape_dhw: Shape
    spacing_dhw_mm: Triplet
    usable: bool
    reason: str
    """Why it is not usable; empty when it is."""


@dataclass(frozen=True, kw_only=True)
class LoadedImage:
    """An image as its file states it, before anyone asked whether it is a usable scan."""

    volume: Volume
    """In the file's own number type (scaled values are float32)."""
    file_format: str
    warnings: tuple[str, ...] = ()
    modality: Modality = Modality.UNKNOWN
    slice_thickness_mm: float | None = None
    series_uid: str | None = None
    dicom_source: DicomSource | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the header says in fields of its writer's own."""
    told: tuple[Evidence, ...] = ()

    __repr__ = short_repr

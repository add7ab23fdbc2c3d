"""The report as one value: everything that is told in words and numbers, without voxels and pictures.

`schema_version` rises with every change of what a field means, is called or holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio.dicom.identifiers import Identifiers
from VSSegmentationLib.measurement import Grade, Headline, Measurement, MeatalPlane, Uncertainty
from VSSegmentationLib.measurement.growth import Change
from VSSegmentationLib.reporting.report.fields import ManualOverride, UserFields
from VSSegmentationLib.reporting.report.learning import LearnedModel
from VSSegmentationLib.reporting.report.privacy import HashedUid
from VSSegmentationLib.reporting.report.provenance import Software
from VSSegmentationLib.reporting.report.review import Edit, Review
from VSSegmentationLib.short_repr import short_repr

BodySide = Literal["left", "right"]
AlgorithmType = Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Model:
    """The network that segmented."""

    name: str
    version: str
    weights_sha256: str
    modality: str
    device: str
    preprocessing: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Source:
    """The scan, or only its grid where a labelmap alone was measured."""

    modality: str | None
    file_format: str | None
    slice_thickness_mm: float | None
    shape_dhw: tuple[int, int, int]
    spacing_dhw_mm: Triplet
    slice_axis: int
    """Axis of the array whose planes are the most axial ones."""
    tilt_deg: float
    """Of these planes from axial."""
    series: HashedUid | None
    geometry_sha256: str
    voxels_sha256: str | None


@dataclass(frozen=True, kw_only=True)
class SegmentationFacts:
    """What the measured labelmap is, and what a person has changed of it."""

    sha256: str
    algorithm_type: AlgorithmType
    edits: tuple[Edit, ...]
    volume_cm3: float
    """All tumor voxels."""
    automatic_volume_cm3: float | None
    """Of the model's untouched answer; None where no model segmented."""
    dice_automatic_final: float | None
    """Overlap of the model's answer with the measured tumor."""
    plane: MeatalPlane | None
    no_plane_reason: str | None

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class MeasurementRecord:
    """A measurement as a report holds it."""

    id: str
    region: str
    name: str
    value: float | None
    unit: str
    valid: bool
    reason: str | None
    method_id: str
    method: str
    end_points_ras_mm: tuple[Triplet, Triplet] | None
    slice_axis: int | None
    slice_index: int | None
    extra: Mapping[str, float]
    uncertainty: Uncertainty | None
    manual_override: ManualOverride | None

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The change of one measure against an earlier examination."""

    measurement_id: str
    change: Change


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a report says."""

    schema_version: Literal[1]
    status: Literal["draft", "reviewed"]
    created_at_utc: datetime
    review: Review | None
    task: str
    """Kind of tumor; a report that does not say is of the default one."""
    case: str
    days_from_baseline: int | None
    identifiers: Identifiers | None
    findings: str
    side: BodySide | None
    """Of the patient; None where it is not determined."""
    side_reason: str | None
    """Why it is not; None where it is. Reports from before there was one say nothing."""
    software: Software
    model: Model | None
    learned: tuple[LearnedModel, ...] = ()
    """What the models that made the mask learned from, and how well they did on which scans."""
    source: Source
    segmentation: SegmentationFacts
    measurements: tuple[MeasurementRecord, ...]
    headline: Headline
    grades: tuple[Grade, ...]
    comparisons: tuple[Comparison, ...]
    user_fields: UserFields
    warnings: tuple[str, ...]
    doubts: tuple[str, ...]
    """Those of the warnings for which the result cannot be relied on."""
    candidates: tuple[Mapping[str, Any], ...]
    provenance: Mapping[str, Any]
    """What else the program tells of how the result came about."""
    notice: str

    __repr__ = short_repr

    @property
    def is_draft(self) -> bool:
        """Whether no person has checked it, or something was edited since."""
        return self.status == "draft"

    @property
    def is_reliable(self) -> bool:
        """Whether there is nothing for which the result cannot be relied on."""
        return not self.doubts

    def measurement(self, measurement_id: str | None) -> MeasurementRecord | None:
        """Return the measurement of this id, None if there is none."""
        return next((m for m in self.measurements if m.id == measurement_id), None)


def record_of(measurement: Measurement, method_id: str, override: ManualOverride | None = None) -> MeasurementRecord:
    """Return a measurement as a report holds it."""
    return MeasurementRecord(
        id=measurement.id,
        region=measurement.region,
        name=measurement.name,
        value=measurement.value,
        unit=measurement.unit,
        valid=measurement.value is not None,
        reason=measurement.reason,
        method_id=method_id,
        method=measurement.method,
        end_points_ras_mm=measurement.end_points_ras_mm,
        slice_axis=measurement.slice_axis,
        slice_index=measurement.slice_index,
        extra=dict(measurement.extra),
        uncertainty=measurement.uncertainty,
        manual_override=override,
    )

"""From what a run found out to the report as one value."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.measurement import (
    MeatalPlane,
)
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.measurement.regions import crop_to_labels
from VSSegmentationLib.reporting.report.content import NOTICE, ReportContent
from VSSegmentationLib.reporting.report.learning import learned_models
from VSSegmentationLib.reporting.report.provenance import Provenance
from VSSegmentationLib.reporting.report.report import (
    AlgorithmType,
    BodySide,
    Comparison,
    MeasurementRecord,
    Model,
    Report,
    SegmentationFacts,
    Source,
    record_of,
)
from VSSegmentationLib.volume import Volume

_TOLD_ELSEWHERE = {"schema_version", "software", "model", "source", "preprocessing", "device", "created_utc"}
"""Parts of the provenance that have fields of their own."""
_OF_THE_CARD = {"trained_on", "accuracy", "limits"}
"""What a model's card adds: told once, under `learned` and beside the numbers."""

_NOBODY_TOLD = "nobody told it"
_SIDES: dict[str, BodySide] = {"left": "left", "right": "right"}


def make_report(content: ReportContent) -> Report:
    """Return everything that is told of one examination; the same content always gives the same report.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    made = _made.get(content)
    if made is None:
        made = _made[content] = _make(content)
    return made


_NO_CHANGES = ("side", "unreliable")
"""Codes of warnings of a comparison whose changes are not told of this tumor."""
_made: WeakKeyDictionary[ReportContent, Report] = WeakKeyDictionary()
"""Every file of a run is made from the same report, which hashes voxels: it is put together once for a content."""


def _make(content: ReportContent) -> Report:
    return Report(
        schema_version=1,
        status="reviewed" if content.reviewed else "draft",
        created_at_utc=content.created_at_utc,
        review=content.review,
        task=content.task.name,
        case=content.case,
        days_from_baseline=content.days_from_baseline,
        identifiers=content.identifiers,
        findings=content.findings,
        side=None if content.side is None else _SIDES[content.side],
        side_reason=_no_side_reason(content),
        software=content.provenance.software,
        model=_model(content.provenance),
        learned=learned_models(content.provenance),
        source=_source(content),
        segmentation=_segmentation(content),
        measurements=_records(content),
        headline=content.leading,
        grades=content.grades,
        comparisons=_comparisons(content.growth),
        user_fields=content.user_fields,
        warnings=content.all_warnings,
        doubts=content.doubts,
        candidates=tuple(_plain_mapping(each, "candidate") for each in content.candidates),
        provenance=_rest_of(content.provenance),
        notice=NOTICE,
    )


def _no_side_reason(content: ReportContent) -> str | None:
    if content.side is not None:
        return None
    told = content.provenance.side
    return told.reason if told is not None and told.reason is not None else _NOBODY_TOLD


def _records(content: ReportContent) -> tuple[MeasurementRecord, ...]:
    overrides = {each.measurement_id: each for each in content.overrides}
    return tuple(
        record_of(m, content.task.definitions.method_id(m.id), overrides.get(m.id)) for m in content.measurements
    )


def _comparisons(growth: Growth | None) -> tuple[Comparison, ...]:
    """Return the changes up to the latest examination, which is the one that is reported.

    None between two sides, nor where one of the results cannot be relied on.
    """
    if growth is None or any(warning.code in _NO_CHANGES for warning in growth.warnings):
        return ()
    last = len(growth.examinations) - 1
    return tuple(
        Comparison(measurement_id=series.id, change=change)
        for series in growth.series
        for change in series.changes
        if change.to_index == last
    )


def _rest_of(provenance: Provenance) -> Mapping[str, Any]:
    told = provenance.to_plain()
    for role in ("locator", "divider"):
        if told[role] is not None:
            told[role] = {key: value for key, value in told[role].items() if key not in _OF_THE_CARD}
    return {key: value for key, value in told.items() if key not in _TOLD_ELSEWHERE}


def _model(provenance: Provenance) -> Model | None:
    told = provenance.model
    if told is None:
        return None
    return Model(
        name=told.name,
        version=told.version,
        weights_sha256=told.sha256,
        modality=told.modality,
        device=provenance.device or "",
        preprocessing=_plain_mapping(provenance.preprocessing, "preprocessing"),
    )


def _source(content: ReportContent) -> Source:
    grid, scan = content.labelmap, content.scan
    return Source(
        modality=scan.modality if scan else None,
        file_format=scan.file_format if scan else None,
        slice_thickness_mm=scan.slice_thickness_mm if scan else None,
        shape_dhw=grid.shape,
        spacing_dhw_mm=grid.spacing_dhw_mm,
        slice_axis=geometry.axial_axis(grid.dhw_to_ras),
        tilt_deg=geometry.tilt_from_axial_deg(grid.dhw_to_ras),
        series=scan.series if scan else None,
        geometry_sha256=_geometry_sha256(grid),
        voxels_sha256=content.image.voxels_sha256 if content.image is not None else None,
    )


def _geometry_sha256(grid: Volume) -> str:
    """Hash shape (three int64), then the affine (float64, C order)."""
    digest = sha256(np.array(grid.shape, dtype=np.int64).tobytes())
    digest.update(np.ascontiguousarray(grid.dhw_to_ras, dtype=np.float64).tobytes())
    return digest.hexdigest()


def _segmentation(content: ReportContent) -> SegmentationFacts:
    plane = content.plane or content.task.fitted_plane(content.labelmap)
    by_model = content.provenance.model is not None
    automatic = content.automatic_labelmap
    if automatic is None and by_model and not content.is_edited:
        automatic = content.labelmap
    final, answer = _tumors_near(content.task.label_set, content.labelmap, automatic)
    return SegmentationFacts(
        sha256=content.labelmap.voxels_sha256,
        algorithm_type=_algorithm_type(content, by_model=by_model),
        edits=content.edit_log.edits,
        volume_cm3=_volume_cm3(content.labelmap, final),
        automatic_volume_cm3=None if answer is None else _volume_cm3(content.labelmap, answer),
        dice_automatic_final=None if answer is None else dice(answer, final),
        plane=plane if isinstance(plane, MeatalPlane) else None,
        no_plane_reason=None if isinstance(plane, MeatalPlane) else plane.reason,
    )


def _tumors_near(
    label_set: LabelSet, labelmap: Volume, other: Volume | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_] | None]:
    """Return the masks of both in the box that holds every label of either: most of a head is nothing."""
    crops = [crop_to_labels(each, label_set) for each in (labelmap, labelmap if other is None else other)]
    starts = np.array([each.start_dhw for each in crops])
    stops = starts + [each.volume.shape for each in crops]
    box = tuple(slice(a, b) for a, b in zip(starts.min(axis=0), stops.max(axis=0), strict=True))
    return label_set.tumor_mask(labelmap.array[box]), None if other is None else label_set.tumor_mask(other.array[box])


def _algorithm_type(content: ReportContent, *, by_model: bool) -> AlgorithmType:
    if not by_model:
        return "MANUAL"
    return "SEMIAUTOMATIC" if content.is_edited else "AUTOMATIC"


def _volume_cm3(grid: Volume, mask: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(mask) * geometry.voxel_volume_mm3(grid.dhw_to_ras) / 1000)


def _plain_mapping(value: object, name: str) -> Mapping[str, Any]:
    plain = to_plain(value, name)
    return plain if isinstance(plain, dict) else {}

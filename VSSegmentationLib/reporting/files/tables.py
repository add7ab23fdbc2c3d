"""Measurements for machines: JSON and CSV, and the provenance beside them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.csv_rows import write_csv
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.reporting.report.building import make_report
from VSSegmentationLib.reporting.report.content import NOTICE, ReportContent
from VSSegmentationLib.reporting.report.fields import questions

_POINT_COLUMNS = tuple(f"end_{end}_{axis}_mm" for end in (1, 2) for axis in ("r", "a", "s"))
CSV_COLUMNS = (
    "id", "region", "name", "value", "unit",
    "uncertainty", "uncertainty_unit", "uncertainty_kind", "uncertainty_source",
    "method_id", "method", "reason", "slice_axis", "slice_index", *_POINT_COLUMNS,
    "extra", "status", "warnings", "notice",
)  # fmt: skip
_ENTERED = tuple(each.id for each in questions() if each.in_study)
UNNAMED_CASE = "case-1"
"""What the only case of a study table is called where nobody named it."""
_STUDY_COLUMNS = (
    "case", "days_from_baseline", "side", *_ENTERED, "region", "measure", "value", "unit", "reason", "method_id",
    "uncertainty", "uncertainty_unit", "uncertainty_kind", "is_headline", "policy", "policy_version",
    "modality", "model", "model_version", "weights_sha256", "algorithm_type", "status", "warnings", "notice",
)  # fmt: skip


def write_measurements_json(path: Path, content: ReportContent) -> None:
    """Write a list with one object per measurement; each carries the warnings, so that none is ever read without.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    _write_json(path, [_measurement(m, content) for m in content.measurements])


def write_provenance_json(path: Path, content: ReportContent) -> None:
    """Write how the results came about: status, findings, candidates, warnings, remarks, software, model, input.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    document = {
        **content.provenance.to_plain(),
        "status": content.status,
        "findings": content.findings,
        "candidates": content.candidates,
        "warnings": content.warnings,
        "remarks": content.remarks,
        "notice": NOTICE,
    }
    _write_json(path, document)


def write_measurements_csv(path: Path, content: ReportContent) -> None:
    """Write one row per measurement; text that a spreadsheet would run as a formula is defused by an apostrophe.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    rows = []
    for measurement in content.measurements:
        row = _measurement(measurement, content)
        points = [number for point in row.pop("end_points_ras_mm") or () for number in point]
        row.update(zip(_POINT_COLUMNS, points, strict=False))
        row.update(_uncertainty_cells(row.pop("uncertainty")))
        del row["valid"]
        row["extra"] = json.dumps(row["extra"], allow_nan=False)
        row["warnings"] = " ".join(row["warnings"])
        rows.append(row)
    write_csv(path, CSV_COLUMNS, rows)


def write_study_csv(path: Path, content: ReportContent) -> None:
    """Write one row per case, time point, region and measure: the files of a study can be put one below another.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    report = make_report(content)
    model = report.model
    shared = {
        "case": report.case or UNNAMED_CASE,
        "days_from_baseline": report.days_from_baseline,
        "side": report.side or ("not determined" if report.segmentation.volume_cm3 else None),
        **{name: getattr(report.user_fields, name) for name in _ENTERED},
        "policy": report.headline.policy,
        "policy_version": report.headline.policy_version,
        "modality": report.source.modality,
        "model": model.name if model else None,
        "model_version": model.version if model else None,
        "weights_sha256": model.weights_sha256 if model else None,
        "algorithm_type": report.segmentation.algorithm_type,
        "status": report.status,
        "warnings": " ".join(report.warnings),
        "notice": report.notice,
    }
    rows = [
        {
            **shared,
            "region": m.region,
            "measure": m.id,
            "value": to_plain(m.value, m.id),
            "unit": m.unit,
            "reason": m.reason,
            "method_id": m.method_id,
            "is_headline": m.id == report.headline.measurement_id,
            **_uncertainty_cells(to_plain(m.uncertainty, m.id)),
        }
        for m in report.measurements
    ]
    write_csv(path, _STUDY_COLUMNS, rows)


def _measurement(measurement: Measurement, content: ReportContent) -> dict[str, Any]:
    record = {
        "id": measurement.id,
        "region": measurement.region,
        "name": measurement.name,
        "value": measurement.value,
        "unit": measurement.unit,
        "method_id": content.task.definitions.method_id(measurement.id),
        "method": measurement.method,
        "valid": measurement.value is not None,
        "reason": measurement.reason,
        "end_points_ras_mm": measurement.end_points_ras_mm,
        "slice_axis": measurement.slice_axis,
        "slice_index": measurement.slice_index,
        "extra": measurement.extra,
        "uncertainty": measurement.uncertainty,
        "status": content.status,
        "warnings": content.warnings,
        "remarks": content.remarks,
        "notice": NOTICE,
    }
    plain: dict[str, Any] = to_plain(record, measurement.id)
    return plain


def _uncertainty_cells(uncertainty: Mapping[str, Any] | None) -> dict[str, Any]:
    told = uncertainty or {}
    return {
        "uncertainty": told.get("value"),
        "uncertainty_unit": told.get("unit"),
        "uncertainty_kind": told.get("kind"),
        "uncertainty_source": told.get("source"),
    }


def _write_json(path: Path, document: object) -> None:
    text = json.dumps(to_plain(document, path.stem), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")

"""Measurements for machines: JSON and CSV, and the provenance beside them."""

import csv
import json
from pathlib import Path
from typing import Any

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.reporting.content import NOTICE, ReportContent
from VSSegmentationLib.reporting.plain import to_plain

SCHEMA_VERSION = 1

_POINT_COLUMNS = tuple(f"end_{end}_{axis}_mm" for end in (1, 2) for axis in ("r", "a", "s"))
CSV_COLUMNS = (
    "id", "region", "name", "value", "unit", "method", "reason", "slice_axis", "slice_index",
    *_POINT_COLUMNS, "extra", "status", "warnings", "notice",
)  # fmt: skip


def write_measurements_json(path: Path, content: ReportContent) -> None:
    """Write a list with one object per measurement; each carries the warnings, so that none is ever read without.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    _write_json(path, [_measurement(m, content) for m in content.measurements])


def write_provenance_json(path: Path, content: ReportContent) -> None:
    """Write how the results came about: status, findings, candidates, warnings, software, model, input.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    document = {
        **content.provenance,
        "schema_version": SCHEMA_VERSION,
        "status": content.status,
        "findings": content.findings,
        "candidates": content.candidates,
        "warnings": content.warnings,
        "notice": NOTICE,
    }
    _write_json(path, document)


def write_measurements_csv(path: Path, content: ReportContent) -> None:
    """Write one row per measurement; text that a spreadsheet would run as a formula is defused by an apostrophe.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, CSV_COLUMNS)
        writer.writeheader()
        for measurement in content.measurements:
            row = _measurement(measurement, content)
            points = [number for point in row.pop("end_points_ras_mm") or () for number in point]
            row.update(zip(_POINT_COLUMNS, points, strict=False))
            del row["valid"]
            row["extra"] = json.dumps(row["extra"], allow_nan=False)
            row["warnings"] = " ".join(row["warnings"])
            writer.writerow({key: defused(value) for key, value in row.items()})


def defused(value: object) -> object:
    """Return text that no spreadsheet takes for a formula; numbers, also negative ones, stay as they are."""
    if isinstance(value, str) and (value.lstrip()[:1] in tuple("=+-@|%＝＋－＠") or value[:1] in tuple("\t\r\n")):
        return f"'{value}"
    return value


def _measurement(measurement: Measurement, content: ReportContent) -> dict[str, Any]:
    record = {
        "id": measurement.id,
        "region": measurement.region,
        "name": measurement.name,
        "value": measurement.value,
        "unit": measurement.unit,
        "method": measurement.method,
        "valid": measurement.value is not None,
        "reason": measurement.reason,
        "end_points_ras_mm": measurement.end_points_ras_mm,
        "slice_axis": measurement.slice_axis,
        "slice_index": measurement.slice_index,
        "extra": measurement.extra,
        "status": content.status,
        "warnings": content.warnings,
        "notice": NOTICE,
    }
    return {key: to_plain(value, f"{measurement.id}.{key}") for key, value in record.items()}


def _write_json(path: Path, document: object) -> None:
    text = json.dumps(to_plain(document, path.stem), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")

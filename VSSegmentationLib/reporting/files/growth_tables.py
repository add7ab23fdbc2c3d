"""A comparison for machines: `growth.json` with everything, `growth.csv` with one row per change."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

from VSSegmentationLib.codec import from_plain, read_json_file, to_plain
from VSSegmentationLib.csv_rows import write_csv
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.measurement.growth import Change
from VSSegmentationLib.reporting.growth.content import GrowthContent
from VSSegmentationLib.reporting.growth.record import GrowthRecord, SeriesRecord, make_growth_record

SCHEMA_FILE_NAME = "growth.schema.json"

CSV_COLUMNS = (
    "measure", "region", "name", "unit", "against", "from_examination", "to_examination", "from_day", "to_day", "days",
    "from_value", "to_value", "change", "change_percent", "change_per_year", "percent_per_year", "sgr_per_day",
    "doubling_time_days", "uncertainty_limit_percent", "beyond_uncertainty", "mm_limit", "reaches_mm_limit",
    "percent_limit", "reaches_percent_limit", "is_headline", "wording", "reasons", "status", "warnings", "notice",
)  # fmt: skip


def write_growth_json(path: Path, content: GrowthContent) -> None:
    """Write the comparison; dates only where the content asks for them.

    Raises:
        InputRefusedError: If a value is NaN or infinite.
    """
    text = json.dumps(
        to_plain(make_growth_record(content), "comparison"), indent=2, ensure_ascii=False, allow_nan=False
    )
    path.write_text(text + "\n", encoding="utf-8")


def read_growth_json(path: Path) -> GrowthRecord:
    """Read a comparison back.

    Raises:
        InputRefusedError: If it is no comparison of this schema version, or has a key that the schema does not know.
    """
    try:
        data = read_json_file(path)
    except ValueError as error:
        msg = "the comparison is no JSON file in UTF-8; give a growth.json as compare writes it"
        raise InputRefusedError(msg) from error
    return from_plain(GrowthRecord, _with_cases(data), "comparison", complete=True)


def _with_cases(data: Any) -> Any:  # noqa: ANN401 - whatever a file holds; what is no comparison is refused later
    """Name no case in a comparison of the first release, which did not tell any."""
    if not isinstance(data, dict) or not isinstance(data.get("examinations"), list):
        return data
    examinations = [{"case": "", **each} if isinstance(each, dict) else each for each in data["examinations"]]
    return {**data, "examinations": examinations}


def growth_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `growth.json`, as it is shipped."""
    schema: dict[str, Any] = json.loads((resources.files(__package__) / SCHEMA_FILE_NAME).read_text(encoding="utf-8"))
    return schema


def write_growth_csv(path: Path, content: GrowthContent) -> None:
    """Write one row per measure, later examination and what it is compared with; examinations count from 1."""
    record = make_growth_record(content)
    shared = {
        "status": record.status,
        "warnings": " ".join(warning.text for warning in record.warnings),
        "notice": record.notice,
    }
    rows = [{**_row(series, change, record), **shared} for series in record.series for change in series.changes]
    write_csv(path, CSV_COLUMNS, rows)


def _row(series: SeriesRecord, change: Change, record: GrowthRecord) -> dict[str, object]:
    first, second = (record.examinations[i] for i in (change.from_index, change.to_index))
    figures = {
        "change": change.delta,
        "change_percent": change.percent,
        "change_per_year": change.per_year,
        "percent_per_year": change.percent_per_year,
        "sgr_per_day": change.sgr_per_day,
        "doubling_time_days": change.doubling_time_days,
    }
    checks = {
        "beyond_uncertainty": change.beyond_uncertainty,
        "reaches_mm_limit": change.mm_limit,
        "reaches_percent_limit": change.percent_limit,
    }
    reasons = {name: each.reason for name, each in (figures | checks).items() if each.reason is not None}
    return {
        "measure": series.id,
        "region": series.region,
        "name": series.name,
        "unit": series.unit,
        "against": change.reference,
        "from_examination": change.from_index + 1,
        "to_examination": change.to_index + 1,
        "from_day": first.days_from_baseline,
        "to_day": second.days_from_baseline,
        "days": change.days,
        "from_value": series.values[change.from_index].value,
        "to_value": series.values[change.to_index].value,
        **{name: figure.value for name, figure in figures.items()},
        "uncertainty_limit_percent": change.beyond_uncertainty.limit,
        "mm_limit": change.mm_limit.limit,
        "percent_limit": change.percent_limit.limit,
        **{name: check.direction for name, check in checks.items()},
        "is_headline": series.id == record.examinations[0].headline.measurement_id,
        "wording": change.wording,
        "reasons": "; ".join(f"{name}: {reason}" for name, reason in reasons.items()),
    }

"""The tables of a study: every measure (long), one row a case (wide), failures, who is who, facts for programs."""

import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from VSSegmentationLib import __version__
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.batch.cases import Found
from VSSegmentationLib.batch.planning import CASES
from VSSegmentationLib.batch.study.rows import StudyRow
from VSSegmentationLib.batch.study.worklist import look_at
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.csv_rows import csv_text, read_csv
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.reporting import NOTICE

LONG, WIDE, FAILURES, INPUTS, FACTS = "study.csv", "study_wide.csv", "failures.csv", "inputs.csv", "cohort.json"
PARQUET = "study_wide.parquet"
SCHEMA_VERSION = 1
_WIDE = (
    "case", "patient", "day", "status", "side", "stated_side", "findings", "headline", "headline_value",
    "headline_unit", "volume_cm3", "volume_limit_percent", "change_percent", "change_wording", "modality", "model",
    "corrected", "seconds",
)  # fmt: skip


def write_tables(study: Path, rows: Sequence[StudyRow], found: Found, facts: Mapping[str, Any]) -> None:
    """Write all tables into the study folder; each appears whole, in the place of a former one."""
    wide_columns, wide = _wide(rows)
    write_text_atomically(study / LONG, _long(study, rows))
    write_text_atomically(study / WIDE, csv_text(wide_columns, wide))
    failed = [row for row in rows if row.status in ("refused", "set aside")]
    columns = ("case", "patient", "status", "exit_code", "tries", "reason")
    write_text_atomically(study / FAILURES, csv_text(columns, [vars(row) for row in failed]))
    _write_inputs(study / INPUTS, found)
    document = {
        "schema_version": SCHEMA_VERSION,
        "software_version": __version__,
        "written_utc": datetime.now(UTC).replace(microsecond=0),
        "counts": {
            each: sum(row.status == each for row in rows) for each in ("done", "refused", "set aside", "waiting")
        },
        **facts,
        "cases": [_told(row) for row in rows],
        "notice": NOTICE,
    }
    text = json.dumps(to_plain(document, "cohort"), indent=1, ensure_ascii=False, allow_nan=False)
    write_text_atomically(study / FACTS, text + "\n")
    _write_parquet(study / PARQUET, wide_columns, wide)


def _told(row: StudyRow) -> dict[str, Any]:
    told = {key: value for key, value in vars(row).items() if key != "values"}
    folder = f"{CASES}/{row.case}" if row.status == "done" else None
    return {**told, "folder": folder, "look_at": look_at(row).reasons}


def _wide(rows: Sequence[StudyRow]) -> tuple[list[str], list[dict[str, Any]]]:
    measures = list(dict.fromkeys(each for row in rows for each in row.values))
    told = [
        {
            **{key: getattr(row, key) for key in _WIDE},
            **row.values,
            "doubts": len(row.doubts),
            "warnings": " ".join(row.warnings),
            "notice": NOTICE,
        }
        for row in rows
    ]
    return [*_WIDE, *measures, "doubts", "warnings", "notice"], told


def _long(study: Path, rows: Sequence[StudyRow]) -> str:
    """Return the study tables of all cases one below another, each line with the case and the patient before it."""
    columns: dict[str, None] = {}
    parts = []
    for row in rows:
        for measure in _measures_of(study / CASES / row.case / FILE_NAMES[OutputFormat.STUDY_CSV], row):
            columns |= dict.fromkeys(measure)
            parts.append({"examination": row.case, "patient": row.patient, **measure})
    return csv_text(["examination", "patient", *columns], parts)


def _measures_of(table: Path, row: StudyRow) -> Iterator[dict[str, str]]:
    if row.status != "done" or not table.is_file():
        return
    try:
        yield from read_csv(table).rows
    except InputRefusedError as error:
        msg = f"the table of the case {row.case} is damaged; take its folder away, and the same batch makes it again"
        raise InputRefusedError(msg) from error


def _write_inputs(path: Path, found: Found) -> None:
    """Write which file is which case, for this user alone: paths may name patients."""
    rows = [
        *({"case": each.name, "patient": each.patient, "input": str(each.input)} for each in found.cases),
        *({"case": each.name, "input": each.place, "refused": each.reason} for each in found.refused),
    ]
    write_text_atomically(path, csv_text(("case", "patient", "input", "refused"), rows))
    path.chmod(0o600)


def _write_parquet(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    if importlib.util.find_spec("pyarrow") is None:
        return
    import pyarrow as pa  # noqa: PLC0415 - extra `parquet`
    from pyarrow import parquet  # noqa: PLC0415

    parquet.write_table(pa.table({name: [row.get(name) for row in rows] for name in columns}), path)

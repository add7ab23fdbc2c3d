"""`report.json`: the whole report, in a schema that is shipped beside this file and read back strictly."""

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from VSSegmentationLib.codec import from_plain, read_json_file, shortened, to_plain
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.reporting.report.building import make_report
from VSSegmentationLib.reporting.report.content import ReportContent
from VSSegmentationLib.reporting.report.report import SCHEMA_VERSION, Report
from VSSegmentationLib.tasks import DEFAULT_TASK

SCHEMA_FILE_NAME = "report.schema.json"
_SINCE_THE_FIRST: Mapping[str, Any] = {"task": DEFAULT_TASK.name, "side_reason": None, "learned": []}
"""Keys that reports of the first versions do not have, and what holds for them."""


def write_report_json(path: Path, content: ReportContent) -> None:
    """Write the report.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    text = json.dumps(to_plain(make_report(content), "report"), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_report_json(path: Path) -> Report:
    """Read a report back.

    Raises:
        InputRefusedError: If it is no report, of another schema version, or has a key that the schema does not know.
    """
    try:
        data = read_json_file(path)
    except ValueError as error:
        msg = "the report is no JSON in UTF-8 with finite numbers; give a report.json as segment or measure writes it"
        raise InputRefusedError(msg) from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        came = shortened(str(version), 40) if isinstance(version, int) else "a file without one"
        msg = f"a report of schema version {SCHEMA_VERSION} is needed, got {came}; write it anew with this version"
        raise InputRefusedError(msg)
    return from_plain(Report, {**_SINCE_THE_FIRST, **data}, "report", complete=True)


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `report.json`, as it is shipped."""
    text = (resources.files(__package__) / SCHEMA_FILE_NAME).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema

"""Write the JSON Schemas of `report.json` and `growth.json` anew from the types of report and comparison.

Usage: python tools/report_schema.py
"""

import json
from pathlib import Path

from VSSegmentationLib.codec import json_schema
from VSSegmentationLib.reporting.files import growth_tables
from VSSegmentationLib.reporting.files.report_json import SCHEMA_FILE_NAME
from VSSegmentationLib.reporting.growth.record import GrowthRecord
from VSSegmentationLib.reporting.report.report import Report


def schema_text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps({"title": "Vestibular schwannoma report", **json_schema(Report)}, indent=2) + "\n"


def growth_schema_text() -> str:
    """Return the schema of a comparison as the file holds it."""
    return json.dumps({"title": "Vestibular schwannoma comparison", **json_schema(GrowthRecord)}, indent=2) + "\n"


if __name__ == "__main__":
    folder = Path(growth_tables.__file__).parent
    for name, text in (
        (SCHEMA_FILE_NAME, schema_text()),
        (growth_tables.SCHEMA_FILE_NAME, growth_schema_text()),
    ):
        (folder / name).write_text(text, encoding="utf-8")
        print(f"wrote {name}")

"""Write the JSON Schema of `report.json` anew from the types of the report.

Usage: python docs/report_schema.py
"""

import json
from pathlib import Path

from VSSegmentationLib import reporting
from VSSegmentationLib.reporting.codec import json_schema
from VSSegmentationLib.reporting.report import Report
from VSSegmentationLib.reporting.report_json import SCHEMA_FILE_NAME


def schema_text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps({"title": "Vestibular schwannoma report", **json_schema(Report)}, indent=2) + "\n"


if __name__ == "__main__":
    path = Path(reporting.__file__).parent / SCHEMA_FILE_NAME
    path.write_text(schema_text(), encoding="utf-8")
    print(f"wrote {path.name}")

"""What every road has in common is written once: who puts contents together, and what a field of the report costs."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from VSSegmentationLib.reporting import Provenance, SourceFacts, questions

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for folder in ("VSSegmentation", "VSSegmentationLib", "Training", "benchmarks", "tools")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".ui"}
)


def holding(pattern: str) -> list[str]:
    found = re.compile(pattern)
    return [str(path.relative_to(ROOT)) for path in SOURCES if found.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("made", "where"),
    [
        ("ReportContent", "VSSegmentationLib/pipeline/measuring.py"),
        ("GrowthContent", "VSSegmentationLib/follow_up/comparing.py"),
    ],
)
def test_one_file_puts_a_content_together(made: str, where: str):
    assert holding(rf"(?<!class )\b{made}\(") == [where]


@pytest.mark.parametrize("name", [each.id for each in questions()])
def test_a_field_of_the_report_is_named_in_three_files_at_most(name: str):
    assert (
        1 <= len(holding(rf"""["'>]{name}["'<]|\b(node|fields|user_fields)\.{name}\b|\b{name}: str|\b{name}=""")) <= 3
    )


def test_the_guide_names_every_key_of_the_provenance():
    text = (ROOT / "docs" / "user_guide" / "report.md").read_text(encoding="utf-8")
    section = text.partition("### provenance.json")[2]
    keys = ["schema_version", *(each.name for kind in (Provenance, SourceFacts) for each in fields(kind))]
    assert [key for key in keys if f"`{key}`" not in section] == []

"""What the README says is what the files say."""

from pathlib import Path

import pytest

from Testing.support.documents import missing_links, missing_paths
from tools.accuracy_table import README, TABLES, looked_at, with_table
from VSSegmentationLib.models import Accuracy

README_LINES = 120
"""Everything longer than a first look belongs to docs/."""


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_the_accuracy_on_a_page_is_that_of_the_model_cards(page: Path):
    text = page.read_text(encoding="utf-8")
    assert with_table(text, TABLES[page]()) == text, "run: python tools/accuracy_table.py"


def test_a_value_counts_as_looked_at_unless_its_card_vouches_for_the_contrary():
    assert looked_at(Accuracy(data="a", measure="Dice", value=0.9)) == "yes: development"
    assert looked_at(Accuracy(data="a", measure="Dice", value=0.9, note="held out; 3 mm slices")) == "no: held out"


def test_the_short_table_has_one_row_for_each_scan_and_says_of_each_whether_it_was_looked_at():
    rows = [line for line in TABLES[README]().splitlines() if line.startswith("| ")][1:]
    scans = [row.split("|")[1].strip() for row in rows]
    assert len(scans) == len(set(scans)) > 0
    assert all(row.rstrip(" |").endswith((": development", "no: held out")) for row in rows)


def test_every_place_that_the_readme_points_to_exists():
    assert missing_links(README) == []
    assert missing_paths(README) == []


def test_the_readme_begins_with_a_picture_of_the_module_and_is_short():
    lines = README.read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines[1:] if line).startswith("![")
    assert len(lines) <= README_LINES


def test_the_readme_says_that_it_is_for_research_use_only():
    assert "For research use only. Not a medical device." in README.read_text(encoding="utf-8")

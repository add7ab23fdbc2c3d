"""The page about limits is made from the cards of the models."""

from Testing.support.documents import missing_links
from tools.limits_table import PAGE, tables, with_tables


def test_the_tables_on_the_page_are_those_of_the_model_cards():
    text = PAGE.read_text(encoding="utf-8")
    assert with_tables(text, tables()) == text, "run: python tools/limits_table.py"


def test_the_page_tells_of_every_limit_on_how_many_scans_it_holds_and_how_real_ones_did():
    found = tables()
    assert found.count("### ") == 2  # T2 and ceT1
    assert "On real scans the reference lies within the printed limit for" in found
    rows = [line for line in found.splitlines() if line.startswith("| Volume")]
    assert len(rows) == 6
    assert all(row.count("% of ") == 3 for row in rows)


def test_every_place_that_the_page_points_to_exists():
    assert missing_links(PAGE) == []

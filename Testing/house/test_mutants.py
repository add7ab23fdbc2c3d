"""The tool that changes code: what it changes, and that its list of changes that mean nothing fits the code."""

from pathlib import Path

import pytest

from tools.mutants.changes import changed_source, places_of
from tools.mutants.equivalent import Equivalent, equivalents, is_equivalent

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("listed", equivalents(), ids=lambda each: f"{Path(each.path).name}: {each.change[:40]}")
def test_each_change_that_means_nothing_is_one_that_there_is_and_has_its_reason(listed: Equivalent):
    found = [place for place in places_of(ROOT / listed.path) if is_equivalent(place, ROOT)]
    assert (listed.within, listed.change) in {(place.within, place.change) for place in found}
    assert listed.reason.endswith(".")


def test_comparisons_signs_numbers_and_conditions_are_changed_one_at_a_time(tmp_path: Path):
    path = tmp_path / "module.py"
    path.write_text("LIMIT = 5\n\n\ndef f(a, b):\n    if a > LIMIT and not b:\n        return a + b\n    return 0\n")
    found = {place.change: place for place in places_of(path)}
    assert {
        "5  ->  6", "a > LIMIT and (not b)  ->  a > LIMIT or not b", "a > LIMIT  ->  a >= LIMIT", "not b  ->  b",
        "a + b  ->  a - b",
    } == found.keys()  # fmt: skip
    assert not found["5  ->  6"].is_inside
    inner = found["a + b  ->  a - b"]
    assert (inner.line, inner.lines, inner.is_inside, inner.within) == (6, {6}, True, "f")
    assert found["not b  ->  b"].lines == {5}  # the condition without what depends on it
    assert "return a - b" in changed_source(inner)

"""What a label means is data of a label set: rooms that serve every kind of tumor name none."""

import re
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "VSSegmentationLib"
ROOMS = ("inference", "models", "networks", "losses", "preprocessing")
_NAMES_ONE = re.compile(r"\bLabel\.|\blabels import\b|\bTUMOR_LABELS\b|\bLABEL_STYLES\b")


@pytest.mark.parametrize("room", ROOMS)
def test_no_label_is_named(room):
    found = [
        f"{file.relative_to(LIBRARY)}:{number}"
        for file in sorted((LIBRARY / room).rglob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if _NAMES_ONE.search(line)
    ]
    assert found == []


def test_the_pattern_finds_what_it_should():
    for line in ("x == Label.COCHLEA", "from VSSegmentationLib.labels import tumor_mask", "in TUMOR_LABELS"):
        assert _NAMES_ONE.search(line)

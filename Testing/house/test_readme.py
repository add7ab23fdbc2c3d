"""What the README says is what the files say."""

import re
from pathlib import Path

from tools.accuracy_table import README, with_table

ROOT = Path(__file__).resolve().parents[2]


def test_the_accuracy_in_the_readme_is_that_of_the_model_cards():
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "run: python tools/accuracy_table.py"


def test_every_place_that_the_readme_points_to_exists():
    text = README.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    paths = re.findall(r"`((?:VSSegmentationLib|Training|docs)/[\w./]+)`", text)
    assert links
    assert paths
    assert [place for place in {*links, *paths} if not (ROOT / place).exists()] == []

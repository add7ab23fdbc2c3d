"""The changelog keeps the form of Keep a Changelog, and its newest release is the version of the package."""

import re
from pathlib import Path

import pytest

import VSSegmentationLib

TEXT = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_what_comes_next_stands_on_top_and_the_newest_release_is_the_version_of_the_package():
    assert HEADINGS[0] == "[Unreleased]"
    assert re.fullmatch(r"\[(.+)\] - \d{4}-\d{2}-\d{2}", HEADINGS[1])[1] == VSSegmentationLib.__version__


def test_releases_come_newest_first():
    versions = [tuple(map(int, re.findall(r"\d+", heading.split("]")[0]))) for heading in HEADINGS[1:]]
    assert versions == sorted(versions, reverse=True)


@pytest.mark.parametrize("section", re.split(r"^## .+$", TEXT, flags=re.MULTILINE)[1:], ids=HEADINGS)
def test_each_release_sorts_its_entries_by_kind_each_kind_once_and_in_order(section: str):
    kinds = re.findall(r"^### (.+)$", section, re.MULTILINE)
    assert kinds == [kind for kind in KINDS if kind in kinds]

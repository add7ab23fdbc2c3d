"""Documents point to what is there, advise what works, and name sources that exist."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from Testing.support.documents import ROOT, missing_links, missing_paths, tracked

PAGES = tracked("*.md")
_INSTALL = re.compile(r"pip install ((?:'[a-z][\w.\[\],<>=-]+'|[a-z][\w.]*==[\w.]+)(?: '[a-z][\w.\[\],<>=-]+')*)")
_LOST_SOURCE = re.compile(r"\b(?:was|were|is|are) (?:not|no longer) kept\b")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_of_a_page_leads_somewhere(page: Path):
    assert missing_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_path_that_a_page_names_exists(page: Path):
    assert missing_paths(page) == []


def test_nothing_advises_to_install_the_package_from_an_index_where_it_is_not():
    advice = re.compile(r"pip install [^\n`]*\bvs-segmentation\b|[\"'`]?vs-segmentation\[")
    found = [
        _name(path)
        for path in tracked("*.md", "*.py", "*.toml", "*.ui", "*.html", "*.ipynb", "*.yml", "*.yaml")
        if path != Path(__file__).resolve() and advice.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_what_messages_and_pages_advise_to_install_is_what_the_package_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    asked = {str(Requirement(line)) for line in (*project["dependencies"], *extras)}
    advised = {
        str(Requirement(word.strip("'")))
        for path in tracked("*.md", "VSSegmentationLib/*.py", "VSSegmentation/*.py", "Training/*.py")
        for words in _INSTALL.findall(path.read_text(encoding="utf-8"))
        for word in words.split()
    }
    assert advised
    assert advised - asked == set()


def test_no_document_rests_a_figure_on_a_source_that_is_gone():
    words = {_name(page): " ".join(page.read_text(encoding="utf-8").split()) for page in tracked("docs/*.md")}
    assert [name for name, text in words.items() if _LOST_SOURCE.search(text)] == []


def test_the_developer_guide_tells_of_every_room_and_of_no_other():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts = tools["importlinter"]["contracts"]
    (library,) = [each for each in contracts if each.get("containers") == ["VSSegmentationLib"]]
    rooms = {room.strip() for layer in library["layers"] for room in layer.split("|")}
    guide = (ROOT / "docs" / "developer_guide.md").read_text(encoding="utf-8")
    first_cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", guide, re.MULTILINE)
    assert {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)} == rooms

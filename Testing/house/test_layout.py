"""What Slicer, the license and the version demand of the repository's layout."""

import re
import tomllib
from pathlib import Path

import pytest

import VSSegmentationLib

ROOT = Path(__file__).resolve().parents[2]


def test_no_python_file_lies_in_the_root_where_slicer_would_load_it_as_a_module():
    assert list(ROOT.glob("*.py")) == []


def test_the_module_folder_holds_no_python_file_but_the_module():
    assert {path.name for path in (ROOT / "VSSegmentation").glob("*.py")} <= {"VSSegmentation.py"}


def test_the_version_stands_in_one_place_and_the_citation_agrees():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert "version" in project["dynamic"]
    assert re.search(r"^version: (.+)$", citation, re.MULTILINE)[1] == VSSegmentationLib.__version__


def test_the_changelog_has_a_place_for_what_comes_next():
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_license_is_apache_2_everywhere():
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE.txt").read_text(
        encoding="utf-8"
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "\nlicense: Apache-2.0\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["test", "test-all"])
@pytest.mark.parametrize("goal", ["lint", "types", "contracts", "docs", "unit"])
def test_make_test_runs_everything_that_has_to_hold(goal: str, command: str):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert goal in re.search(rf"^{command}: (lint .*)$", makefile, re.MULTILINE)[1].split()


def test_only_what_make_test_all_adds_is_deselected():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert 'SELECTED := -m "not slow"\n' in makefile
    assert "test-all: SELECTED :=\n" in makefile
    runs = re.findall(r"\$\(PYTEST\)(.*)$", makefile, re.MULTILINE)
    assert len(runs) == 3
    assert all("$(SELECTED)" in run for run in runs)


def test_the_make_file_installs_the_torch_that_tests_run_with_before_the_package():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "TORCH ?= torch==2.13.0\n" in makefile
    assert makefile.index('$(INSTALL) "$(TORCH)"') < makefile.index("$(INSTALL) --editable")


@pytest.mark.parametrize(
    "folder", ["VSSegmentationLib", "VSSegmentation", "Training", "Testing", "benchmarks", "tools", "docs"]
)
def test_no_file_grows_past_350_lines(folder: str):
    long = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > 350
    ]
    assert long == []


def test_every_data_file_of_the_library_is_package_data():
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "package-data"
    ]
    library = ROOT / "VSSegmentationLib"
    listed = {path for pattern in patterns["VSSegmentationLib"] for path in library.glob(pattern) if path.is_file()}
    there = {path for path in library.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert there - listed == {library / "CMakeLists.txt"}  # which Slicer's build reads, and a wheel does not
    assert all(any(library.glob(pattern)) for pattern in patterns["VSSegmentationLib"])

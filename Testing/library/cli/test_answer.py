"""The console gives the answer first; every measure only where it was asked for."""

import json
from pathlib import Path

import pytest

from Testing.support.phantoms import ice_cream
from Testing.support.reports import content_of, no_tumor
from Testing.support.toy_run import fill_toy_folder, segment
from VSSegmentationLib.cli.commands.results import answer_lines
from VSSegmentationLib.reporting.report.no_tumor import no_tumor_findings
from VSSegmentationLib.tasks import DEFAULT_TASK


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_toy_folder(tmp_path_factory.mktemp("toy"))


def test_answer_is_findings_side_headline_volumes_and_the_number_of_warnings():
    content = content_of(ice_cream((1.5, 0.4, 0.4)), warnings=("The slices are thick.", "The scan is tilted."))
    assert answer_lines(content) == [
        "A tumor was found.",
        "Side: not determined",
        "Largest axial diameter, extrameatal part: 16.1 mm",
        "Volume, whole tumor: 2.238 cm³ (extrameatal 2.067 cm³, intrameatal 0.171 cm³)",
        "Warnings: 2, told below and in the report",
    ]


def test_without_tumor_the_answer_names_no_number_but_that_of_the_uncertain_region():
    candidate = {"volume_mm3": 1200.0, "side": "left", "mean_probability": 0.68, "reason": "mean probability 0.68"}
    content = content_of(no_tumor(), findings=no_tumor_findings([candidate], ()), candidates=(candidate,))
    (line,) = answer_lines(content)
    assert line.startswith("No tumor was found. Uncertain: a region of 1.200 cm³ on the left side")
    assert line.endswith("This is no evidence of absence: a small tumor can be missed.")


def test_measures_come_with_verbose_alone(toy: Path, tmp_path: Path):
    short = segment(toy, tmp_path / "short", "--format", "json")
    long = segment(toy, tmp_path / "long", "--format", "json", "--verbose")
    assert short.out.splitlines()[0].startswith("A tumor was found")
    assert "Craniocaudal height" not in short.out
    assert "Craniocaudal height" in long.out
    assert long.out.splitlines()[:2] == short.out.splitlines()[:2]


def test_a_program_gets_warnings_before_the_result_which_is_the_last_line(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--format", "json", "--progress", "json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    told = [line["warning"] for line in lines if "warning" in line]
    assert told == [*lines[-1]["result"]["warnings"], *lines[-1]["result"]["remarks"]]
    assert [each["id"] for each in lines[-1]["result"]["measurements"]] == list(DEFAULT_TASK.definitions)

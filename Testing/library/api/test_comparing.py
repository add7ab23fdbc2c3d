"""Comparing examinations through the door."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

import VSSegmentationLib as vs
from Testing.support.phantoms import ball, labeled
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import write_segmentation
from VSSegmentationLib.measurement.growth import GrowthLimits, Reference
from VSSegmentationLib.reporting import NOTICE

SPACING = (1.0, 0.5, 0.5)


def of_ball(diameter_mm: float) -> vs.Volume:
    return labeled(np.pad(ball(diameter_mm, SPACING), 4), SPACING)


@pytest.fixture(scope="module")
def balls() -> tuple[vs.Result, vs.Result]:
    return vs.measure(of_ball(10.0)), vs.measure(of_ball(14.0))


def test_results_and_the_folders_they_were_saved_to_give_the_same_comparison(balls, tmp_path: Path):
    folders = [result.save(tmp_path / str(number)) for number, result in enumerate(balls)]
    of_results = vs.compare(balls, days=(0, 380)).to_dict()["series"]
    assert vs.compare([str(folders[0]), folders[1]], days=(0, 380)).to_dict()["series"] == of_results
    assert vs.compare([balls[0], folders[1]], days=(0, 380)).to_dict()["series"] == of_results


def test_the_change_is_that_of_the_balls(balls):
    comparison = vs.compare(balls, days=(0, 380))
    change = comparison.growth.of("vol_total").change(Reference.BASELINE, 1)
    assert change.percent.value == pytest.approx(100 * (1.4**3 - 1), rel=0.05)
    assert change.days == 380
    length = comparison.growth.of("whole_max_axial").change(Reference.BASELINE, 1)
    assert length.delta.value == pytest.approx(4.0, abs=0.6)


def test_labelmaps_can_be_compared_and_the_order_is_that_of_time(tmp_path: Path):
    write_segmentation(tmp_path / "early.seg.nrrd", of_ball(10.0))
    write_segmentation(tmp_path / "late.seg.nrrd", of_ball(14.0))
    growth = vs.compare([tmp_path / "late.seg.nrrd", tmp_path / "early.seg.nrrd"], days=(380, 0)).growth
    early, late = (each.value for each in growth.of("vol_total").measurements)
    assert early < late


@pytest.mark.parametrize("dates", [("2025-01-10", "2026-01-25"), (dt.date(2025, 1, 10), dt.date(2026, 1, 25))])
def test_dates_count_as_days_and_stay_inside_unless_asked_for(balls, dates):
    comparison = vs.compare(balls, dates=dates)
    assert [each.days for each in comparison.growth.examinations] == [0, 380]
    assert "2025-01-10" not in json.dumps(comparison.to_dict())
    assert "2025-01-10" in json.dumps(vs.compare(balls, dates=dates, with_dates=True).to_dict())


def test_other_limits_flag_other_changes(balls):
    small, large = (
        vs.compare(balls, days=(0, 380), limits=GrowthLimits(mm=mm)).growth.of("whole_max_axial") for mm in (2.0, 9.0)
    )
    directions = [each.change(Reference.BASELINE, 1).mm_limit.direction.value for each in (small, large)]
    assert directions == ["increase", "within"]


def test_saving_writes_table_page_and_the_plain_data(balls, tmp_path: Path):
    comparison = vs.compare(balls, days=(0, 380))
    folder = comparison.save(str(tmp_path / "growth"))
    assert {path.name for path in folder.iterdir()} == {"growth.json", "growth.csv", "growth.html"}
    assert json.loads((folder / "growth.json").read_text(encoding="utf-8")) == comparison.to_dict()
    with pytest.raises(UsageError, match="exists and is not empty"):
        comparison.save(folder)
    comparison.save(folder, force=True)


def test_a_notebook_shows_curve_changes_and_notice(balls):
    html = vs.compare(balls, days=(0, 380))._repr_html_()
    assert "data:image/svg+xml;base64," in html
    assert "over 380 days" in html
    assert NOTICE in html
    assert "DRAFT" in html


def test_warnings_of_one_examination_are_told_with_its_number(balls):
    at_the_border = np.zeros((20, 30, 30), bool)
    at_the_border[:8, 10:20, 10:20] = True
    cut = vs.measure(labeled(at_the_border, SPACING))
    warnings = vs.compare([balls[0], cut], days=(0, 380)).warnings
    assert [each for each in warnings if each.startswith("Examination 2: ") and "border" in each]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, r"not known; give days=\(0, 380\)"),
        ({"days": (0,)}, "a day is needed for each of the 2 examinations, got 1"),
        ({"days": (0, 380), "dates": ("2025-01-10", "2026-01-25")}, "give one of them"),
        ({"dates": ("10.1.2025", "25.1.2026")}, "written as year-month-day"),
        ({"days": (0, 380), "align": True}, "needed to align them"),
    ],
)
def test_what_does_not_tell_the_times_is_refused(balls, settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        vs.compare(balls, **settings)


def test_fewer_than_two_and_folders_without_results_are_refused(balls, tmp_path: Path):
    for too_few in (balls[0], [balls[0]], [], "folder"):
        with pytest.raises(UsageError, match="at least two examinations"):
            vs.compare(too_few, days=(0,))
    with pytest.raises(InputRefusedError, match="a folder to compare must hold"):
        vs.compare([tmp_path, balls[1]], days=(0, 380))


def test_results_of_different_cases_are_compared_only_where_that_is_said():
    exams = [
        vs.measure(vs.SAMPLE_FOLDER / f"exam{number}_truth.nii.gz", case=case) for number, case in ((1, "A"), (2, "B"))
    ]
    with pytest.raises(UsageError, match="carry different case names"):
        vs.compare(exams, days=(0, 380))
    compared = vs.compare(exams, days=(0, 380), different_cases=True)
    assert [each["case"] for each in compared.to_dict()["examinations"]] == ["A", "B"]

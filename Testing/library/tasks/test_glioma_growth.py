"""Gliomas are compared by RANO's product and its published limits: what was measured, and no response."""

import json
from pathlib import Path

import pytest

from Testing.library.measurement.glioma.test_measure import CAVITY_MM, RIM_MM, glioma
from Testing.support.command import in_this_process
from Testing.support.reports import Page
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.measurement.growth import Direction, GrowthLimits, PublishedLimits, Reference
from VSSegmentationLib.measurement.growth.change import Reading, change_between
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.tasks.glioma import GLIOMA

RANO = GLIOMA.published_limits["rano_product"]


def product(mm2: float | None) -> Measurement:
    return Measurement(
        id="rano_product", region="enhancing", name="Bidimensional product", value=mm2, unit="mm2", method="as given",
        reason=None if mm2 is not None else "not measurable by RANO",
    )  # fmt: skip


def change(before: float | None, after: float | None, reference: Reference = Reference.BASELINE):
    readings = (Reading(0, 0, product(before)), Reading(1, 120, product(after)))
    return change_between(reference, *readings, GrowthLimits(), published=RANO)


def test_the_limits_are_those_that_wen_et_al_published():
    assert (RANO.decrease_percent, RANO.increase_percent) == (50.0, 25.0)
    assert RANO.against == (Reference.BASELINE, Reference.NADIR)


@pytest.mark.parametrize(
    ("before", "after", "direction", "limit"),
    [
        (400.0, 200.0, Direction.DECREASE, 50.0),  # exactly half
        (400.0, 201.0, Direction.WITHIN, 50.0),
        (400.0, 500.0, Direction.INCREASE, 25.0),  # exactly a quarter more
        (400.0, 499.0, Direction.WITHIN, 25.0),
        (400.0, 290.0, Direction.WITHIN, 50.0),  # -27.5 %: more than the limit on the other side
        (400.0, 400.0, Direction.WITHIN, 25.0),
    ],
)
def test_each_side_has_its_own_limit(before, after, direction, limit):
    check = change(before, after).percent_limit
    assert (check.direction, check.limit) == (direction, limit)


def test_a_pair_that_rano_does_not_compare_and_a_product_that_is_not_there_have_a_reason():
    against_previous = change(400.0, 900.0, Reference.PREVIOUS).percent_limit
    assert against_previous.direction is None
    assert against_previous.reason == "RANO 2010 compares with baseline and nadir"
    assert change(400.0, 900.0, Reference.NADIR).percent_limit.direction is Direction.INCREASE
    missing = change(400.0, None).percent_limit
    assert missing.direction is None
    assert "not measurable by RANO" in missing.reason


def test_other_measures_keep_the_usual_limits():
    volume = Measurement(
        id="vol_whole", region="whole", name="Volume", value=10.0, unit="cm3", method="as given", reason=None
    )
    readings = (Reading(0, 0, volume), Reading(1, 120, volume))
    assert change_between(Reference.BASELINE, *readings, GrowthLimits(percent=15.0)).percent_limit.limit == 15.0


def scaled(half_axes_mm, factor: float):
    return tuple(factor * each for each in half_axes_mm)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rim and cavity at 1, 0.65 and 0.8 times their size: areas of 1, 0.4225 and 0.64."""
    folder = tmp_path_factory.mktemp("gliomas")
    results = []
    for number, factor in enumerate((1.0, 0.65, 0.8)):
        write_image(folder / f"{number}.nii.gz", glioma("oblique", scaled(RIM_MM, factor), scaled(CAVITY_MM, factor)))
        results.append(folder / f"result_{number}")
        done = in_this_process(
            "measure", folder / f"{number}.nii.gz", "--task", "glioma", "--values", "own", "--out", results[-1]
        )
        assert done.code == 0, done.err
    done = in_this_process("compare", *results, "--days", "0,100,200", "--out", folder / "growth")
    assert done.code == 0, done.err
    return folder / "growth"


def test_three_examinations_are_set_against_the_limits_of_rano(compared: Path):
    record = json.loads((compared / "growth.json").read_text(encoding="utf-8"))
    series = next(each for each in record["series"] if each["id"] == "rano_product")
    told = {(each["reference"], each["to_index"]): each["percent_limit"] for each in series["changes"]}
    percents = {(each["reference"], each["to_index"]): each["percent"]["value"] for each in series["changes"]}
    assert percents["baseline", 1] == pytest.approx(100 * (0.65**2 - 1), abs=6)
    assert told["baseline", 1]["direction"] == "decrease"
    assert percents["nadir", 2] == pytest.approx(100 * ((0.8 / 0.65) ** 2 - 1), abs=12)
    assert told["nadir", 2]["direction"] == "increase"
    assert told["baseline", 2]["direction"] == "within"
    assert told["previous", 2]["direction"] is None


def test_the_page_says_whose_limits_they_are_and_names_no_response(compared: Path):
    page = Page((compared / "growth.html").read_text(encoding="utf-8"))
    assert "RANO 2010: −50 %, +25 %" in page.text
    assert "down by 50" in page.text
    assert "up by 25" in page.text
    assert "no response" in page.text
    for word in ("partial response", "progressive disease", "progression", "stable disease", "chwannoma"):
        assert word not in page.text, word


def test_a_task_names_limits_of_measures_that_it_has():
    assert all(isinstance(limits, PublishedLimits) for limits in GLIOMA.published_limits.values())
    assert set(GLIOMA.published_limits) <= set(GLIOMA.definitions)

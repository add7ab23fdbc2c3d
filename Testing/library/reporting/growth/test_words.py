"""How figures, limits and missing values are put into words."""

import pytest

from Testing.support.growth_cases import diameter_change, examination, volume_change
from VSSegmentationLib.measurement.growth import (
    Direction,
    Figure,
    LimitCheck,
    Treatment,
    TreatmentKind,
    compare,
)
from VSSegmentationLib.reporting.growth.words import (
    Notes,
    change_sentence,
    check_cell,
    figure_cell,
    limit_words,
    signed,
)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(1.949, "mm", "+1.9"), (-0.25, "mm", "-0.2"), (0.0, "cm3", "+0.000"), (23.04, "%", "+23.0")],
)
def test_a_change_has_a_sign_and_the_decimals_of_its_unit(value: float, unit: str, text: str):
    assert signed(value, unit) == text


def test_rounding_never_shows_a_limit_that_is_not_reached():
    change = diameter_change(12.0, 13.9996)
    assert change.mm_limit.direction is Direction.WITHIN
    assert signed(change.delta.value, "mm", change.mm_limit) == "+1.9996"
    volume = volume_change(1.0, 1.1999)
    assert signed(volume.percent.value, "%", volume.percent_limit) == "+19.99"
    assert signed(-1.96, "mm", LimitCheck(Direction.WITHIN, 2.0, "mm")) == "-1.96"


@pytest.mark.parametrize(
    ("direction", "text"),
    [
        (Direction.INCREASE, "up by 2 mm or more"),
        (Direction.DECREASE, "down by 2 mm or more"),
        (Direction.WITHIN, "less than 2 mm"),
    ],
)
def test_limits_are_told_in_words(direction: Direction, text: str):
    assert limit_words(LimitCheck(direction, 2.0, "mm")).replace("\u00a0", " ") == text


def test_a_reason_has_one_number_wherever_it_stands():
    notes = Notes()
    cells = [figure_cell(Figure(None, "mm", reason), notes) for reason in ("it is gone", "it is <new>", "it is gone")]
    assert ["<sup>1<" in cells[0], "<sup>2<" in cells[1], "<sup>1<" in cells[2]] == [True] * 3
    listed = notes.listed()
    assert listed.count("It is gone.") == 1
    assert "It is &lt;new&gt;." in listed


def test_a_limit_that_is_reached_stands_out_and_one_that_is_not_asked_has_a_note():
    notes = Notes()
    assert 'class="reached"' in check_cell(LimitCheck(Direction.INCREASE, 20.0, "%"), notes)
    assert 'class="reached"' not in check_cell(LimitCheck(Direction.WITHIN, 20.0, "%"), notes)
    assert "<sup>1</sup>" in check_cell(LimitCheck(None, 20.0, "%", "not for this measure"), notes)


def sentence(measurement_id: str, *examinations, **options) -> str:
    return change_sentence(compare(examinations, **options).of(measurement_id)).replace("\u00a0", " ")


def test_the_sentence_of_a_diameter_tells_change_time_and_limit():
    text = sentence("whole_max_axial", examination(0, mm=12.9), examination(365, mm=14.8))
    assert text == "+1.9 mm over 365 days; less than 2 mm."


def test_the_sentence_of_a_volume_tells_the_uncertainty_too():
    text = sentence("vol_total", examination(0, 1.0), examination(365, 1.23))
    assert text == "+23.0 % over 365 days; up by 20 % or more; beyond the uncertainty of 20 %."
    text = sentence("vol_total", examination(0, 0.1), examination(365, 0.08))
    assert text == "-20.0 % over 365 days; down by 20 % or more; within the uncertainty of 38 %."


def test_the_sentence_says_why_there_is_no_change():
    text = sentence("vol_total", examination(0, 0.0), examination(365, 0.3))
    assert text == "Change: not defined, because it was 0 in examination 1."


def test_after_radiosurgery_the_sentence_says_so():
    treatments = [Treatment(TreatmentKind.RADIOSURGERY, 30)]
    text = sentence("vol_total", examination(0, 1.0), examination(365, 1.23), treatments=treatments)
    assert text.endswith("Change after radiosurgery; transient enlargement is common in this interval.")

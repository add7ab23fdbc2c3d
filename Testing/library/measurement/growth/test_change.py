"""Each figure of a change is right, or says why there is none."""

import math
from dataclasses import replace

import pytest

from Testing.support.growth_cases import diameter_change, examination, volume_change
from VSSegmentationLib.measurement.growth import Direction, GrowthLimits, Reference, compare
from VSSegmentationLib.measurement.uncertainty import no_limit
from VSSegmentationLib.measurement.value import Uncertainty


def test_a_volume_that_grows_by_23_percent_in_a_year_has_the_golden_figures():
    change = volume_change(1.000, 1.230)
    assert change.delta.value == pytest.approx(0.230)
    assert change.delta.unit == "cm3"
    assert change.percent.value == pytest.approx(23.0)
    assert change.sgr_per_day.value == pytest.approx(5.67162e-4, abs=5e-10)
    assert change.percent_per_year.value == pytest.approx(23.0174, abs=5e-5)
    assert change.doubling_time_days.value == pytest.approx(1222.13, abs=5e-3)
    assert change.per_year.value == pytest.approx(0.230 * 365.25 / 365)


def test_a_diameter_has_a_rate_in_mm_and_no_doubling_time():
    change = diameter_change(12.9, 14.8)
    assert change.per_year.value == pytest.approx(1.9013, abs=5e-5)
    assert change.percent.value == pytest.approx(100 * 1.9 / 12.9)
    for figure in (change.sgr_per_day, change.percent_per_year, change.doubling_time_days):
        assert figure.value is None
        assert figure.reason == "given for volumes only"


def test_a_volume_that_shrinks_has_no_doubling_time():
    change = volume_change(5.122, 0.818)
    assert change.percent.value == pytest.approx(-84.03, abs=5e-3)
    assert change.sgr_per_day.value < 0
    assert change.doubling_time_days.reason == "not calculable, because the volume did not rise"
    assert volume_change(1.0, 1.0).doubling_time_days.reason == "not calculable, because the volume did not rise"


@pytest.mark.parametrize(
    ("before", "after", "beyond", "limit"),
    [
        (1.0, 1.199, Direction.WITHIN, 20.0),
        (1.0, 1.2, Direction.INCREASE, 20.0),
        (1.0, 0.8, Direction.DECREASE, 20.0),
        (0.15, 0.19, Direction.WITHIN, 38.0),  # +27 %: the band of the smaller volume is the widest
        (0.15, 0.21, Direction.INCREASE, 38.0),  # +40 %
        (0.25, 0.18, Direction.WITHIN, 38.0),  # -28 %: the smaller volume is the later one
        (4.0, 4.5, Direction.INCREASE, 11.0),  # +12.5 %
        (3.0, 3.5, Direction.WITHIN, 20.0),  # +16.7 %
    ],
)
def test_the_smaller_volume_decides_what_lies_beyond_the_uncertainty(
    before: float, after: float, beyond: Direction, limit: float
):
    change = volume_change(before, after)
    assert change.beyond_uncertainty.direction is beyond
    assert change.beyond_uncertainty.limit == limit


def test_a_doubling_time_is_given_only_beyond_the_uncertainty():
    assert volume_change(0.15, 0.21).doubling_time_days.value > 0
    within = volume_change(0.15, 0.19)
    assert within.sgr_per_day.value > 0
    assert within.doubling_time_days.reason == (
        "not calculable, because the volume did not rise beyond the uncertainty of 38 %"
    )


def test_a_volume_that_was_0_has_no_change_in_percent_and_it_is_not_called_0():
    change = volume_change(0.0, 0.3)
    assert change.delta.value == pytest.approx(0.3)
    for figure in (change.percent, change.sgr_per_day, change.percent_per_year, change.doubling_time_days):
        assert figure.value is None
        assert figure.reason == "not defined, because it was 0 in examination 1"
    assert change.percent_limit.direction is None
    assert change.beyond_uncertainty.direction is None


def test_a_tumor_that_is_gone_lost_100_percent_and_has_no_rate():
    change = volume_change(0.3, 0.0)
    assert change.percent.value == -100
    assert change.percent_limit.direction is Direction.DECREASE
    assert "0 in examination 2" in change.sgr_per_day.reason


def test_two_examinations_of_one_day_have_a_change_and_no_rate():
    change = volume_change(1.0, 1.5, days=0)
    assert change.percent.value == pytest.approx(50)
    for figure in (change.per_year, change.percent_per_year, change.sgr_per_day, change.doubling_time_days):
        assert "same day" in figure.reason


@pytest.mark.parametrize(("days", "told"), [(1, "only 1 day lies between"), (89, "only 89 days lie between")])
def test_below_90_days_there_is_a_change_and_a_reason_instead_of_any_rate(days: int, told: str):
    change = volume_change(1.0, 7.0, days=days)  # over one day, 7 to the power of 365.25 is no number any more
    assert change.percent.value == pytest.approx(600)
    assert change.percent_limit.direction is Direction.INCREASE
    for figure in (change.per_year, change.percent_per_year, change.sgr_per_day, change.doubling_time_days):
        assert figure.value is None
        assert told in figure.reason
    length = diameter_change(10.0, 12.0, days=days)
    assert length.delta.value == pytest.approx(2.0)
    assert told in length.per_year.reason


def test_from_90_days_on_rates_are_those_of_the_formulas():
    change = volume_change(1.0, 1.2, days=90)
    assert change.per_year.value == pytest.approx(0.2 * 365.25 / 90)
    assert change.sgr_per_day.value == pytest.approx(math.log(1.2) / 90)
    assert change.percent_per_year.value == pytest.approx(100 * (1.2 ** (365.25 / 90) - 1))
    assert change.doubling_time_days.value == pytest.approx(90 * math.log(2) / math.log(1.2))
    assert diameter_change(10.0, 12.0, days=90).per_year.value == pytest.approx(2.0 * 365.25 / 90)


def test_what_was_not_measurable_keeps_its_reason():
    change = diameter_change(None, 12.0)
    for figure in (change.delta, change.percent, change.per_year):
        assert figure.reason == "not measurable in examination 1: it is not there"
    assert change.mm_limit.direction is None


@pytest.mark.parametrize(
    ("after_mm", "direction"),
    [
        (14.9, Direction.INCREASE),  # 14.9 - 12.9 is 2.0 but for the last bit
        (14.899, Direction.WITHIN),
        (10.9, Direction.DECREASE),
        (10.901, Direction.WITHIN),
    ],
)
def test_two_mm_are_flagged_from_exactly_2_mm_on(after_mm: float, direction: Direction):
    assert diameter_change(12.9, after_mm).mm_limit.direction is direction


def test_mm_and_percent_are_flagged_apart():
    """A ball of 12 mm that grows to 13 mm has 27 % more volume: beyond one limit, within the other."""
    growth = compare([examination(0, 0.9048, 12.0), examination(365, 1.1503, 13.0)])
    volume = growth.of("vol_total").change(Reference.BASELINE, 1)
    diameter = growth.of("whole_max_axial").change(Reference.BASELINE, 1)
    assert (volume.percent_limit.direction, volume.mm_limit.direction) == (Direction.INCREASE, None)
    assert (diameter.percent_limit.direction, diameter.mm_limit.direction) == (None, Direction.WITHIN)


def test_a_smaller_gap_to_the_fundus_is_no_smaller_tumor():
    growth = compare([examination(0, gap_mm=5.0), examination(365, gap_mm=1.0)])
    change = growth.of("fundus_gap").change(Reference.BASELINE, 1)
    assert change.delta.value == pytest.approx(-4.0)
    assert change.mm_limit.direction is None


def test_limits_can_be_chosen():
    limits = GrowthLimits(mm=3.0, percent=13.0)
    assert diameter_change(12.0, 14.5, limits=limits).mm_limit.direction is Direction.WITHIN
    assert volume_change(1.0, 1.14, limits=limits).percent_limit.direction is Direction.INCREASE


def test_a_change_is_not_judged_where_the_limit_of_either_examination_is_not_known():
    unknown = no_limit("%", "no limit: the mask was edited and not yet checked")
    one, other = examination(0, 1.0), examination(365, 2.0)
    edited = replace(
        other, measurements=tuple(replace(m, uncertainty=unknown) if m.value else m for m in other.measurements)
    )
    for pair in ([one, edited], [replace(edited, days=0), replace(one, days=365)]):
        change = compare(pair).of("vol_total").change(Reference.BASELINE, 1)
        assert change.beyond_uncertainty.direction is None
        assert change.beyond_uncertainty.reason == "no limit: the mask was edited and not yet checked"
        assert change.doubling_time_days.value is None


def test_the_larger_of_two_measured_limits_decides():
    def with_limit(examined, beyond):
        limit = Uncertainty(value=10.0, unit="%", kind="measured", source="as given", beyond=beyond)
        return replace(
            examined, measurements=tuple(replace(m, uncertainty=limit) if m.value else m for m in examined.measurements)
        )

    growth = compare([with_limit(examination(0, 1.0), 14.0), with_limit(examination(365, 1.2), 25.0)])
    check = growth.of("vol_total").change(Reference.BASELINE, 1).beyond_uncertainty
    assert (check.limit, check.direction) == (25.0, Direction.WITHIN)

"""Any number of examinations: order, references, wording, and what both limits mean."""

import datetime as dt

import pytest

from Testing.support.growth_cases import diameter_change, examination, volume_change
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.measurement.growth import (
    AFTER_RADIOSURGERY,
    GrowthLimits,
    Reference,
    Treatment,
    TreatmentKind,
    compare,
    days_from_dates,
)


def test_examinations_are_sorted_and_counted_from_the_earliest():
    growth = compare([examination(700, 1.4), examination(-30, 1.0), examination(335, 1.2)])
    assert [e.days for e in growth.examinations] == [0, 365, 730]
    assert [m.value for m in growth.of("vol_total").measurements] == [1.0, 1.2, 1.4]


def test_each_later_examination_is_compared_with_baseline_previous_and_nadir():
    volumes = (2.0, 1.0, 1.3, 1.5)
    series = compare([examination(365 * i, cm3) for i, cm3 in enumerate(volumes)]).of("vol_total")
    assert len(series.changes) == 9
    last = {reference: series.change(reference, 3) for reference in Reference}
    assert [last[r].from_index for r in (Reference.BASELINE, Reference.PREVIOUS, Reference.NADIR)] == [0, 2, 1]
    assert last[Reference.BASELINE].percent.value == pytest.approx(-25)
    assert last[Reference.PREVIOUS].percent.value == pytest.approx(100 * 0.2 / 1.3)
    assert last[Reference.NADIR].percent.value == pytest.approx(50)
    assert last[Reference.NADIR].days == 730


def test_slow_change_hides_between_neighbors_and_shows_against_the_baseline():
    series = compare([examination(180 * i, 1.0 * 1.08**i) for i in range(5)]).of("vol_total")
    assert all(series.change(Reference.PREVIOUS, i).percent_limit.direction == "within" for i in range(1, 5))
    assert series.change(Reference.BASELINE, 4).percent_limit.direction == "increase"


def test_of_equal_lowest_values_the_earliest_is_the_nadir():
    series = compare([examination(365 * i, cm3) for i, cm3 in enumerate((1.0, 0.8, 0.8, 0.9))]).of("vol_total")
    assert series.change(Reference.NADIR, 3).from_index == 1


def test_the_nadir_is_looked_for_among_what_was_measurable():
    diameters = (None, 12.0, 11.0, 13.0)
    series = compare([examination(365 * i, mm=mm) for i, mm in enumerate(diameters)]).of("whole_max_axial")
    assert series.change(Reference.NADIR, 3).delta.value == pytest.approx(2.0)
    assert series.change(Reference.BASELINE, 3).delta.value is None
    assert "examination 1" in series.change(Reference.NADIR, 1).delta.reason


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_examinations_are_refused(count: int):
    with pytest.raises(UsageError, match="at least two"):
        compare([examination(i) for i in range(count)])


def test_examinations_that_hold_other_measures_are_refused():
    other = examination(365)
    object.__setattr__(other, "measurements", other.measurements[:2])
    with pytest.raises(UsageError, match="different measures"):
        compare([examination(0), other])


def test_a_measure_that_was_not_taken_is_refused_by_name():
    with pytest.raises(UsageError, match="there are vol_total"):
        compare([examination(0), examination(1)]).of("em_ap")


@pytest.mark.parametrize(
    ("treated", "examined", "transient"),
    [
        (100, 100 + 600, True),
        (-240, 365, True),  # 20 months before: the baseline itself is after radiosurgery
        (0, 1278, True),  # 42 months are 1278.4 days
        (0, 1279, False),
        (365, 365, False),  # the scan of the day of treatment, which planned it
        (400, 365, False),
    ],
)
def test_within_42_months_of_radiosurgery_a_change_is_called_so(treated: int, examined: int, transient: bool):
    change = volume_change(1.0, 1.5, examined, treatments=[Treatment(TreatmentKind.RADIOSURGERY, treated)])
    assert change.wording == (AFTER_RADIOSURGERY if transient else "change")


def test_after_radiosurgery_only_an_enlargement_is_spoken_of_as_one():
    treated = [Treatment(TreatmentKind.RADIOSURGERY, 30)]
    assert volume_change(1.0, 0.8, 365, treatments=treated).wording == "change"
    assert volume_change(1.0, 1.0, 365, treatments=treated).wording == "change"
    assert volume_change(None, 1.0, 365, treatments=treated).wording == "change"
    growth = compare([examination(0, gap_mm=1.0), examination(365, gap_mm=3.0)], treatments=treated)
    assert growth.of("fundus_gap").change(Reference.BASELINE, 1).wording == "change"  # a wider gap is no larger tumor


def test_the_wording_after_radiosurgery_is_the_agreed_one():
    assert AFTER_RADIOSURGERY == "change after radiosurgery; transient enlargement is common in this interval"


def test_surgery_is_no_radiosurgery():
    change = volume_change(1.0, 1.5, 365, treatments=[Treatment(TreatmentKind.SURGERY, 10)])
    assert change.wording == "change"


def test_treatments_are_counted_from_the_baseline_too():
    growth = compare([examination(100), examination(465)], treatments=[Treatment(TreatmentKind.RADIOSURGERY, 40)])
    assert growth.treatments == (Treatment(TreatmentKind.RADIOSURGERY, -60),)


def test_what_2_mm_mean_is_told_at_the_size_of_the_baseline_too():
    growth = compare([examination(0, mm=12.9), examination(365, mm=14.8)])
    at_sizes = {each.diameter_mm: each for each in growth.limits_at_size}
    assert list(at_sizes) == [5, 8, 10, 12, 12.9, 15, 20, 25, 30]
    assert at_sizes[12.9].percent_of_mm_limit == pytest.approx(100 * ((14.9 / 12.9) ** 3 - 1))


def test_a_baseline_without_a_headline_gives_the_usual_sizes_only():
    growth = compare([examination(0, mm=None), examination(365)])
    assert len(growth.limits_at_size) == 8


def test_the_table_of_sizes_follows_the_limits():
    growth = compare([examination(0), examination(365)], limits=GrowthLimits(mm=3.0, percent=13.0))
    ten = next(each for each in growth.limits_at_size if each.diameter_mm == 10)
    assert ten.percent_of_mm_limit == pytest.approx(119.7)
    assert ten.mm_of_percent_limit == pytest.approx(10 * (1.13 ** (1 / 3) - 1))


def test_a_comparison_is_reviewed_only_when_each_examination_is():
    assert compare([examination(0, reviewed=True), examination(1, reviewed=True)]).reviewed
    assert not compare([examination(0, reviewed=True), examination(1)]).reviewed


def test_days_are_counted_from_the_earliest_date():
    dates = [dt.date(2024, 3, 1), dt.date(2023, 3, 1), dt.date(2024, 2, 29)]
    assert days_from_dates(dates) == (366, 0, 365)  # 2024 has a leap day


def test_the_order_in_which_examinations_are_given_changes_nothing():
    examinations = [examination(365 * i, cm3, mm) for i, (cm3, mm) in enumerate([(1.0, 12), (0.7, 11), (1.1, 13)])]
    assert compare(examinations).series == compare(examinations[::-1]).series


def test_no_change_is_no_change():
    assert diameter_change(12.0, 12.0).delta.value == 0
    assert volume_change(1.0, 1.0).sgr_per_day.value == 0


def test_limits_are_told_at_the_sizes_that_follow_up_is_about_and_at_that_of_the_baseline():
    growth = compare([examination(0, mm=None), examination(365, mm=None)])
    assert [each.diameter_mm for each in growth.limits_at_size] == [5, 8, 10, 12, 15, 20, 25, 30]

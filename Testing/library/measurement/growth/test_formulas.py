"""The golden values of the formulas, and their closed forms."""

import math

import pytest

from VSSegmentationLib.measurement.growth.formulas import (
    doubling_time_days,
    limits_at_size,
    per_year,
    percent_change,
    percent_per_year,
    specific_growth_rate_per_day,
)


def test_a_volume_of_1000_that_is_1230_after_365_days_has_the_golden_rates():
    rate = specific_growth_rate_per_day(1000, 1230, 365)
    assert percent_change(1000, 1230) == pytest.approx(23.0)
    assert rate == pytest.approx(5.67162e-4, abs=5e-10)
    assert rate * 365.25 == pytest.approx(0.207156, abs=5e-7)
    assert percent_per_year(rate) == pytest.approx(23.0174, abs=5e-5)
    assert doubling_time_days(rate) == pytest.approx(1222.13, abs=5e-3)
    assert doubling_time_days(rate) / 365.25 == pytest.approx(3.34602, abs=5e-6)


def test_a_diameter_from_12_9_to_14_8_mm_in_365_days_grows_by_1_9013_mm_per_year():
    assert per_year(14.8 - 12.9, 365) == pytest.approx(1.9013, abs=5e-5)


def test_a_volume_from_5122_to_818_loses_84_03_percent():
    assert percent_change(5122, 818) == pytest.approx(-84.03, abs=5e-3)


def test_a_volume_that_doubles_in_100_days_has_a_doubling_time_of_100_days():
    assert doubling_time_days(specific_growth_rate_per_day(0.3, 0.6, 100)) == pytest.approx(100)


def test_growing_and_shrinking_by_the_same_factor_have_opposite_rates():
    rate = specific_growth_rate_per_day(2.0, 3.0, 50)
    assert specific_growth_rate_per_day(3.0, 2.0, 50) == pytest.approx(-rate)
    assert rate == pytest.approx(math.log(1.5) / 50)


@pytest.mark.parametrize(
    ("diameter_mm", "percent", "mm"),
    [
        (5, 174.4, 0.313), (8, 95.3, 0.501), (10, 72.8, 0.627), (12, 58.8, 0.752),
        (15, 45.6, 0.940), (20, 33.1, 1.253), (25, 26.0, 1.566), (30, 21.4, 1.880),
    ],
)  # fmt: skip
def test_two_mm_and_20_percent_mean_what_the_golden_table_says(diameter_mm: float, percent: float, mm: float):
    at_size = limits_at_size(diameter_mm, limit_mm=2.0, limit_percent=20.0)
    assert at_size.percent_of_mm_limit == pytest.approx(percent, abs=0.051)
    assert at_size.mm_of_percent_limit == pytest.approx(mm, abs=5.1e-4)

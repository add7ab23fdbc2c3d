import pytest

from Testing.support.cohorts import NOTHING, cohort, slab
from VSSegmentationLib.cohort.summary import SummaryOptions, presences, summarize
from VSSegmentationLib.labels import EXTRAMEATAL_PART, PART_BOUNDARY, WHOLE_TUMOR

WHOLE = (WHOLE_TUMOR,)
OPTIONS = SummaryOptions(resamples=200)
SHIFTED = cohort(slab(5), slab(6), slab(7), slab(8))  # Dice 1, 0.9, 0.8, 0.7; HD 0, 1.5, 3, 4.5
WITH_A_MISS = cohort(slab(5), slab(6), slab(7), NOTHING)  # Dice 1, 0.9, 0.8, 0; HD 0, 1.5, 3, missed


def row(cases, metric, options=OPTIONS, other=None):
    (found,) = (s for s in summarize(cases, WHOLE, options, other) if s.metric.id == metric)
    return found


def test_mean_deviation_and_quartiles_are_those_of_the_cases():
    found = row(SHIFTED, "dice")
    assert (found.n, found.left_out, found.failures) == (4, 0, 0)
    assert found.mean == pytest.approx(0.85)
    assert found.sd == pytest.approx((0.05 / 3) ** 0.5)  # squares .15, .05, -.05, -.15, over n - 1
    assert (found.median, found.lower_quartile, found.upper_quartile) == pytest.approx((0.85, 0.775, 0.925))
    assert found.interval.low < 0.85 < found.interval.high


def test_a_missed_tumor_counts_as_a_dice_of_0():
    assert row(WITH_A_MISS, "dice").mean == pytest.approx(2.7 / 4)
    assert row(WITH_A_MISS, "sensitivity").mean == pytest.approx(2.7 / 4)


def test_an_infinite_distance_stays_in_the_mean_as_the_penalty_and_is_counted():
    found = row(WITH_A_MISS, "hd")
    assert (found.n, found.left_out, found.failures) == (4, 0, 1)
    assert found.mean == pytest.approx((0 + 1.5 + 3 + 350) / 4)
    assert found.mean_without_failures == pytest.approx(1.5)
    assert found.median == pytest.approx(2.25)
    assert row(WITH_A_MISS, "hd", SummaryOptions(penalty_mm=100, resamples=200)).mean == pytest.approx(104.5 / 4)


def test_an_invented_tumor_is_a_failure_as_well_and_its_volume_error_is_left_out():
    cases = cohort(slab(5), slab(6), references=[slab(5), NOTHING])
    assert (row(cases, "hd").failures, row(cases, "hd").mean) == (1, 175)
    assert row(cases, "dice").mean == pytest.approx(0.5)
    assert (row(cases, "rve").n, row(cases, "rve").left_out) == (1, 1)


def test_what_neither_holds_is_left_out_and_counted():
    cases = cohort(slab(5), NOTHING, references=[slab(6), NOTHING])
    assert (row(cases, "dice").n, row(cases, "dice").left_out, row(cases, "dice").mean) == (1, 1, pytest.approx(0.9))
    assert row(cases, "specificity").n == 2
    (counted,) = presences(cases, WHOLE)
    assert (counted.both, counted.missed, counted.invented, counted.absent) == (1, 0, 0, 1)


def test_a_metric_that_no_case_has_a_value_for_has_no_row():
    found = summarize(cohort(slab(5)), (PART_BOUNDARY, EXTRAMEATAL_PART), OPTIONS)
    assert {(s.structure, s.metric.id) for s in found} == {
        (EXTRAMEATAL_PART, "specificity"),
        (EXTRAMEATAL_PART, "volume_prediction"),
        (EXTRAMEATAL_PART, "volume_reference"),
    }


def test_one_case_has_a_mean_and_no_deviation_or_interval():
    found = row(cohort(slab(6)), "dice")
    assert (found.mean, found.sd, found.interval) == (pytest.approx(0.9), None, None)


def test_methods_are_tested_case_by_case_on_what_both_have():
    other = cohort(slab(6), slab(7), slab(8), NOTHING, method="B")
    found = row(SHIFTED, "dice", other=other).test
    assert (found.pairs, found.zeros) == (4, 0)
    assert found.mean_difference == pytest.approx((0.1 + 0.1 + 0.1 + 0.7) / 4)
    precision = row(SHIFTED, "precision", other=other).test  # no prediction, no precision
    assert precision.pairs == 3


def test_two_methods_that_miss_the_same_tumor_do_not_differ_there():
    other = cohort(slab(6), slab(6), slab(7), NOTHING, method="B")
    found = row(WITH_A_MISS, "hd", other=other).test
    assert (found.pairs, found.zeros) == (4, 3)


def test_volumes_are_summarized_and_not_tested_since_they_say_nothing_about_agreement():
    found = row(SHIFTED, "volume_reference", other=SHIFTED)
    assert found.mean == pytest.approx(10 * 6 * 6 * 1.5 * 0.5 * 0.5 / 1000)
    assert found.test is None

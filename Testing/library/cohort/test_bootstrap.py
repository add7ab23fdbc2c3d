import itertools

import numpy as np
import pytest
from scipy import stats

from VSSegmentationLib.cohort.bootstrap import Interval, mean_interval
from VSSegmentationLib.errors import EmptyMaskError, UsageError

DICE = np.random.default_rng(5).beta(12, 2, 60)
SKEWED = np.random.default_rng(6).lognormal(0, 1, 40)


def test_percentiles_of_three_cases_are_those_of_all_27_equally_likely_samples():
    values = (0.0, 1.0, 5.0)
    means = [np.mean(sample) for sample in itertools.product(values, repeat=3)]
    found = mean_interval(values, method="percentile", level=0.8)
    # 1/27 of the samples has the mean 0 and 3/27 the mean 1/3: the 10 % cut lies on 1/3; 1/27 has 5 and 3/27 11/3.
    assert sorted(means)[2] == pytest.approx(1 / 3)
    assert (found.low, found.high) == pytest.approx((1 / 3, 11 / 3))


def test_a_large_symmetric_sample_has_the_interval_of_the_normal_distribution():
    values = stats.norm.ppf((np.arange(400) + 0.5) / 400)
    half = 1.96 * values.std() / np.sqrt(400)
    for method in ("percentile", "BCa"):
        found = mean_interval(values, method=method)
        assert (found.low, found.high) == pytest.approx((-half, half), abs=0.03 * half)


def test_bca_is_that_of_efron_over_all_equally_likely_samples():
    values = np.array([0.13, 1.07, 2.31, 4.02, 9.55, 20.4])
    means = np.array([np.mean(sample) for sample in itertools.product(values, repeat=6)])
    mean = values.mean()
    bias = stats.norm.ppf(((means < mean).mean() + (means <= mean).mean()) / 2)
    left_out = np.array([np.delete(values, case).mean() for case in range(6)])
    away = left_out.mean() - left_out
    acceleration = (away**3).sum() / (6 * (away**2).sum() ** 1.5)
    shifted = bias + stats.norm.ppf([0.05, 0.95])
    expected = np.quantile(means, stats.norm.cdf(bias + shifted / (1 - acceleration * shifted)))
    found = mean_interval(values, level=0.9, resamples=50_000)
    assert (found.low, found.high) == pytest.approx(expected, abs=0.02 * np.ptp(expected))


@pytest.mark.filterwarnings("error")
def test_too_few_resamples_for_a_correction_give_a_percentile_interval_that_says_so():
    found = {seed: mean_interval(SKEWED, resamples=2, seed=seed) for seed in range(20)}
    assert all(SKEWED.min() <= each.low <= each.high <= SKEWED.max() for each in found.values())
    uncorrected = {seed: each for seed, each in found.items() if each.method == "percentile"}
    assert 0 < len(uncorrected) < 20  # with even chances both means lie on one side of that of the sample
    for seed, each in uncorrected.items():
        assert each == mean_interval(SKEWED, method="percentile", resamples=2, seed=seed)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [(0.2, 0.8), (0.0, 0.0, 1.0), (0.9, 0.9, 0.9, 0.9000000001), (1e-300, 0.0)])
def test_small_and_nearly_equal_samples_have_intervals_within_their_values(values):
    for method in ("percentile", "BCa"):
        found = mean_interval(values, method=method)
        assert min(values) <= found.low <= found.high <= max(values)
        assert found.method in ("percentile", method)


def test_bca_leans_to_the_long_tail_of_a_skewed_sample():
    percentile, bca = mean_interval(SKEWED, method="percentile"), mean_interval(SKEWED)
    assert bca.low > percentile.low
    assert bca.high > percentile.high


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_intervals_cover_the_true_mean_about_as_often_as_they_say(method):
    generator = np.random.default_rng(7)
    covered = 0
    for _ in range(300):
        found = mean_interval(generator.normal(3.0, 2.0, 40), method=method, level=0.9, resamples=500)
        covered += found.low <= 3.0 <= found.high
    assert covered / 300 == pytest.approx(0.9, abs=0.06)  # three standard errors, and the bootstrap's own shortfall


def test_the_same_seed_gives_the_same_interval_and_another_one_another():
    assert mean_interval(DICE, seed=3) == mean_interval(DICE, seed=3) != mean_interval(DICE, seed=4)


def test_many_cases_are_drawn_in_blocks_without_a_trace_in_the_interval(monkeypatch):
    whole = mean_interval(DICE)
    monkeypatch.setattr("VSSegmentationLib.cohort.bootstrap._BLOCK", 7 * DICE.size)
    assert mean_interval(DICE) == whole


def test_equal_values_have_an_interval_of_no_width():
    assert mean_interval([0.25] * 7) == Interval(0.25, 0.25, 0.95, "BCa")


def test_scaling_and_moving_the_values_scales_and_moves_the_interval():
    first, second = mean_interval(SKEWED), mean_interval(3 * SKEWED + 10)
    assert (second.low, second.high) == pytest.approx((3 * first.low + 10, 3 * first.high + 10))


@pytest.mark.parametrize("values", [[], [0.8]])
def test_fewer_than_two_cases_are_refused(values):
    with pytest.raises(EmptyMaskError, match=f"at least two cases, got {len(values)}"):
        mean_interval(values)


@pytest.mark.parametrize("wrong", [{"level": 0.0}, {"level": 1.0}, {"level": 95.0}, {"resamples": 0}, {"resamples": 1}])
def test_a_level_or_number_of_resamples_that_means_nothing_is_refused(wrong):
    with pytest.raises(UsageError, match="level between 0 and 1"):
        mean_interval(DICE, **wrong)

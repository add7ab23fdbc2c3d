"""The test of two arms has the level that it says, with clusters as they are; what it replaces has not."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from Training.experiments.statistics import ALPHA, compare, holm
from VSSegmentationLib.cohort.paired import wilcoxon_signed_rank
from VSSegmentationLib.errors import UsageError

PATCHES = 3
SIMULATIONS = 2000
SHARES = {"head": 0.08, "skull base": 0.42, "patch": 0.5}
"""Of the variance of a case's difference: two patches of one skull base correlate by 0.5, of one head by 0.08."""


def no_effect(
    rng: np.random.Generator, heads: int, bases: int, trainings: int, luck: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.str_]]:
    """Return differences (trainings, cases) of two arms that are equally good, skull bases and heads.

    Args:
        rng: Of all draws.
        heads: How many.
        bases: Skull bases of each.
        trainings: Of each arm.
        luck: Standard deviation of what all cases of a training have in common; that of a case is 1.
    """
    shape = (trainings, heads, bases, PATCHES)
    values = np.sqrt(SHARES["head"]) * rng.normal(size=(1, heads, 1, 1))
    values = values + np.sqrt(SHARES["skull base"]) * rng.normal(size=(1, heads, bases, 1))
    # Half of what is left belongs to the patch, and half to the patch in one training.
    values = values + np.sqrt(SHARES["patch"] / 2) * (rng.normal(size=(1, *shape[1:])) + rng.normal(size=shape))
    values = values + luck * rng.normal(size=(trainings, 1, 1, 1))
    numbers = np.repeat(np.arange(heads * bases), PATCHES)
    names = np.repeat([f"head {head}" for head in range(heads)], bases * PATCHES)
    return values.reshape(trainings, -1), numbers, names


def share_called_an_effect(heads: int, bases: int, trainings: int, luck: float, *, former: bool = False) -> float:
    rng = np.random.default_rng([heads, bases, trainings])
    found = 0
    for _ in range(SIMULATIONS):
        values, numbers, names = no_effect(rng, heads, bases, trainings, luck)
        if former:
            means = values.mean(axis=0)
            found += (wilcoxon_signed_rank(list(means), [0.0] * len(means)).p_value or 1.0) < ALPHA
        else:
            found += compare(values, list(numbers), list(names)).p_value < ALPHA
    return 100 * found / SIMULATIONS


@pytest.mark.parametrize(("heads", "bases"), [(3, 10), (5, 6), (8, 5)])
def test_arms_that_are_equally_good_are_told_apart_in_one_of_twenty_studies(heads: int, bases: int):
    assert share_called_an_effect(heads, bases, 1, luck=0.0) == pytest.approx(5.0, abs=1.5)


@pytest.mark.parametrize("luck", [0.0, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("trainings", [3, 5])
def test_the_luck_of_trainings_is_not_called_an_effect(trainings: int, luck: float):
    assert share_called_an_effect(8, 5, trainings, luck) == pytest.approx(5.0, abs=1.5)


@pytest.mark.parametrize(("heads", "bases"), [(3, 10), (8, 5)])
def test_patches_taken_as_independent_are_called_an_effect_far_too_often(heads: int, bases: int):
    assert share_called_an_effect(heads, bases, 1, luck=0.0, former=True) > 14
    assert share_called_an_effect(heads, bases, 3, luck=0.3, former=True) > 30


def test_all_claims_of_a_page_together_are_wrong_in_one_of_twenty_pages():
    rng = np.random.default_rng(4)
    pages = 0
    for _ in range(SIMULATIONS):
        p_values = [
            compare(values, list(bases), list(heads)).p_value
            for values, bases, heads in (no_effect(rng, 8, 3, 1, 0.0) for _ in range(4))
        ]
        pages += min(holm(p_values)) < ALPHA
    assert 100 * pages / SIMULATIONS == pytest.approx(5.0, abs=1.5)


@pytest.mark.parametrize(("trainings", "luck"), [(1, 0.0), (5, 0.4)])
def test_the_smallest_detectable_difference_is_seen_in_four_of_five_studies(trainings: int, luck: float):
    """The true standard error is known here: the median of the estimated ones lies near it."""
    rng = np.random.default_rng(5)
    told = [compare(*_listed(no_effect(rng, 8, 5, trainings, luck))) for _ in range(400)]
    effect = float(np.median([each.smallest_detectable(1) for each in told]))
    seen = 0
    for _ in range(SIMULATIONS):
        values, bases, heads = _listed(no_effect(rng, 8, 5, trainings, luck))
        seen += compare(values + effect, bases, heads).p_value < ALPHA
    assert seen / SIMULATIONS == pytest.approx(0.8, abs=0.08)


def _listed(
    drawn: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.str_]],
) -> tuple[NDArray[np.float64], list[int], list[str]]:
    return drawn[0], list(drawn[1]), list(drawn[2])


def test_equal_clusters_of_one_training_give_the_t_test_of_the_heads():
    values, bases, heads = _listed(no_effect(np.random.default_rng(1), 4, 2, 1, 0.0))
    found = compare(values, bases, heads)
    means = values.reshape(4, -1).mean(axis=1)
    expected = stats.ttest_1samp(means, 0.0)
    assert found.difference == pytest.approx(means.mean())
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval()), rel=1e-6)
    assert (found.cases, found.skull_bases, found.heads, found.freedom) == (24, 8, 4, 3)


def test_a_skull_base_counts_once_however_many_patches_it_has():
    values = np.array([[1.0, 1.0, 1.0, 0.0, 0.5, 0.25, np.nan]])
    bases, heads = [0, 0, 0, 1, 2, 3, 3], ["a", "a", "a", "a", "b", "c", "c"]
    found = compare(values, bases, heads)
    assert found.difference == pytest.approx((0.5 + 0.5 + 0.25) / 3)
    assert (found.cases, found.skull_bases, found.heads) == (6, 4, 3)


def test_scatter_of_trainings_and_of_heads_add_up():
    by_training, by_head = np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.3, 0.0, 0.3])
    found = compare(by_training[:, None] + by_head, [0, 1, 2, 3], list("abcd"))
    of_trainings, of_heads = 1 / 3, 0.03 / 4
    assert found.standard_error == pytest.approx(np.sqrt(of_trainings + of_heads))
    assert found.freedom == int((of_trainings + of_heads) ** 2 / (of_trainings**2 / 2 + of_heads**2 / 3)) == 2
    assert found.p_value == pytest.approx(2 * stats.t.sf(1.15 / found.standard_error, 2))
    assert (found.trainings, found.difference) == (3, pytest.approx(1.15))


def test_differences_without_any_scatter_need_no_test():
    same = np.full((2, 4), 0.8 - 0.7) - np.array([[0.0], [(0.8 - 0.7) - (0.9 - 0.8)]])
    assert compare(same, [0, 1, 2, 3], list("abcd")).p_value == 0
    assert compare(0 * same, [0, 1, 2, 3], list("abcd")).p_value == 1


def test_two_heads_are_too_few():
    with pytest.raises(UsageError, match="3 heads at least, got 2"):
        compare(np.ones((1, 4)), [0, 1, 2, 3], ["a", "a", "b", "b"])


def test_holm_multiplies_by_the_claims_that_are_left_and_keeps_the_order():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])  # Holm's own example
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
    for order in itertools.permutations([0.02, 0.3, 0.01]):
        assert dict(zip(order, holm(order), strict=True)) == pytest.approx({0.02: 0.04, 0.3: 0.3, 0.01: 0.03})

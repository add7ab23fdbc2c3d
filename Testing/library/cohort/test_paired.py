import itertools
import math

import numpy as np
import pytest

from VSSegmentationLib.cohort.paired import PairedTest, wilcoxon_signed_rank
from VSSegmentationLib.errors import UsageError


def p_of(*differences: float) -> float | None:
    return wilcoxon_signed_rank(differences, [0.0] * len(differences)).p_value


def p_by_all_signs(differences) -> float:
    """Share of the 2^n equally likely signs whose rank sum is at least as far from its middle."""
    ranks = np.argsort(np.argsort(np.abs(differences))) + 1
    middle = ranks.sum() / 2
    observed = abs(ranks[np.array(differences) > 0].sum() - middle)
    sums = [
        sum(r for r, up in zip(ranks, signs, strict=True) if up)
        for signs in itertools.product((0, 1), repeat=len(ranks))
    ]
    return float(np.mean([abs(s - middle) >= observed - 1e-9 for s in sums]))


def test_six_gains_of_six_have_a_p_of_2_in_64():
    assert p_of(0.01, 0.02, 0.03, 0.04, 0.05, 0.06) == pytest.approx(2 / 64)


@pytest.mark.parametrize("seed", range(4))
def test_p_of_few_pairs_is_that_of_all_signs(seed):
    differences = np.random.default_rng(seed).normal(0.4, 1, 9).round(5)
    assert p_of(*differences) == pytest.approx(p_by_all_signs(differences))


def test_pairs_without_a_difference_are_dropped_and_counted():
    found = wilcoxon_signed_rank([0.9, 0.8, 0.7, 0.5, 0.5], [0.8, 0.6, 0.4, 0.5, 0.5])
    assert (found.pairs, found.zeros) == (5, 2)
    assert found.p_value == pytest.approx(2 / 8)
    assert found.mean_difference == pytest.approx(0.6 / 5)


def test_differences_that_only_binary_fractions_tell_apart_are_ties():
    first, second = [0.8, 0.9, 0.3], [0.7, 0.8, 0.6]
    assert (0.8 - 0.7) != (0.9 - 0.8)
    # Ranks 1.5, 1.5 and 3 (downward): W = 3, mean 3, so the normal approximation has nothing to tell apart.
    assert wilcoxon_signed_rank(first, second).p_value == pytest.approx(1.0)


def test_many_pairs_have_the_p_of_the_normal_approximation():
    n = 80
    differences = np.arange(1, n + 1) * np.where(np.arange(n) % 4 == 0, -1.0, 1.0)
    up = np.arange(1, n + 1)[differences > 0].sum()
    z = (up - n * (n + 1) / 4) / np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    assert p_of(*differences) == pytest.approx(math.erfc(z / math.sqrt(2)))


def test_which_method_comes_first_changes_the_sign_of_the_difference_and_not_p():
    first, second = [0.9, 0.7, 0.6, 0.85], [0.8, 0.75, 0.5, 0.6]
    one, other = wilcoxon_signed_rank(first, second), wilcoxon_signed_rank(second, first)
    assert one.p_value == other.p_value
    assert one.mean_difference == pytest.approx(-other.mean_difference)


def test_without_pairs_or_differences_there_is_no_p():
    assert wilcoxon_signed_rank([], []) == PairedTest(pairs=0, zeros=0, mean_difference=None, p_value=None)
    assert wilcoxon_signed_rank([0.5, 0.6], [0.5, 0.6]) == PairedTest(2, 2, 0.0, None)


def test_values_that_are_not_paired_are_refused():
    with pytest.raises(UsageError, match="got 2 and 1"):
        wilcoxon_signed_rank([1.0, 2.0], [1.0])

"""Ranks as crossMoDA gives them, by hand."""

import numpy as np
import pytest

from Training.adaptation.ranking import rank_teams, ranks_with_ties
from VSSegmentationLib.errors import UsageError


def test_equal_values_share_the_better_rank_and_the_next_one_is_left_out():
    dice = np.array([0.8, 0.9, 0.8, 0.1])
    assert ranks_with_ties(dice, larger_is_better=True).tolist() == [2, 1, 2, 4]
    assert ranks_with_ties(np.array([350.0, 1.0, 350.0]), larger_is_better=False).tolist() == [2, 1, 2]


def test_scores_are_means_over_measures_and_then_cases():
    """Two cases, Dice and ASSD: A has ranks 1, 1 and 2, 1; B 2, 2 and 1, 2; C, which found nothing, 3 throughout."""
    a = [[0.9, 0.3], [0.7, 0.2]]
    b = [[0.8, 0.4], [0.8, 0.5]]
    c = [[0.0, 350.0], [0.0, 350.0]]
    ranking = rank_teams(np.array([a, b, c]), [True, False], resamplings=50)
    assert ranking.scores.tolist() == [1.25, 1.75, 3.0]
    assert ranking.places.tolist() == [1, 2, 3]


def test_an_order_that_holds_in_every_case_holds_in_every_resampling():
    values = np.arange(4.0)[:, None, None] + np.zeros((4, 7, 2))
    ranking = rank_teams(values, [False, False], resamplings=20)
    assert ranking.places.tolist() == [1, 2, 3, 4]
    assert ranking.taus.tolist() == pytest.approx([1.0] * 20)


def test_an_order_that_hangs_on_one_case_does_not_hold_in_all():
    """B is better in four of seven cases, A in three: resampled, A leads in many draws, which tau counts as -1."""
    better = np.array([0, 0, 0, 1, 1, 1, 1])
    values = np.stack([better, 1 - better]).astype(float)[:, :, None]
    ranking = rank_teams(values, [False], resamplings=400)
    assert ranking.places.tolist() == [2, 1]
    # More than half of seven draws with a chance of 3/7 each: 0.3469 of all, by the binomial distribution.
    assert (ranking.taus < 0).mean() == pytest.approx(0.3469, abs=0.07)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((1, 2, 1)), "two teams"),
        (np.zeros((2, 0, 1)), "two teams"),
        (np.zeros((2, 3, 2)), "1 measures"),
        (np.full((2, 3, 1), np.inf), "penalty"),
    ],
)
def test_values_that_cannot_be_ranked_are_refused(values, said):
    with pytest.raises(UsageError, match=said):
        rank_teams(values, [True])

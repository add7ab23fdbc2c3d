"""The order of teams as crossMoDA ranks them, and how steady it is.

Source: the challenge's public evaluation (CrossMoDA 2022): a rank for each case, structure and metric, 1 plus the
number of teams that are strictly better; a mean over metrics and structures, then over cases. What is measured, and
the 350 mm of a missing prediction, are `VSSegmentationLib.evaluation`'s and `VSSegmentationLib.cohort`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from VSSegmentationLib.errors import UsageError


@dataclass(frozen=True, eq=False)
class Ranking:
    """Of T teams."""

    scores: NDArray[np.float64]
    """(T,) mean rank of each team; smaller is better."""
    places: NDArray[np.int64]
    """(T,) 1 for the smallest score; equal scores share the better place."""
    taus: NDArray[np.float64]
    """(R,) Kendall's tau-b between these scores and those of each resampling of the cases; 1 is the same order, NaN
    where all teams tie."""


def ranks_with_ties(values: NDArray[np.float64], *, larger_is_better: bool) -> NDArray[np.int64]:
    """Return 1 plus the number of teams that are strictly better, along the first axis (T, ...)."""
    signed = -values if larger_is_better else values
    ranks: NDArray[np.int64] = 1 + (signed[None] < signed[:, None]).sum(axis=1)
    return ranks


def rank_teams(
    values: NDArray[np.float64], larger_is_better: Sequence[bool], *, resamplings: int = 1000, seed: int = 0
) -> Ranking:
    """Rank teams over cases.

    Args:
        values: (T, C, M) of each team, case and measure (a metric of a structure), penalties in place.
        larger_is_better: Of each of the M measures: Dice, not ASSD.
        resamplings: How often as many cases are drawn with replacement.
        seed: Of these draws.

    Raises:
        UsageError: If the shapes do not fit, there are fewer than two teams or no cases, or a value is not finite.
    """
    if values.ndim != 3 or values.shape[2] != len(larger_is_better) or values.shape[0] < 2 or not values.size:
        msg = f"values of (teams, cases, {len(larger_is_better)} measures) of two teams are needed; got {values.shape}"
        raise UsageError(msg)
    if not np.isfinite(values).all():
        msg = "a team lacks a value for a case; put the penalty of a missing prediction in its place"
        raise UsageError(msg)
    ranks = [
        ranks_with_ties(values[:, :, number], larger_is_better=larger) for number, larger in enumerate(larger_is_better)
    ]
    of_cases = np.mean(ranks, axis=0)  # (T, C)
    scores = of_cases.mean(axis=1)
    cases = np.random.default_rng(seed).integers(of_cases.shape[1], size=(resamplings, of_cases.shape[1]))
    taus = [float(stats.kendalltau(scores, of_cases[:, drawn].mean(axis=1)).statistic) for drawn in cases]
    return Ranking(scores, ranks_with_ties(scores, larger_is_better=False), np.array(taus))

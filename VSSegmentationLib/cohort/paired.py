"""Whether two methods differ on the same cases."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from VSSegmentationLib.errors import UsageError

_EXACT_UP_TO = 50
_DECIMALS = 9
"""Differences are rounded to so many, since 0.8 - 0.7 and 0.9 - 0.8 are the same difference, but not in binary."""


@dataclass(frozen=True)
class PairedTest:
    """The two-sided Wilcoxon signed-rank test of paired cases."""

    pairs: int
    """Cases that both methods have a value for."""
    zeros: int
    """Pairs without a difference: dropped before ranking, as Wilcoxon did."""
    mean_difference: float | None
    """First minus second; None without pairs."""
    p_value: float | None
    """None when no pair differs: nothing can be ranked. Not corrected for the number of tests in a table."""


def wilcoxon_signed_rank(first: Sequence[float], second: Sequence[float]) -> PairedTest:
    """Test whether the differences of pairs are symmetric about 0.

    Pairs that do not differ are dropped and counted (zero method "wilcox"). The p value is exact for up to 50 pairs
    that differ all by another amount, else by the normal approximation, corrected for ties and not for continuity.

    Args:
        first: One value per case.
        second: Of the same cases, in the same order.

    Raises:
        UsageError: If the numbers of values differ.

    Source: Wilcoxon, Biometrics Bulletin 1945;1:80-83; as computed by scipy.
    """
    if len(first) != len(second):
        msg = f"paired values are needed, got {len(first)} and {len(second)}"
        raise UsageError(msg)
    if not first:
        return PairedTest(pairs=0, zeros=0, mean_difference=None, p_value=None)
    differences = np.round(np.asarray(first, np.float64) - np.asarray(second, np.float64), _DECIMALS)
    distinct = differences[differences != 0]
    p_value = None
    if distinct.size:
        exact = distinct.size <= _EXACT_UP_TO and np.unique(np.abs(distinct)).size == distinct.size
        p_value = float(stats.wilcoxon(distinct, zero_method="wilcox", method="exact" if exact else "approx").pvalue)
    return PairedTest(
        pairs=differences.size,
        zeros=differences.size - distinct.size,
        mean_difference=float(differences.mean()),
        p_value=p_value,
    )

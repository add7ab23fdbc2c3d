"""Whether two ways to train differ: on other heads and in other trainings, not only on these patches.

Patches of one skull base show one tumor, skull bases of one head one anatomy, and all test cases of one training share
its luck. So values are averaged by skull base, then by head, and the difference is tested by how it scatters over heads
and over trainings. A test that takes the patches as independent calls chance an effect three times as often as it says.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from VSSegmentationLib.errors import UsageError

ALPHA = 0.05
"""What is less probable by chance, over all claims of a page, counts as seen."""
POWER = 0.8
"""With which the smallest detectable difference would be seen."""
LEAST_HEADS = 3
_DECIMALS = 9
"""Differences are rounded to so many, since 0.8 - 0.7 and 0.9 - 0.8 are the same difference, but not in binary."""


class Comparison(NamedTuple):
    """The mean difference of two arms, and how far it can be relied on."""

    difference: float
    """First minus second: the mean over heads of the means over their skull bases."""
    standard_error: float
    freedom: int
    """Degrees of freedom of the standard error: between those of heads and trainings alone and both together."""
    p_value: float
    """Two-sided, for this comparison alone."""
    cases: int
    skull_bases: int
    heads: int
    trainings: int
    """Of each arm; from one alone nothing is known of others."""

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return where the difference lies for other heads and trainings."""
        reach = float(stats.t.ppf((1 + level) / 2, self.freedom)) * self.standard_error
        return self.difference - reach, self.difference + reach

    def smallest_detectable(self, claims: int) -> float:
        """Return the difference that would be seen with 80 % power, at the strictest step of Holm over these claims."""
        strictest, power = (float(stats.t.ppf(q, self.freedom)) for q in (1 - ALPHA / (2 * claims), POWER))
        return (strictest + power) * self.standard_error


def compare(differences: NDArray[np.float64], skull_bases: Sequence[int], heads: Sequence[str]) -> Comparison:
    """Test whether the mean difference of two arms is 0.

    Heads and trainings are crossed, and both are a sample of many: the variance of the mean over heads and that over
    trainings are added, with the degrees of freedom of Satterthwaite, rounded down. Of one training each, this is the
    t-test of the means of heads. A test over skull bases alone would take heads for alike; Wilcoxon's over eight heads
    cannot come below p = 0.008, so that of eight claims none could ever hold.

    Args:
        differences: (trainings, cases), first arm minus second, both of the same seed; a case without a value is NaN
            and left out.
        skull_bases: Number of the skull base of each case.
        heads: Name of the head of each case.

    Raises:
        UsageError: If fewer than three heads have a value.

    Source: Clark, J Verbal Learning Verbal Behav 1973;12:335-359 (min F'); Satterthwaite, Biometrics Bulletin
        1946;2:110-114.
    """
    there = ~np.isnan(differences).any(axis=0)
    bases, names = np.asarray(skull_bases, np.int64)[there], np.asarray(heads, np.str_)[there]
    by_head = head_means(differences[:, there], bases, names)
    trainings, count = by_head.shape
    if count < LEAST_HEADS:
        msg = f"a comparison needs test cases of {LEAST_HEADS} heads at least, got {count}"
        raise UsageError(msg)
    by_head = np.round(by_head, _DECIMALS)
    mean = float(by_head.mean())
    variances, freedoms = [_variance_of_mean(by_head.mean(axis=0))], [count - 1]
    if trainings > 1:
        variances.append(_variance_of_mean(by_head.mean(axis=1)))
        freedoms.append(trainings - 1)
    variance = sum(variances)
    freedom = min(freedoms)
    if variance > 0:
        freedom = int(variance**2 / sum(v**2 / f for v, f in zip(variances, freedoms, strict=True)) + 1e-9)
    error = float(np.sqrt(variance))
    p_value = float(mean == 0) if error == 0 else float(2 * stats.t.sf(abs(mean) / error, freedom))
    return Comparison(
        difference=mean,
        standard_error=error,
        freedom=freedom,
        p_value=p_value,
        cases=int(there.sum()),
        skull_bases=len(set(zip(names.tolist(), bases.tolist(), strict=True))),
        heads=count,
        trainings=trainings,
    )


def _variance_of_mean(values: NDArray[np.float64]) -> float:
    return float(values.var(ddof=1)) / len(values)


def head_means(
    values: NDArray[np.float64], skull_bases: NDArray[np.int64], heads: NDArray[np.str_]
) -> NDArray[np.float64]:
    """Return (trainings, heads): means over the skull bases of each head of the means over their cases.

    Args:
        values: (trainings, cases), without NaN.
        skull_bases: (cases,) numbers, of each head for itself or of all.
        heads: (cases,) names.
    """
    means = []
    for head in np.unique(heads):
        bases = skull_bases[heads == head]
        own = values[:, heads == head]
        means.append(np.mean([own[:, bases == base].mean(axis=1) for base in np.unique(bases)], axis=0))
    return np.stack(means, axis=1) if means else np.empty((len(values), 0))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that hold for all claims of a page together, in the order given.

    Source: Holm, Scand J Stat 1979;6:65-70.
    """
    order = np.argsort(p_values, kind="stable")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted

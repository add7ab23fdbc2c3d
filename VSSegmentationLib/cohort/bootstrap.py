"""Confidence intervals by resampling the cases: no distribution is assumed; a seed gives one interval, always."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from VSSegmentationLib.errors import EmptyMaskError, UsageError

IntervalMethod = Literal["BCa", "percentile"]

DEFAULT_SEED = 20240101
DEFAULT_RESAMPLES = 10_000
_BLOCK = 2_000_000
"""How many drawn numbers are held at once: about 30 MB, whatever the number of cases."""


@dataclass(frozen=True)
class Interval:
    """Where the mean of the population lies, by the cases at hand."""

    low: float
    high: float
    level: float
    """0.95 for a 95 % interval."""
    method: IntervalMethod


def mean_interval(
    values: Sequence[float],
    *,
    method: IntervalMethod = "BCa",
    level: float = 0.95,
    resamples: int = DEFAULT_RESAMPLES,
    seed: int = DEFAULT_SEED,
) -> Interval:
    """Return the bootstrap interval of the mean.

    `percentile` cuts the distribution of the resampled means at both ends; `BCa` moves the cuts by how far that
    distribution is off center (bias) and by how fast its width changes with the mean (acceleration, by jackknife),
    which matters for the skewed values of Dice and distances. Values that are all the same give an interval without
    width.

    Args:
        values: One per case, at least two.
        method: `BCa` or `percentile`.
        level: Above 0 and below 1.
        resamples: How many samples to draw, with replacement.
        seed: Of the random numbers.

    Raises:
        EmptyMaskError: If there are fewer than two values.
        UsageError: If `level` or `resamples` does not fit.

    Source: Efron, J Am Stat Assoc 1987;82:171-185, and Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
        sections 13.3 and 14.3.
    """
    if len(values) < 2:
        msg = f"a bootstrap interval needs at least two cases, got {len(values)}"
        raise EmptyMaskError(msg)
    if not 0 < level < 1 or resamples < 1:
        msg = f"an interval needs a level between 0 and 1 and at least one resample, got {level} and {resamples}"
        raise UsageError(msg)
    sample = np.asarray(values, np.float64)
    if np.ptp(sample) == 0:
        return Interval(float(sample[0]), float(sample[0]), level, method)
    means = _resampled_means(sample, resamples, seed)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "BCa":
        tails = _corrected(tails, sample, means)
    low, high = np.quantile(means, tails).tolist()
    return Interval(low, high, level, method)


def _resampled_means(sample: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    rows = max(1, _BLOCK // sample.size)
    blocks = [min(rows, resamples - start) for start in range(0, resamples, rows)]
    return np.concatenate([sample[generator.integers(sample.size, size=(n, sample.size))].mean(axis=1) for n in blocks])


def _corrected(
    tails: NDArray[np.float64], sample: NDArray[np.float64], means: NDArray[np.float64]
) -> NDArray[np.float64]:
    below = (np.count_nonzero(means < sample.mean()) + np.count_nonzero(means <= sample.mean())) / 2 / means.size
    half_a_draw = 0.5 / means.size  # keeps the normal quantile finite when every mean lies on one side
    bias = ndtri(np.clip(below, half_a_draw, 1 - half_a_draw))
    # Leaving case i out moves the mean by (mean - x_i) / (n - 1): the factor cancels in the ratio.
    jackknife = sample - sample.mean()
    acceleration = (jackknife**3).sum() / (6 * (jackknife**2).sum() ** 1.5)
    shifted = bias + ndtri(tails)
    return np.asarray(ndtr(bias + shifted / (1 - acceleration * shifted)))

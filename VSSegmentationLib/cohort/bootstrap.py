"""Confidence intervals by resampling the cases: no distribution is assumed; a seed gives one interval, always."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

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
    """How it was made, which need not be what was asked for."""


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
    width. Where so few resamples are drawn that all their means lie on one side of the mean, there is no BCa interval:
    it is a percentile one then, and says so.

    Args:
        values: One per case, at least two.
        method: `BCa` or `percentile`.
        level: Above 0 and below 1.
        resamples: How many samples to draw, with replacement; at least two.
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
    if not 0 < level < 1 or resamples < 2:
        msg = f"an interval needs a level between 0 and 1 and at least two resamples, got {level} and {resamples}"
        raise UsageError(msg)
    sample = np.asarray(values, np.float64)
    if np.ptp(sample) == 0:
        return Interval(float(sample[0]), float(sample[0]), level, method)
    low, high = _bounds(sample, method, level, resamples, seed)
    if not math.isfinite(low + high):  # every resampled mean on one side: too few of them for a correction
        method = "percentile"
        low, high = _bounds(sample, method, level, resamples, seed)
    return Interval(low, high, level, method)


def _bounds(
    sample: NDArray[np.float64], method: IntervalMethod, level: float, resamples: int, seed: int
) -> tuple[float, float]:
    # Bounds that are no numbers tell of degenerate data, too.
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        found = stats.bootstrap(
            (sample,),
            np.mean,
            n_resamples=resamples,
            batch=max(1, _BLOCK // sample.size),
            confidence_level=level,
            method=method,
            random_state=np.random.default_rng(seed),
        ).confidence_interval
    return float(found.low), float(found.high)

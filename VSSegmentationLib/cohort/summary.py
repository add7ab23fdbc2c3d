"""One metric of one structure over all cases: mean, spread, interval, and the test against another method."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from VSSegmentationLib.cohort.bootstrap import (
    DEFAULT_RESAMPLES,
    DEFAULT_SEED,
    Interval,
    IntervalMethod,
    mean_interval,
)
from VSSegmentationLib.cohort.cases import Case, Cohort
from VSSegmentationLib.cohort.paired import PairedTest, wilcoxon_signed_rank
from VSSegmentationLib.evaluation import METRICS, Metric, Presence, StructureScores
from VSSegmentationLib.label_set import Structure
from VSSegmentationLib.short_repr import short_repr

PENALTY_MM = 350.0
"""What crossMoDA counted for the distance to a structure that was not found."""


@dataclass(frozen=True, kw_only=True)
class SummaryOptions:
    """How cases become a row of a table."""

    penalty_mm: float = PENALTY_MM
    """Stands for every infinite distance, so that a failure neither leaves the mean nor makes it infinite."""
    interval_method: IntervalMethod = "BCa"
    resamples: int = DEFAULT_RESAMPLES
    seed: int = DEFAULT_SEED


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One row; there is one only where at least one case has a value. Deviation and interval need two."""

    method: str
    structure: Structure
    metric: Metric
    n: int
    """Cases with a value, failures among them."""
    left_out: int
    """Cases without one: the structure is absent from both labelmaps, or the metric would divide by nothing."""
    failures: int
    """Cases whose distance is infinite and stands as the penalty."""
    mean: float
    sd: float | None
    """Of the sample, with n - 1."""
    mean_without_failures: float | None
    median: float
    lower_quartile: float
    upper_quartile: float
    interval: Interval | None
    """Of the mean."""
    test: PairedTest | None
    """This method against the other one; None without another one, and for volumes, which are no agreement."""

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class Presences:
    """Who holds a structure, over all cases of a method."""

    method: str
    structure: Structure
    both: int
    missed: int
    invented: int
    absent: int


def summarize(
    cohort: Cohort, structures: Sequence[Structure], options: SummaryOptions, other: Cohort | None = None
) -> tuple[Summary, ...]:
    """Summarize every metric of every structure.

    Args:
        cohort: The cases of one method.
        structures: In the order of the rows.
        options: Penalty and interval.
        other: Another method on the same references, to be tested against, pair by pair.

    Returns:
        By structure, then by metric. A metric that no case has a value for is left out.
    """
    return tuple(_rows(cohort, structures, options, other))


def presences(cohort: Cohort, structures: Sequence[Structure]) -> tuple[Presences, ...]:
    """Count who holds each structure."""
    counted = []
    for structure in structures:
        held = [scores.presence for case in cohort.cases for scores in _of(case, structure)]
        counts = {presence.value: held.count(presence) for presence in Presence}
        counted.append(Presences(method=cohort.method, structure=structure, **counts))
    return tuple(counted)


def values_of(cases: Sequence[Case], structure: Structure, metric: Metric, penalty_mm: float) -> dict[int, float]:
    """Return the value of each case that has one, by the number of the case; an infinite distance is the penalty."""
    values: dict[int, float] = {}
    for case in cases:
        for scores in _of(case, structure):
            for score in scores.scores:
                if score.metric != metric.id:
                    continue
                if score.value is not None:
                    values[case.number] = score.value
                elif _is_failure(scores, metric):
                    values[case.number] = penalty_mm
    return values


def failures_of(cases: Sequence[Case], structure: Structure, metric: Metric) -> set[int]:
    """Return the numbers of the cases whose distance is infinite: one of the labelmaps lacks the structure."""
    return {case.number for case in cases for scores in _of(case, structure) if _is_failure(scores, metric)}


def _is_failure(scores: StructureScores, metric: Metric) -> bool:
    return metric.is_distance and scores.presence in (Presence.MISSED, Presence.INVENTED)


def _of(case: Case, structure: Structure) -> Iterator[StructureScores]:
    return (scores for scores in case.scores.structures if scores.structure == structure)


def _rows(
    cohort: Cohort, structures: Sequence[Structure], options: SummaryOptions, other: Cohort | None
) -> Iterator[Summary]:
    for structure in structures:
        for metric in METRICS:
            values = values_of(cohort.cases, structure, metric, options.penalty_mm)
            if not values:
                continue
            failures = failures_of(cohort.cases, structure, metric)
            test = None
            if other is not None and metric.is_agreement:
                theirs = values_of(other.cases, structure, metric, options.penalty_mm)
                common = sorted(values.keys() & theirs.keys())
                test = wilcoxon_signed_rank([values[i] for i in common], [theirs[i] for i in common])
            yield _summary(
                values,
                cohort=cohort,
                structure=structure,
                metric=metric,
                failures=failures,
                options=options,
                test=test,
            )


def _summary(
    values: Mapping[int, float],
    *,
    cohort: Cohort,
    structure: Structure,
    metric: Metric,
    failures: Collection[int],
    options: SummaryOptions,
    test: PairedTest | None,
) -> Summary:
    numbers = np.array(list(values.values()))
    measured = np.array([value for case, value in values.items() if case not in failures])
    lower, median, upper = np.quantile(numbers, (0.25, 0.5, 0.75)).tolist()
    several = numbers.size > 1
    return Summary(
        method=cohort.method,
        structure=structure,
        metric=metric,
        n=numbers.size,
        left_out=len(cohort.cases) - numbers.size,
        failures=len(failures),
        mean=float(numbers.mean()),
        sd=float(numbers.std(ddof=1)) if several else None,
        mean_without_failures=float(measured.mean()) if measured.size else None,
        median=median,
        lower_quartile=lower,
        upper_quartile=upper,
        interval=mean_interval(
            numbers.tolist(), method=options.interval_method, resamples=options.resamples, seed=options.seed
        )
        if several
        else None,
        test=test,
    )

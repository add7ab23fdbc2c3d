"""Summaries as the tables that papers print: mean and deviation first, then everything that these two hide."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from VSSegmentationLib.cohort.cases import Cohort
from VSSegmentationLib.cohort.summary import Presences, Summary
from VSSegmentationLib.evaluation import METRICS, Metric
from VSSegmentationLib.label_set import Structure
from VSSegmentationLib.short_repr import short_repr

PAPER_METRICS = ("dice", "assd", "hd95", "rve", "sensitivity")
SIGNIFICANT = 0.05
NOTHING = "–"

_DECIMALS = {"": 4, "mm": 3, "cm3": 3}
_IN_PERCENT = frozenset({"rve"})


class Table(NamedTuple):
    """Plain text in rows and columns; each way of writing it down escapes what it has to."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        return short_repr(self)


def paper_table(summaries: Sequence[Summary]) -> Table:
    """One row for each method and structure: mean ± standard deviation, with a star where the methods differ."""
    metrics = [metric for metric in METRICS if metric.id in PAPER_METRICS]
    cells = {(s.structure, s.method, s.metric.id): _mean_and_sd(s) for s in summaries}
    cases = {(s.structure, s.method): s.n + s.left_out for s in summaries}
    failures = {(s.structure, s.method): s.failures for s in summaries if s.metric.is_distance}
    rows = [
        (
            structure.name,
            method,
            str(cases[structure, method]),
            str(failures.get((structure, method), 0)),
            *(cells.get((structure, method, m.id), NOTHING) for m in metrics),
        )
        for structure, method in _groups(summaries)
    ]
    return Table(
        title="Mean ± standard deviation",
        header=("Structure", "Method", "Cases", "Failures", *(_heading(metric) for metric in metrics)),
        rows=tuple(rows),
    )


def detail_table(summaries: Sequence[Summary]) -> Table:
    """One row for each method, structure and metric: what a mean and a deviation hide."""
    rows = [
        (
            s.structure.name,
            _heading(s.metric),
            s.method,
            str(s.n),
            str(s.left_out),
            str(s.failures) if s.metric.is_distance else NOTHING,
            _mean_and_sd(s, star=False),
            _number(s.mean_without_failures, s.metric),
            NOTHING if s.interval is None else _range(s.interval.low, s.interval.high, s.metric),
            f"{_number(s.median, s.metric)} [{_range(s.lower_quartile, s.upper_quartile, s.metric)}]",
            _test(s),
        )
        for s in _by_metric(summaries)
        if s.metric.is_agreement
    ]
    header = (
        "Structure", "Metric", "Method", "n", "Left out", "Failures", "Mean ± SD", "Mean without failures",
        "95 % CI of the mean", "Median [quartiles]", "p (pairs)",
    )  # fmt: skip
    return Table(title="In detail", header=header, rows=tuple(rows))


def presence_table(counted: Iterable[Presences], cohorts: Iterable[Cohort]) -> Table:
    """One row for each method and structure: in how many cases it was there, missed, invented, or in neither."""
    rows = [(p.structure.name, p.method, str(p.both), str(p.missed), str(p.invented), str(p.absent)) for p in counted]
    for cohort in cohorts:
        lesions = [case.scores.lesions for case in cohort.cases]
        found, missed = sum(each.found for each in lesions), sum(each.missed for each in lesions)
        invented = sum(each.invented for each in lesions)
        rows.append(("Tumors, counted singly", cohort.method, str(found), str(missed), str(invented), NOTHING))
    header = ("Structure", "Method", "In both", "Missed", "Invented", "In neither")
    return Table(title="Found and missed", header=header, rows=tuple(rows))


def _groups(summaries: Sequence[Summary]) -> list[tuple[Structure, str]]:
    groups = dict.fromkeys((s.structure, s.method) for s in summaries)
    order = list(dict.fromkeys(s.structure for s in summaries))
    return sorted(groups, key=lambda group: order.index(group[0]))


def _by_metric(summaries: Sequence[Summary]) -> list[Summary]:
    """Methods beside each other."""
    order = list(dict.fromkeys(s.structure for s in summaries))
    return sorted(summaries, key=lambda s: (order.index(s.structure), METRICS.index(s.metric)))


def _heading(metric: Metric) -> str:
    unit = "%" if metric.id in _IN_PERCENT else metric.unit
    return f"{metric.name} ({unit})" if unit else metric.name


def _mean_and_sd(summary: Summary, *, star: bool = True) -> str:
    differs = summary.test is not None and summary.test.p_value is not None and summary.test.p_value < SIGNIFICANT
    mean, sd = _number(summary.mean, summary.metric), _number(summary.sd, summary.metric)
    return f"{mean} ± {sd}{' *' if star and differs else ''}"


def _number(value: float | None, metric: Metric) -> str:
    if value is None:
        return NOTHING
    return f"{100 * value:.2f}" if metric.id in _IN_PERCENT else f"{value:.{_DECIMALS[metric.unit]}f}"


def _range(low: float, high: float, metric: Metric) -> str:
    return f"{_number(low, metric)} to {_number(high, metric)}"


def _test(summary: Summary) -> str:
    if summary.test is None or summary.test.p_value is None:
        return NOTHING
    p = "< 0.0001" if summary.test.p_value < 0.0001 else f"{summary.test.p_value:.4f}"
    return f"{p} ({summary.test.pairs})"

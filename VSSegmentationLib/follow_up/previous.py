"""A report with the examination before it: its picture, its values and the change stand beside the new ones."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up.comparing import compare_examinations
from VSSegmentationLib.follow_up.examination import ComparedExamination, examination_of
from VSSegmentationLib.follow_up.times import Times, check_days
from VSSegmentationLib.measurement.growth import Treatment, TreatmentKind
from VSSegmentationLib.reporting import PriorTreatment, ReportContent


@dataclass(frozen=True, kw_only=True)
class Interval:
    """What a person tells of when the two examinations were; what is None is taken from reports and headers."""

    days: int | None = None
    """Of this examination, on the count of the previous report, which is 0 where that has none."""
    date: dt.date | None = None
    """Of this examination."""
    previous_date: dt.date | None = None


def with_previous(
    content: ReportContent,
    previous: ComparedExamination,
    interval: Interval,
    *,
    policy: str | None = None,
    different_cases: bool = False,
) -> ReportContent:
    """Return what a report is made from, with the previous examination beside it.

    Args:
        content: Of the new examination.
        previous: As `read_examination` gives it.
        interval: When the two were.
        policy: Which diameter leads in the comparison; None takes that of the previous report.
        different_cases: Compare although the case names differ.

    Raises:
        UsageError: If it is not known how long before it was, it was later, or the two are of different cases.
    """
    before, now = _days(content, previous, interval)
    treatments = _treatments(content.user_fields.prior_treatment, now)
    compared = compare_examinations(
        [previous, examination_of(content)],
        Times(days=(before, now), treatments=treatments),
        policy=policy,
        different_cases=different_cases,
    )
    told = tuple(f"Previous examination: {sentence}" for sentence in previous.warnings)
    return replace(
        content,
        growth=compared.growth,
        shown=compared.shown,
        days_from_baseline=now,
        warnings=(*content.warnings, *told),
    )


def _days(content: ReportContent, previous: ComparedExamination, interval: Interval) -> tuple[int, int]:
    before = previous.days_from_baseline or 0
    then = interval.previous_date or previous.date
    date = interval.date or examination_of(content).date
    if interval.days is not None:
        now = interval.days
    elif then is not None and date is not None:
        now = before + (date - then).days
    else:
        msg = (
            "how long after the previous examination this one was is not known: give --days N, or --date and "
            "--previous-date"
        )
        raise UsageError(msg)
    check_days(before, now)
    if now < before:
        msg = f"the previous examination would be {before - now} days after this one; give the two in the other order"
        raise UsageError(msg)
    return before, now


def _treatments(prior: Sequence[PriorTreatment], now: int) -> tuple[Treatment, ...]:
    return tuple(
        Treatment(TreatmentKind(each.kind), now - each.days_before)
        for each in prior
        if each.days_before is not None and each.kind in set(TreatmentKind)
    )

"""From examinations to the content of a comparison: in the order of time, with the headline of the baseline."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up.alignment import Alignment, align_scans
from VSSegmentationLib.follow_up.examination import ComparedExamination
from VSSegmentationLib.follow_up.times import Times
from VSSegmentationLib.measurement import Headline
from VSSegmentationLib.measurement.growth import Examination, GrowthLimits, Treatment, TreatmentKind, compare
from VSSegmentationLib.progress import OnProgress
from VSSegmentationLib.reporting import withheld_headline
from VSSegmentationLib.reporting.growth.content import GrowthContent, ShownExamination
from VSSegmentationLib.tasks import DEFAULT_TASK, Task


class _Dated(NamedTuple):
    days: int
    number: int
    """As given; which decides where two were on one day."""
    given: ComparedExamination


def compare_examinations(
    examinations: Sequence[ComparedExamination],
    times: Times,
    *,
    policy: str | None = None,
    limits: GrowthLimits | None = None,
    align: bool = False,
    with_dates: bool = False,
    different_cases: bool = False,
    on_progress: OnProgress | None = None,
) -> GrowthContent:
    """Compare examinations of one tumor.

    Args:
        examinations: At least two, in any order.
        times: When they were, in their order, and the treatments.
        policy: Which diameter leads, chosen at the earliest examination and kept; None takes the policy of its report.
        limits: From which change on something is flagged.
        align: Lay the heads on each other and show all on the slices of the earliest; needs every scan. No number
            depends on it.
        with_dates: Whether the dates are written into the results.
        different_cases: Compare examinations although their case names differ.
        on_progress: Called with a fraction from 0 to 1 and what is being done, while scans are aligned.

    Returns:
        What the files of a comparison are made from; the change itself is its `growth`.

    Raises:
        UsageError: If there are fewer than two, times do not fit them, they are of different kinds of tumor or carry
            different case names, a scan is missing that is to be aligned, or there is no such policy.
    """
    if len(times.days) != len(examinations):
        msg = f"a day is needed for each of the {len(examinations)} examinations, got {len(times.days)}"
        raise UsageError(msg)
    dated = [_Dated(*row) for row in zip(times.days, range(len(examinations)), examinations, strict=True)]
    dated.sort(key=lambda each: (each.days, each.number))
    ordered = [each.given for each in dated]
    task = _one_task(ordered)
    if not different_cases:
        _check_one_case(examinations)
    alignment = _aligned(ordered, on_progress) if align else Alignment.none(len(ordered))
    growth = compare(
        _examinations(dated, times, alignment, task, task.chosen_policy(policy or _first_policy(ordered))),
        limits=limits,
        published=task.published_limits,
        treatments=times.treatments,
    )
    return GrowthContent(
        growth=replace(growth, warnings=(*growth.warnings, *alignment.warnings)),
        shown=tuple(
            ShownExamination(labelmap=each.labelmap, image=each.image, ras_to_baseline_ras=move)
            for each, move in zip(ordered, alignment.moves, strict=True)
        ),
        task=task,
        with_dates=with_dates,
    )


def _one_task(ordered: Sequence[ComparedExamination]) -> Task:
    tasks = {each.task.name: each.task for each in ordered}
    if len(tasks) > 1:
        msg = f"examinations of one kind of tumor can be compared, got {' and '.join(tasks)}"
        raise UsageError(msg)
    return next(iter(tasks.values()), DEFAULT_TASK)


def _check_one_case(examinations: Sequence[ComparedExamination]) -> None:
    """Refuse examinations that carry different names; the message repeats none, since a name may be a patient's."""
    named = [(number, each.case) for number, each in enumerate(examinations, 1) if each.case]
    if len({case for _, case in named}) > 1:
        other = next(number for number, case in named if case != named[0][1])
        msg = (
            f"examinations {named[0][0]} and {other} carry different case names, so they may be of two patients; give "
            "results of one patient, or compare them all the same with --different-cases (different_cases=True)"
        )
        raise UsageError(msg)


def _first_policy(ordered: Sequence[ComparedExamination]) -> str | None:
    return ordered[0].policy if ordered else None


def _aligned(ordered: Sequence[ComparedExamination], on_progress: OnProgress | None) -> Alignment:
    scans = [each.image for each in ordered if each.image is not None and not each.is_crop]
    if len(scans) != len(ordered):
        msg = f"the scan of each of the {len(ordered)} examinations is needed to align them, got {len(scans)}"
        raise UsageError(msg)
    return align_scans(scans, on_progress or (lambda _fraction, _stage: None))


def _examinations(
    dated: Sequence[_Dated], times: Times, alignment: Alignment, task: Task, policy: str
) -> list[Examination]:
    """Return the examinations with their headlines: the first one's is chosen, the others are locked to it.

    Where one of them cannot be relied on, there is none.
    """
    out: list[Examination] = []
    doubted = any(each.given.doubts for each in dated)
    locked = None
    for place, (days, number, given) in enumerate(dated):
        headline = task.choose_headline(
            given.measurements, policy, after_surgery=_is_after_surgery(days, times.treatments), locked=locked
        )
        locked = locked or headline
        out.append(
            Examination(
                days=days,
                date=times.dates[number] if times.dates else None,
                measurements=given.task.of_tumor(given.measurements),
                headline=withheld_headline(headline) if doubted else headline,
                facts=alignment.seen(place, given.facts),
                warnings=(*given.warnings, *_other_policy(given, headline)),
                reliable=not given.doubts,
                reviewed=given.reviewed,
                case=given.case,
            )
        )
    return out


def _is_after_surgery(days: int, treatments: Sequence[Treatment]) -> bool:
    return any(each.kind is TreatmentKind.SURGERY and each.days <= days for each in treatments)


def _other_policy(given: ComparedExamination, headline: Headline) -> tuple[str, ...]:
    if given.policy is None or given.policy == headline.policy:
        return ()
    told = given.policy
    return (f"Its own report leads by the policy {told}; here the policy of the baseline counts: {headline.policy}.",)

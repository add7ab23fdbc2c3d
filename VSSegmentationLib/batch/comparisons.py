"""Which comparisons of a study are due: those of patients of whom an examination is new or has changed."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from VSSegmentationLib.batch.journal import Journal, Outcome
from VSSegmentationLib.batch.planning import CASES, PATIENTS, BatchOptions, Plan, Planned
from VSSegmentationLib.warm_child import Answer


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The examinations of one patient, to be compared."""

    patient: str
    job: Mapping[str, object]
    asked: str


def due_comparisons(plan: Plan, journal: Journal, options: BatchOptions) -> list[Comparison]:
    """Return the comparisons that are not made yet, or no longer those of what is there."""
    return [each for each in _all(plan, journal, options) if not _is_made(each, journal)]


def _all(plan: Plan, journal: Journal, options: BatchOptions) -> Iterator[Comparison]:
    by_patient: dict[str, list[Planned]] = {}
    for planned in plan.all:
        outcome = journal.cases.get(planned.case.name)
        if outcome is not None and outcome.status == "done" and planned.case.patient and planned.day is not None:
            by_patient.setdefault(planned.case.patient, []).append(planned)
    for patient, own in sorted(by_patient.items()):
        if len(own) < 2:
            continue
        own.sort(key=lambda each: (each.day, each.case.name))
        told = [f"{each.case.name} {each.day} {journal.cases[each.case.name].result.get('ended_at')}" for each in own]
        job = {
            "id": "compare",
            "examinations": [str(options.study / CASES / each.case.name) for each in own],
            "days": [each.day for each in own],
            "folder": str(options.study / PATIENTS / patient),
            "policy": options.policy,
        }
        yield Comparison(
            patient=patient, job=job, asked=hashlib.sha256("\n".join([str(options.policy), *told]).encode()).hexdigest()
        )


def _is_made(due: Comparison, journal: Journal) -> bool:
    before = journal.comparisons.get(due.patient)
    return before is not None and before.asked == due.asked


def compared(due: Comparison, answer: Answer) -> Outcome:
    """Return how a comparison ended."""
    done = "result" in answer
    return Outcome(
        case=due.patient,
        status="done" if done else "refused",
        reason="" if done else str(answer.get("died") or answer.get("error", "")),
        exit_code=int(answer.get("exit_code", 0)),
        seconds=float(answer.get("seconds", 0.0)),
        asked=due.asked,
        result=answer.get("result", {}),
    )

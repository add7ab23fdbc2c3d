"""A cohort from its plan to its end: cases, those that died once more alone, then the comparisons of patients."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from VSSegmentationLib.batch.comparisons import compared, due_comparisons
from VSSegmentationLib.batch.engine import Engine, EngineError, Work
from VSSegmentationLib.batch.journal import Journal, Outcome
from VSSegmentationLib.batch.planning import BatchOptions, Plan, Planned, outcome_of
from VSSegmentationLib.progress import ShouldCancel
from VSSegmentationLib.warm_child import Answer

_TOO_MANY_DEATHS = 10
"""If none of the first so many comes to anything, it isn't the cases."""


@dataclass
class Tally:
    """How far a run is."""

    total: int
    done: int = 0
    refused: int = 0
    set_aside: int = 0
    suspects: list[Planned] = field(default_factory=list)

    @property
    def ended(self) -> int:
        """How many cases have come to their end."""
        return self.done + self.refused + self.set_aside


OnChange = Callable[[Tally, Outcome | None], None]


def run_cases(plan: Plan, engine: Engine, journal: Journal, *, on_change: OnChange, should_stop: ShouldCancel) -> Tally:
    """Do what the plan says; each outcome is in the journal when `on_change` hears of it.

    A case that ends its process is done once more, with nothing beside it; if it does so again, it is set aside.

    Raises:
        EngineError: If the engine doesn't get on, or no case at all comes to an end.
    """
    tally = Tally(len(plan.to_do))
    by_number: dict[int, Planned] = {}
    numbers = count()

    def works(of: Sequence[Planned]) -> Iterator[Work]:
        for planned in of:
            number = next(numbers)
            by_number[number] = planned
            yield Work(number=number, order="case", job=planned.job, files=planned.case.files)

    def heard(work: Work, answer: Answer, *, alone: bool) -> None:
        planned = by_number.pop(work.number)
        if _is_nothing(answer):
            return
        if "died" in answer and not alone:
            tally.suspects.append(planned)
            if len(tally.suspects) >= _TOO_MANY_DEATHS and not tally.ended:
                msg = f"the first {len(tally.suspects)} cases all failed in the same way: {answer['died']}"
                raise EngineError(msg)
            return
        outcome = outcome_of(planned, answer, tries=2 if alone else 1)
        journal.keep("case", outcome)
        tally.done += outcome.status == "done"
        tally.refused += outcome.status == "refused"
        tally.set_aside += outcome.status == "set aside"
        on_change(tally, outcome)

    on_change(tally, None)
    engine.run(works(plan.to_do), lambda work, answer: heard(work, answer, alone=False), should_stop=should_stop)
    engine.run(
        works(tuple(tally.suspects)),
        lambda work, answer: heard(work, answer, alone=True),
        should_stop=should_stop,
        alone=True,
    )
    return tally


def _is_nothing(answer: Answer) -> bool:
    """Return whether a case was not begun, or ended because everything was."""
    return "skipped" in answer or answer.get("died") == "stopped on request"


def compare_patients(
    plan: Plan,
    engine: Engine,
    journal: Journal,
    options: BatchOptions,
    *,
    on_change: Callable[[int, int], None],
    should_stop: ShouldCancel,
) -> None:
    """Compare the examinations of each patient who has two or more with a day, where one of them is new or changed."""
    due = due_comparisons(plan, journal, options)
    ended = count(1)

    def heard(work: Work, answer: Answer) -> None:
        if _is_nothing(answer):
            return
        due_one = due[work.number]
        journal.keep("comparison", compared(due_one, answer))
        on_change(next(ended), len(due))

    works = (Work(number=number, order="compare", job=each.job) for number, each in enumerate(due))
    engine.run(works, heard, should_stop=should_stop)

"""Signs that the labels of a cohort mean something else than was said."""

from collections.abc import Iterator, Sequence

from VSSegmentationLib.cohort.cases import Case
from VSSegmentationLib.cohort.matching import listed
from VSSegmentationLib.tasks import Task


def label_suspicions(cases: Sequence[Case], task: Task) -> Iterator[str]:
    """Tell where labels seem to mean something else than was said; cases are named by number."""
    for suspicion in task.suspicions:
        numbers = [case.number for case in cases if suspicion.applies(case.scores)]
        if numbers:
            yield suspicion.sentence.format(cases=listed(numbers))

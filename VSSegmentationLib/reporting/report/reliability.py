"""What is not said of a result that cannot be relied on: no headline, no grade, no sentence for a letter."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from VSSegmentationLib.measurement import Grade, Headline
from VSSegmentationLib.measurement.grades import NOT_GRADED

CANNOT_BE_RELIED_ON = "the result cannot be relied on"


def withheld_headline(headline: Headline) -> Headline:
    """Return that there is no headline, under the policy that would have chosen one."""
    return replace(headline, measurement_id=None, value_mm=None, reason=CANNOT_BE_RELIED_ON, note="")


def withheld_grades(grades: Iterable[Grade]) -> tuple[Grade, ...]:
    """Return the same scales, none of them graded."""
    return tuple(
        replace(each, value=NOT_GRADED, meaning="", raw_mm=None, reason=CANNOT_BE_RELIED_ON) for each in grades
    )


def no_sentence(doubts: Sequence[str]) -> str:
    """Return what stands in place of a sentence for a letter."""
    return " ".join(("No statement is made.", *doubts))

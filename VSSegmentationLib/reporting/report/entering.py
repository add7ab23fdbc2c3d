"""The fields of a report from names and values that were typed, each checked against its declaration."""

from collections.abc import Collection, Sequence

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.measurement.growth import TreatmentKind
from VSSegmentationLib.reporting.report.fields import PriorTreatment, UserFields, answers, questions

PRIOR_TREATMENT = "prior_treatment"
"""The one field that may be given several times: KIND, or KIND,DAYS with the days before this examination."""


def entered_fields(entries: Sequence[tuple[str, str]]) -> UserFields:
    """Return the fields with what was typed.

    Args:
        entries: Name of a field and its value, each name once; several treatments are several entries.

    Raises:
        UsageError: If there is no such field, it does not take that value, or it was given twice. The message lists
            what there is and repeats nothing that was typed.
    """
    choices = {each.id: each.choices for each in questions()}
    filled: dict[str, str] = {}
    treatments: list[PriorTreatment] = []
    for name, value in entries:
        if name == PRIOR_TREATMENT:
            treatments.append(_treatment(value))
            continue
        if name not in choices:
            msg = f"there is no such field of the report; there are {', '.join(field_names())}"
            raise UsageError(msg)
        if name in filled:
            msg = f"the field {name} was given twice; give it once"
            raise UsageError(msg)
        if choices[name] and value not in choices[name]:
            msg = f"the field {name} takes one of {', '.join(choices[name])}, and another value was given"
            raise UsageError(msg)
        filled[name] = value
    return UserFields(prior_treatment=tuple(treatments), **filled)


def field_names() -> tuple[str, ...]:
    """Return the names of all fields that can be typed, in the order of the report."""
    return (*(each.id for each in questions()), PRIOR_TREATMENT)


def check_asked(filled: UserFields, asked: Collection[str], task_name: str) -> None:
    """See that only those fields were filled that are asked for of a kind of tumor.

    Raises:
        UsageError: If another one was.
    """
    others = [question.id for question, _ in answers(filled) if question.id not in asked]
    if others:
        msg = f"a report of a {task_name} has no field {', '.join(others)}; it has {', '.join(asked)}"
        raise UsageError(msg)


_MOST_DIGITS = 5
"""Of days: up to some hundred years."""


def _treatment(value: str) -> PriorTreatment:
    kind, comma, days = (each.strip() for each in value.partition(","))
    if kind not in set(TreatmentKind) or (
        comma and not (days.isascii() and days.isdigit() and len(days) <= _MOST_DIGITS)
    ):
        msg = (
            f"the field {PRIOR_TREATMENT} takes {' or '.join(TreatmentKind)}, and after a comma how many days before "
            "this examination it was, as in radiosurgery,400"
        )
        raise UsageError(msg)
    return PriorTreatment(kind=kind, days_before=int(days) if comma else None)

"""What a person adds to a report; everything is empty by default and shown only when filled.

A field is declared here, once: report.json, its schema, the page, the structured report and the form of the Slicer
module are made from these declarations. After a change renew the schema by `python tools/report_schema.py`.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any

from VSSegmentationLib.geometry import Triplet

_QUESTION = "question"


@dataclass(frozen=True, kw_only=True)
class Question:
    """How one field is asked for and shown."""

    id: str = ""
    """Name of the field in `UserFields`."""
    label: str
    """On the report."""
    short: str
    """Before the box of a form."""
    help: str = "Stands on the report as typed."
    choices: tuple[str, ...] = ()
    """What a form offers; none means free text. A program may fill in any text."""
    grade: str = ""
    """Name of the grading scale that the answer belongs to, for the structured report; empty for other findings."""
    at_once: bool = False
    """Whether a form shows it at first sight and not among further findings."""
    in_study: bool = False
    """Whether `study.csv` has a column for it; not for free text, which may name someone."""


def asked(**question: Any) -> Mapping[str, Any]:  # noqa: ANN401 - those of Question
    """Return the declaration of a field, for its metadata.

    Args:
        question: The fields of `Question` but its id.
    """
    return {_QUESTION: Question(**question)}


@dataclass(frozen=True, kw_only=True)
class PriorTreatment:
    """A treatment before this examination."""

    kind: str
    days_before: int | None = None
    """Days from the treatment to this examination; None where it is not known."""
    date: str = ""
    """Only in reports with identifiers."""


@dataclass(frozen=True, kw_only=True)
class UserFields:
    """Findings that a person enters, in that person's own words."""

    koos: str = field(
        default="",
        metadata=asked(
            label="Koos grade, entered by a person",
            short="Koos grade",
            help="Needs a reader: contact with the brainstem is not measured.",
            choices=("I", "II", "III", "IV"),
            grade="Koos",
            at_once=True,
            in_study=True,
        ),
    )
    samii: str = field(
        default="",
        metadata=asked(
            label="Samii / Hannover grade, entered by a person",
            short="Samii grade",
            help="T1 to T4b of the Hannover classification.",
            choices=("T1", "T2", "T3a", "T3b", "T4a", "T4b"),
            grade="Samii",
            in_study=True,
        ),
    )
    lateral_extent: str = field(
        default="",
        metadata=asked(
            label="Lateral extent in the canal, fundal cap",
            short="Fundus",
            help="Lateral extent in the canal and fundal fluid cap, as typed.",
        ),
    )
    cystic_component: str = field(default="", metadata=asked(label="Cystic component", short="Cystic component"))
    brainstem: str = field(
        default="",
        metadata=asked(
            label="Brainstem contact or compression",
            short="Brainstem",
            help="Contact with or compression of the brainstem, as typed.",
        ),
    )
    hydrocephalus: str = field(default="", metadata=asked(label="Hydrocephalus", short="Hydrocephalus"))
    labyrinth_extension: str = field(
        default="",
        metadata=asked(
            label="Extension into cochlea or vestibule",
            short="Labyrinth",
            help="Extension into the cochlea or the vestibule, as typed.",
        ),
    )
    prior_treatment: tuple[PriorTreatment, ...] = ()
    comment: str = field(default="", metadata=asked(label="Comment", short="Comment", at_once=True))
    decision: str = field(
        default="", metadata=asked(label="Decision", short="Decision", help="Of the meeting, as typed.")
    )


@dataclass(frozen=True, kw_only=True)
class ManualOverride:
    """A length that a person drew, which stands beside the computed one and never takes its place unseen."""

    measurement_id: str
    value: float
    """In the unit of the measurement."""
    end_points_ras_mm: tuple[Triplet, Triplet] | None = None


def questions(kind: type[UserFields] = UserFields) -> tuple[Question, ...]:
    """Return how each field is asked for, in the order of the report.

    Args:
        kind: The fields, or a class of more of them.
    """
    return tuple(_question(each) for each in fields(kind) if _QUESTION in each.metadata)


def answers(filled: UserFields) -> tuple[tuple[Question, str], ...]:
    """Return the questions that were answered, each with what was entered."""
    told = ((question, getattr(filled, question.id).strip()) for question in questions(type(filled)))
    return tuple((question, answer) for question, answer in told if answer)


def _question(declared: "Field[Any]") -> Question:
    question: Question = declared.metadata[_QUESTION]
    return replace(question, id=declared.name)

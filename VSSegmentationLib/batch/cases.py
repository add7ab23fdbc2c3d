"""What a cohort is made of: cases that can be run, and inputs that are refused before anything is."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Modality

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One examination, ready to be run."""

    name: str
    """What its folder of results is called; of letters, digits and . _ + - only."""
    key: str = field(repr=False)
    """What it is known by from one run to the next; may hold a path, so it is told to nobody."""
    input: Path = field(repr=False)
    """File, DICOM folder, or one DICOM file of a series."""
    files: tuple[Path, ...] = field(repr=False)
    """All that the result depends on: what is looked at to tell whether it has changed."""
    patient: str = ""
    """A pseudonym; empty where it is not known whose examination it is."""
    date: dt.date | None = field(default=None, repr=False)
    """Of the examination; only days leave this program."""
    day: int | None = None
    """On any count that the examinations of the patient share."""
    series: int | None = None
    modality: Modality = Modality.UNKNOWN
    side: Literal["left", "right"] | None = None
    """On which side the manifest says that the tumor is."""
    mask: Path | None = field(default=None, repr=False)
    """Measured in place of segmenting."""
    previous: Path | None = field(default=None, repr=False)
    """Results of an earlier examination, made elsewhere."""
    further_inputs: tuple[tuple[str, Path], ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class RefusedInput:
    """What was found and will not be run."""

    place: str = field(repr=False)
    """Where it was found; may hold a patient's name: for the private list of inputs alone."""
    reason: str
    name: str = ""
    """Of the case, where it has one."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Everything that was found."""

    cases: tuple[Case, ...] = ()
    refused: tuple[RefusedInput, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        return Found(cases=self.cases + other.cases, refused=self.refused + other.refused)


def checked_name(name: str, where: str) -> str:
    """Return a name that can be that of a folder.

    Raises:
        UsageError: If it can't; the name itself is not repeated.
    """
    if _NAME.fullmatch(name) is None:
        msg = (
            f"{where}: the name of a case is made of 1 to 100 letters, digits and . _ + -, and begins with a letter or "
            "digit; give it another one"
        )
        raise UsageError(msg)
    return name


def as_name(text: str) -> str:
    """Return a text as a name of a case."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", text).strip("_.+-")[:100] or "case"


def days_of(cases: Sequence[Case]) -> dict[str, int]:
    """Return the day of each case, by its name, counted from the earliest examination of the patient.

    Left out are cases whose patient is not known, and those of patients of whom not every examination has a date, or
    else a day.
    """
    by_patient: dict[str, list[Case]] = {}
    for case in cases:
        if case.patient:
            by_patient.setdefault(case.patient, []).append(case)
    days: dict[str, int] = {}
    for own in by_patient.values():
        dates = [case.date for case in own if case.date is not None]
        counted = [case.day for case in own if case.day is not None]
        if len(counted) == len(own):
            days |= {case.name: day - min(counted) for case, day in zip(own, counted, strict=True)}
        elif len(dates) == len(own):
            days |= {case.name: (date - min(dates)).days for case, date in zip(own, dates, strict=True)}
    return days

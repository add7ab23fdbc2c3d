"""The cases of one method, and what was left out."""

from dataclasses import dataclass

from VSSegmentationLib.evaluation import CaseScores
from VSSegmentationLib.short_repr import short_repr


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case of one method."""

    number: int
    """The same for every method; the place of the reference in alphabetical order."""
    name: str
    """May identify a patient: for the case table alone."""
    scores: CaseScores

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """All cases of one method."""

    method: str
    """What the tables call it."""
    cases: tuple[Case, ...]
    without_prediction: tuple[tuple[int, str], ...] = ()
    """Number and name of the references that were left out."""
    without_reference: tuple[str, ...] = ()
    """Names of the predictions that were left out."""
    counted_as_empty: tuple[int, ...] = ()
    """Numbers of the cases without a prediction that count as predictions of nothing."""
    warnings: tuple[str, ...] = ()

    __repr__ = short_repr

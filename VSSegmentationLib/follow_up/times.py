"""When examinations and treatments were, on one count of days."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up.examination import ComparedExamination
from VSSegmentationLib.measurement.growth import Treatment, days_from_dates

MOST_DAYS = 36_525


@dataclass(frozen=True, kw_only=True)
class Times:
    """When each examination was, in the order in which they are given, and the treatments."""

    days: tuple[int, ...]
    """On any count that examinations and treatments share."""
    dates: tuple[dt.date, ...] | None = None
    """None where only days are known."""
    treatments: tuple[Treatment, ...] = ()

    def __post_init__(self) -> None:
        if self.dates is not None and len(self.dates) != len(self.days):
            msg = f"a date is needed for each of the {len(self.days)} days, got {len(self.dates)}"
            raise UsageError(msg)
        check_days(*self.days, *(treatment.days for treatment in self.treatments))

    @classmethod
    def from_dates(cls, dates: Sequence[dt.date], treatments: Sequence[Treatment] = ()) -> "Times":
        """Return days from the earliest of the dates on.

        Args:
            dates: One per examination.
            treatments: On the same count: days from the earliest examination.
        """
        return cls(days=days_from_dates(dates), dates=tuple(dates), treatments=tuple(treatments))


def check_days(*days: int) -> None:
    """Refuse days that lie farther apart than a life, whatever file or command tells them.

    Raises:
        UsageError: If there is one.
    """
    if any(abs(day) > MOST_DAYS for day in days):
        msg = f"days count from -{MOST_DAYS} to {MOST_DAYS}, a hundred years, and one lies beyond; correct it"
        raise UsageError(msg)


def known_times(examinations: Sequence[ComparedExamination]) -> Times | None:
    """Return when the examinations were, as their reports or DICOM images tell it; None unless all of them do."""
    dates = tuple(each.date for each in examinations if each.date is not None)
    if len(dates) == len(examinations):
        return Times.from_dates(dates)
    days = tuple(each.days_from_baseline for each in examinations if each.days_from_baseline is not None)
    return Times(days=days) if len(days) == len(examinations) else None

"""When the examinations and treatments were, from what was typed, else from the reports or the DICOM images."""

import argparse
import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from VSSegmentationLib.cli.examinations import GivenExamination
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio.dicom.identifiers import read_identifiers
from VSSegmentationLib.measurement.growth import Treatment, TreatmentKind, days_from_dates


class Times(NamedTuple):
    """When each examination was, and the treatments, on one count of days."""

    days: tuple[int, ...]
    dates: tuple[dt.date | None, ...]
    treatments: tuple[Treatment, ...]


def check_times(arguments: argparse.Namespace) -> None:
    """See that what was typed fits together, before anything is read.

    Raises:
        UsageError: If it does not.
    """
    count = len(arguments.examinations)
    if count < 2:
        msg = f"a comparison needs at least two examinations, got {count}"
        raise UsageError(msg)
    for name in ("dates", "days", "sequences"):
        given = getattr(arguments, name)
        if given is not None and len(given) != count:
            msg = f"--{name} needs one for each of the {count} examinations, got {len(given)}"
            raise UsageError(msg)
    if arguments.image and len(arguments.image) != count:
        msg = f"--image is given once for each of the {count} examinations, or not at all; got {len(arguments.image)}"
        raise UsageError(msg)
    if arguments.register and not arguments.image:
        msg = "--register aligns scans: give one for each examination with --image"
        raise UsageError(msg)
    if arguments.days is not None and (arguments.srs_date or arguments.surgery_date):
        msg = "a treatment is given as days where the examinations are: --srs-days, --surgery-days"
        raise UsageError(msg)


def find_times(arguments: argparse.Namespace, given: Sequence[GivenExamination]) -> Times:
    """Return when everything was.

    Raises:
        UsageError: If nothing tells it.
    """
    if arguments.days is not None:
        return Times(arguments.days, (None,) * len(given), _treatments(arguments, None))
    dates = arguments.dates or _known_dates(given)
    if dates is not None:
        return Times(days_from_dates(dates), dates, _treatments(arguments, min(dates)))
    told = [each.report.days_from_baseline for each in given if each.report is not None]
    days = tuple(each for each in told if each is not None)
    if len(days) != len(given):
        msg = "when the examinations were is not known: give --dates or --days, one for each in their order"
        raise UsageError(msg)
    return Times(days, (None,) * len(given), _treatments(arguments, None))


def _known_dates(given: Sequence[GivenExamination]) -> tuple[dt.date, ...] | None:
    """Return the study dates where every examination has one; they leave this program as intervals only."""
    dates = tuple(date for date in map(_study_date, given) if date is not None)
    return dates if len(dates) == len(given) else None


def _study_date(given: GivenExamination) -> dt.date | None:
    told = given.report.identifiers.study_date if given.report and given.report.identifiers else ""
    if not told and given.scan is not None and given.scan.dicom_source is not None:
        told = read_identifiers(given.scan.dicom_source).study_date
    try:
        return dt.date.fromisoformat(told) if told else None
    except ValueError:  # a header may hold anything; then the date is not known
        return None


def _treatments(arguments: argparse.Namespace, first: dt.date | None) -> tuple[Treatment, ...]:
    found = []
    for kind, date, days in (
        (TreatmentKind.RADIOSURGERY, arguments.srs_date, arguments.srs_days),
        (TreatmentKind.SURGERY, arguments.surgery_date, arguments.surgery_days),
    ):
        if days is not None:
            found.append(Treatment(kind, days))
        elif date is not None and first is not None:
            found.append(Treatment(kind, (date - first).days))
        elif date is not None:
            msg = "the date of a treatment needs the dates of the examinations: give --dates, or the treatment in days"
            raise UsageError(msg)
    return tuple(found)

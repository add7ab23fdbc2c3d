"""When the examinations and treatments were, from what was typed, else from the reports or the DICOM images."""

import argparse
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up import ComparedExamination, Times, known_times
from VSSegmentationLib.measurement.growth import Treatment, TreatmentKind


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


def typed_times(arguments: argparse.Namespace, examinations: Sequence[ComparedExamination]) -> Times:
    """Return when everything was.

    Raises:
        UsageError: If nothing tells it.
    """
    if arguments.days is not None:
        times: Times | None = Times(days=arguments.days)
    elif arguments.dates is not None:
        times = Times.from_dates(arguments.dates)
    else:
        times = known_times(examinations)
    if times is None:
        msg = "when the examinations were is not known: give --dates or --days, one for each in their order"
        raise UsageError(msg)
    return replace(times, treatments=_treatments(arguments, min(times.dates) if times.dates else None))


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

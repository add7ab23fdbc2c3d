"""What can be typed after `compare`; apart from what carries it out, which takes time to import."""

import argparse
import datetime as dt
from pathlib import Path

from VSSegmentationLib.cli.options.measure import add_drawn_by_option, add_values_option
from VSSegmentationLib.cli.options.report import POLICIES, date, day

PURPOSE = "compare two or more examinations of one tumor: how it changed, and how fast"
EXAMPLES = """
  vs-segmentation compare results_2023 results_2024 --dates 2023-03-01,2024-04-06 --out comparison
  vs-segmentation compare first.seg.nrrd second.seg.nrrd third.seg.nrrd --days 0,182,402 --out comparison
  vs-segmentation compare results_a results_b --days 0,402 --image a.nii.gz --image b.nii.gz --register --out comparison
  vs-segmentation compare results_a results_b --days 0,402 --srs-days 60 --out comparison

an examination is a labelmap, or a folder that segment or measure wrote: that also tells which scan, model and review it
was. Every number is measured anew on the examination's own grid. Results carry days from the first examination, and
dates only with --with-dates."""


def add_compare_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `compare`."""
    parser.add_argument(
        "examinations",
        metavar="EXAM",
        type=Path,
        nargs="+",
        help="labelmap (DICOM SEG, too), or results of segment or measure",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the results, made if absent")
    parser.add_argument(
        "--force", action="store_true", help="replace the results of a former comparison in that folder"
    )
    parser.add_argument("--pdf", action="store_true", help="print the page as growth.pdf, too (needs WeasyPrint)")
    _add_time_options(parser)
    _add_picture_options(parser)
    _add_reading_options(parser)
    parser.add_argument("--progress", choices=["json"], help="one JSON object per line on standard output")


def _add_time_options(parser: argparse.ArgumentParser) -> None:
    times = parser.add_argument_group(
        "when", "without --dates and --days: as the reports or the DICOM images tell it, if all of them do"
    )
    when = times.add_mutually_exclusive_group()
    when.add_argument("--dates", metavar="YYYY-MM-DD,...", type=_dates, help="of the examinations, in their order")
    when.add_argument("--days", metavar="N,...", type=_days, help="the same on any count of days: 0,182,402")
    for kind, name in (("srs", "radiosurgery"), ("surgery", "surgery")):
        treated = times.add_mutually_exclusive_group()
        treated.add_argument(f"--{kind}-date", metavar="YYYY-MM-DD", type=date, help=f"of {name}")
        treated.add_argument(f"--{kind}-days", metavar="N", type=day, help=f"day of {name} on the count of --days")
    times.add_argument("--with-dates", action="store_true", help="write the dates into the results, too")


def _add_picture_options(parser: argparse.ArgumentParser) -> None:
    pictures = parser.add_argument_group("pictures")
    pictures.add_argument(
        "--image",
        metavar="SCAN",
        type=Path,
        action="append",
        default=[],
        help="scan of an examination, once for each in their order: file or DICOM folder (default: the piece of "
        "it that lies in the results)",
    )
    pictures.add_argument(
        "--register",
        action="store_true",
        help="align the heads and show all examinations on the slices of the first; needs --image; changes no number",
    )


def _add_reading_options(parser: argparse.ArgumentParser) -> None:
    reading = parser.add_argument_group("how to compare")
    reading.add_argument(
        "--policy",
        metavar="NAME",
        help=f"which diameter leads, chosen at the first examination: {' or '.join(POLICIES)} (default: as its report "
        f"says, else {POLICIES[0]})",
    )
    reading.add_argument(
        "--different-cases", action="store_true", help="compare results although they carry different --case names"
    )
    reading.add_argument(
        "--side", choices=["left", "right"], help="of the patient: which of two tumors, or where the only one is"
    )
    add_values_option(reading)
    add_drawn_by_option(reading)
    reading.add_argument(
        "--sequences", metavar="NAME,...", type=_names, help="of the scans, where the files do not tell: T2,ceT1"
    )
    reading.add_argument(
        "--limit-mm", metavar="MM", type=float, default=2.0, help="flag changes of length from here on (default: 2)"
    )
    reading.add_argument(
        "--limit-percent",
        metavar="N",
        type=float,
        default=20.0,
        help="flag changes of volume from here on (default: 20)",
    )


def _dates(text: str) -> tuple[dt.date, ...]:
    return tuple(date(each) for each in text.split(","))


def _days(text: str) -> tuple[int, ...]:
    try:
        return tuple(day(each) for each in text.split(","))
    except argparse.ArgumentTypeError as error:
        msg = "days are whole numbers, separated by commas"
        raise argparse.ArgumentTypeError(msg) from error


def _names(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(","))

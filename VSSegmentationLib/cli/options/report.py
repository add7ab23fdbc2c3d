"""What can be typed about the report that a command writes; apart from what reads it, which takes time to import."""

import argparse
import datetime as dt
import re
from pathlib import Path

POLICIES = ("KCL 2023", "Kanzaki")
"""Of the default task, whose import would make help wait; the first is the default."""
_CHECKS = ("mask", "boundary", "line")


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command with a report has."""
    options = parser.add_argument_group("report")
    options.add_argument(
        "--policy",
        metavar="NAME",
        help=f"which diameter the report leads with: {' or '.join(POLICIES)} (default: {POLICIES[0]}); other kinds of "
        "tumor have others",
    )
    _add_case_options(options)
    options.add_argument(
        "--salt",
        metavar="SECRET",
        help="one for all reports of a study, so that the hashes of a series agree; default: a fresh one each time",
    )
    options.add_argument(
        "--identify",
        action="store_true",
        help="write name, number, birth date, study date, institution and UIDs of the DICOM headers into the reports",
    )


def _add_case_options(options: argparse._ArgumentGroup) -> None:
    named = options.add_mutually_exclusive_group()
    named.add_argument("--case", metavar="PSEUDONYM", default="", help="what the reports call the patient")
    named.add_argument(
        "--case-from-name", action="store_true", help="call the case as the input is called, which may name a patient"
    )
    options.add_argument(
        "--field",
        dest="fields",
        metavar="NAME=VALUE",
        type=_entry,
        action="append",
        default=[],
        help="what a person found or knows, once for each field; a name that is not known lists them all",
    )
    options.add_argument(
        "--days", metavar="N", type=day, help="day of this examination, counted from the baseline or the previous one"
    )


def add_previous_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that reports one examination of a patient who may have had others."""
    options = parser.add_argument_group("previous examination")
    options.add_argument(
        "--previous",
        metavar="OLD_RESULT",
        type=Path,
        help="results of segment or measure, or a labelmap: its picture, values and the change stand in the report",
    )
    options.add_argument(
        "--date",
        metavar="YYYY-MM-DD",
        type=date,
        help="of this examination; becomes days, and is written with --identify only",
    )
    options.add_argument("--previous-date", metavar="YYYY-MM-DD", type=date, help="of the previous one; becomes days")
    options.add_argument(
        "--different-cases", action="store_true", help="compare although the two carry different --case names"
    )


def date(text: str) -> dt.date:
    """Return a typed date, for a parser."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        msg = "a date is YYYY-MM-DD; several are separated by commas"
        raise argparse.ArgumentTypeError(msg) from error


def day(text: str) -> int:
    """Return a day on a count of days.

    Raises:
        ArgumentTypeError: If it is none.
    """
    if not re.fullmatch(r"\s*[-+]?\d{1,6}\s*", text):
        msg = "a day is a whole number of at most six digits"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _entry(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name.strip() and sign and value.strip()):
        msg = "a field is given as NAME=VALUE"
        raise argparse.ArgumentTypeError(msg)
    return name.strip(), value.strip()


def add_verbose_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that shows every measure on the console."""
    parser.add_argument("--verbose", action="store_true", help="show every measure here, and not the answer alone")


def add_review_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that measures what a person may have checked already."""
    parser.add_argument(
        "--checked",
        metavar="WHAT,...",
        type=_checks,
        default=frozenset(),
        help="what a person has checked, of mask, boundary, line; a report is a draft until all three are",
    )
    parser.add_argument("--reader", metavar="NAME", default="", help="who checked, if that person wants to be named")


def _checks(text: str) -> frozenset[str]:
    checked = frozenset(word.strip() for word in text.split(","))
    if not checked <= set(_CHECKS):
        msg = f"what can be checked is {', '.join(_CHECKS)}, separated by commas"
        raise argparse.ArgumentTypeError(msg)
    return checked

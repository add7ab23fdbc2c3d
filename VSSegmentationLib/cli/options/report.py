"""What can be typed about the report that a command writes; apart from what reads it, which takes time to import."""

import argparse

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
    options.add_argument("--case", metavar="PSEUDONYM", default="", help="what the reports call the patient")
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

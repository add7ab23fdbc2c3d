"""`--previous`, `--days` and `--date`: the examination before the one that is reported."""

import argparse

from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up import ComparedExamination, read_examination
from VSSegmentationLib.follow_up.previous import Interval, with_previous
from VSSegmentationLib.reporting import ReportContent


def check_previous(arguments: argparse.Namespace) -> None:
    """See that what was typed fits together, before anything is read.

    Raises:
        UsageError: If it does not.
    """
    if arguments.previous is None and (arguments.previous_date is not None or arguments.different_cases):
        msg = "--previous-date and --different-cases are about the examination that --previous names; give that, too"
        raise UsageError(msg)


def read_previous(arguments: argparse.Namespace) -> ComparedExamination | None:
    """Return the examination before, None where none was named."""
    return None if arguments.previous is None else read_examination(arguments.previous)


def beside_previous(
    content: ReportContent, previous: ComparedExamination | None, arguments: argparse.Namespace, console: Console
) -> ReportContent:
    """Return the content with the examination before, and say what is not kept of what was typed."""
    warn_of_date(arguments, console)
    if previous is None:
        return content
    return with_previous(
        content,
        previous,
        interval_of(arguments),
        policy=arguments.policy,
        different_cases=arguments.different_cases,
    )


def interval_of(arguments: argparse.Namespace) -> Interval:
    """Return what was typed of when the two examinations were."""
    return Interval(days=arguments.days, date=arguments.date, previous_date=arguments.previous_date)


def warn_of_date(arguments: argparse.Namespace, console: Console) -> None:
    """Say what is not kept of what was typed."""
    if arguments.date is not None and not arguments.identify:
        used = "used for the days only" if arguments.previous is not None and arguments.days is None else "left out"
        console.warning(f"Reports hold a date only with --identify; the one given was {used}.")

"""`segment`: from a scan to labelmap, numbers and report."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch

from VSSegmentationLib.case_run import CaseRequest
from VSSegmentationLib.case_run.carrying_out import carry_out, prepare
from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.commands.choices import pipeline_options
from VSSegmentationLib.cli.commands.previous import check_previous, interval_of, warn_of_date
from VSSegmentationLib.cli.commands.results import show_results
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import OtherContrastError, WeightingQuestionError
from VSSegmentationLib.imageio import Modality
from VSSegmentationLib.inference import load_model, set_threads_that_help


def run_segment(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Read the scan, run the pipeline on it, and write; a request to stop is met at the next step."""
    check_previous(arguments)
    console.progress(0.0, "reading")
    load = cache(load_model)  # asked what it takes, then run: read once
    prepared = prepare(_request(arguments), load)
    warn_of_date(arguments, console)
    set_threads_that_help(torch.get_num_threads())
    with cancellation.looked_at(), _advice():
        done = carry_out(prepared, console.progress, cancellation.requested, load)
    show_results(console, done.content, arguments.out, done.formats, verbose=arguments.verbose, maps=done.maps)


def _request(arguments: argparse.Namespace) -> CaseRequest:
    return CaseRequest(
        input=arguments.input,
        out=arguments.out,
        options=pipeline_options(arguments),
        formats=arguments.format,
        further_inputs=tuple(arguments.further_inputs),
        series=arguments.series,
        modality=None if arguments.modality is None else Modality(arguments.modality),
        accept_resampling=arguments.accept_resampling,
        previous=arguments.previous,
        interval=interval_of(arguments),
        different_cases=arguments.different_cases,
        force=arguments.force,
    )


_ACCEPTED = {"T1": " --accept-other-contrast   (no model was made for it: the result cannot be relied on)"}
"""What else has to be typed for a weighting that is refused otherwise."""


@contextmanager
def _advice() -> Iterator[None]:
    """Say how the command answers a question about the weighting; nothing that was typed is repeated."""
    try:
        yield
    except WeightingQuestionError as question:
        commands = [
            f"  vs-segmentation segment INPUT --out DIR --modality {answer}{_ACCEPTED.get(answer, '')}"
            for answer in question.answers
        ]
        msg = "\n".join([f"{question}; say it and give the command again:", *commands])
        raise WeightingQuestionError(msg, question.answers) from question
    except OtherContrastError as refusal:
        said = " or ".join(f"--modality {answer}" for answer in refusal.answers)
        msg = f"{refusal} ({said}), or go on with --accept-other-contrast: the result cannot be relied on then"
        raise OtherContrastError(msg, refusal.answers) from refusal

"""`segment`: from a scan to labelmap, numbers and report."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch

from VSSegmentationLib import pipeline
from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.commands.choices import pipeline_options
from VSSegmentationLib.cli.commands.formats import check_pseudonym, possible_formats
from VSSegmentationLib.cli.commands.previous import beside_previous, check_previous, read_previous
from VSSegmentationLib.cli.commands.results import show_results
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import OtherContrastError, UsageError, WeightingQuestionError
from VSSegmentationLib.imageio import Modality, Scan, read_scan
from VSSegmentationLib.imageio.weighting import stated
from VSSegmentationLib.inference import load_model, set_threads_that_help
from VSSegmentationLib.outputs import check_output_folder, write_outputs
from VSSegmentationLib.reporting.report.entering import check_asked


def run_segment(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Read the scan, run the pipeline on it, and write; a request to stop is met at the next step."""
    check_output_folder(arguments.out, force=arguments.force)
    check_previous(arguments)
    console.progress(0.0, "reading")
    options = pipeline_options(arguments)
    check_pseudonym(arguments.format, options.report)
    load = cache(load_model)  # asked what it takes, then run: read once
    needs = pipeline.model_needs(options, load)
    needs.task.chosen_policy(options.report.policy)
    check_asked(options.report.user_fields, needs.task.user_fields, needs.task.name)
    previous = read_previous(arguments)
    scans = _read_scans(arguments, needs)
    formats = possible_formats(arguments.format, scans[0], options.report)
    set_threads_that_help(torch.get_num_threads())
    with cancellation.looked_at(), _advice():
        result = pipeline.run(
            scans, options, on_progress=console.progress, should_cancel=cancellation.requested, load_bundle=load
        )
        content, formats = formats.fitting(beside_previous(result.content, previous, arguments, console))
        console.progress(1.0, "writing")
        maps = pipeline.kept_maps(result)
        write_outputs(content, arguments.out, formats=formats.chosen, maps=maps, force=arguments.force)
    kept = result.segmentation.maps if result.segmentation is not None else None
    show_results(console, content, arguments.out, formats.chosen, verbose=arguments.verbose, maps=kept)


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


def _read_scans(arguments: argparse.Namespace, needs: pipeline.ModelNeeds) -> list[Scan]:
    """Read the scans in the order in which the model takes them; series and weighting are those of the first."""
    paths = _by_name(arguments.input, arguments.further_inputs, needs.inputs)
    rules, resampling = needs.task.scan_rules, arguments.accept_resampling
    first_path, *further = (paths[name] for name in needs.inputs)
    first = read_scan(first_path, series=arguments.series, accept_resampling=resampling, rules=rules)
    if arguments.modality is not None:
        first = stated(first, Modality(arguments.modality))
    return [first, *(read_scan(path, accept_resampling=resampling, rules=rules) for path in further)]


def _by_name(first: Path | None, given: Sequence[tuple[str, Path]], inputs: Sequence[str]) -> dict[str, Path]:
    """Return the scans by name; INPUT is the first, which may be named instead; each name once, and none too many."""
    scans = [*([] if first is None else [(inputs[0], first)]), *given]
    if sorted(name for name, _ in scans) != sorted(inputs):
        takes = ", ".join(f"--input {name}=PATH" for name in inputs[1:]) or "no --input"
        came = ", ".join(name for name, _ in given) or "none"
        msg = f"the model takes INPUT for '{inputs[0]}' and {takes}, each once; got {came}"
        raise UsageError(msg)
    return dict(scans)

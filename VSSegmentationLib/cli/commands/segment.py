"""`segment`: from a scan to labelmap, numbers and report."""

import argparse
from dataclasses import replace

from VSSegmentationLib import pipeline
from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.commands.choices import pipeline_options
from VSSegmentationLib.cli.commands.formats import possible_formats
from VSSegmentationLib.cli.commands.results import show_results
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.imageio import Modality, read_scan
from VSSegmentationLib.outputs import check_output_folder, write_outputs


def run_segment(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Read the scan, run the pipeline on it, and write; a request to stop is met at the next step."""
    check_output_folder(arguments.out, force=arguments.force)
    console.progress(0.0, "reading")
    scan = read_scan(arguments.input, series=arguments.series, accept_resampling=arguments.accept_resampling)
    if arguments.modality is not None:
        scan = replace(scan, modality=Modality(arguments.modality))
    options = pipeline_options(arguments)
    formats = possible_formats(arguments.format, scan, options.report)
    with cancellation.looked_at():
        result = pipeline.run(scan, options, on_progress=console.progress, should_cancel=cancellation.requested)
        content, formats = formats.fitting(result.content)
        console.progress(1.0, "writing")
        write_outputs(content, arguments.out, formats=formats.chosen, force=arguments.force)
    show_results(console, content, arguments.out, formats.chosen)

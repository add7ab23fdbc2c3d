"""`refine`: a mask that is there already, corrected by clicks."""

import argparse
from dataclasses import replace

from VSSegmentationLib import pipeline
from VSSegmentationLib.case_run.formats import possible_formats
from VSSegmentationLib.cli.commands.choices import report_choices
from VSSegmentationLib.cli.commands.results import show_results
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up.reading import Results, read_results
from VSSegmentationLib.measurement.one_side import Side
from VSSegmentationLib.outputs import check_output_folder, write_outputs
from VSSegmentationLib.pipeline.refining import RefineOptions, refine
from VSSegmentationLib.reporting import EditLog
from VSSegmentationLib.tasks import task_named


def run_refine(arguments: argparse.Namespace, console: Console) -> None:
    """Read mask and scan, correct, measure, and write."""
    check_output_folder(arguments.out, force=arguments.force)
    if not arguments.interactions:
        msg = "refine needs at least one click: --add R,A,S or --remove R,A,S"
        raise UsageError(msg)
    choices = report_choices(arguments)
    console.progress(0.0, "reading")
    results = read_results(arguments.result)
    read = pipeline.read_mask(
        pipeline.MaskSource(
            mask=results.labelmap,
            image=arguments.image,
            series=arguments.series,
            task=None if results.report is None else task_named(results.report.task),
            side=None if results.report is None else _side(results.report.side),
        )
    )
    assert read.scan is not None  # there is an image
    formats = possible_formats(arguments.format, read.scan, choices)
    console.progress(0.3, "correcting")
    options = RefineOptions(
        refiner=arguments.refiner, divider=arguments.divider, device=arguments.device, precision=arguments.precision
    )
    result = refine(
        read.labelmap, read.scan, arguments.interactions, options, choices, known=_known(read.known, results)
    )
    content, formats = formats.fitting(result.content)
    console.progress(1.0, "writing")
    write_outputs(content, arguments.out, formats=formats.chosen, force=arguments.force)
    show_results(console, content, arguments.out, formats.chosen, verbose=arguments.verbose)


def _known(known: pipeline.MaskFacts, results: Results) -> pipeline.MaskFacts:
    """Add what the results tell to what the labelmap itself does."""
    report = results.report
    known = known if results.provenance is None else replace(known, provenance=results.provenance)
    if report is None:
        return known
    plane = report.segmentation.plane
    return replace(
        known,
        findings=report.findings,
        warnings=tuple(dict.fromkeys((*known.warnings, *report.warnings))),
        doubts=report.doubts,
        plane=plane if plane is not None and plane.source == "user" else None,
        edit_log=EditLog(edits=report.segmentation.edits),
    )


def _side(text: str | None) -> Side | None:
    return None if text is None else "left" if text == "left" else "right"

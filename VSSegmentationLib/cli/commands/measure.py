"""`measure`: numbers and a report from a labelmap or contours that exist already."""

import argparse

from VSSegmentationLib import pipeline
from VSSegmentationLib.case_run.formats import possible_formats
from VSSegmentationLib.cli.commands.choices import report_choices
from VSSegmentationLib.cli.commands.previous import beside_previous, check_previous, read_previous
from VSSegmentationLib.cli.commands.results import show_results
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.outputs import check_output_folder, write_outputs
from VSSegmentationLib.reporting.report.entering import check_asked
from VSSegmentationLib.tasks import task_named


def run_measure(arguments: argparse.Namespace, console: Console) -> None:
    """Read the mask, and the scan if one is given, measure, and write."""
    check_output_folder(arguments.out, force=arguments.force)
    check_previous(arguments)
    choices = report_choices(arguments)
    console.progress(0.0, "reading")
    labelmap, scan, known = pipeline.read_mask(_source(arguments))
    known.task.chosen_policy(choices.policy)
    check_asked(choices.user_fields, known.task.user_fields, known.task.name)
    previous = read_previous(arguments)
    formats = possible_formats(arguments.format, scan, choices)
    console.progress(0.3, "measuring")
    result = pipeline.measure_labelmap(labelmap, scan, choices, known=known)
    content, formats = formats.fitting(beside_previous(result.content, previous, arguments, console))
    console.progress(1.0, "writing")
    write_outputs(content, arguments.out, formats=formats.chosen, force=arguments.force)
    show_results(console, content, arguments.out, formats.chosen, verbose=arguments.verbose)


def _source(arguments: argparse.Namespace) -> pipeline.MaskSource:
    return pipeline.MaskSource(
        mask=arguments.labelmap,
        image=arguments.image,
        series=arguments.series,
        roi=arguments.roi,
        organ_rois={} if arguments.cochlea_roi is None else {"cochlea": arguments.cochlea_roi},
        task=None if arguments.task is None else task_named(arguments.task),
        plane=_plane(arguments.porus_plane),
        fundus_ras_mm=arguments.fundus,
        values=arguments.values,
        side=arguments.side,
        drawn_by=arguments.drawn_by,
    )


def _plane(numbers: tuple[float, ...] | None) -> MeatalPlane | None:
    if numbers is None:
        return None
    r, a, s, normal_r, normal_a, normal_s = numbers
    return MeatalPlane(origin_ras_mm=(r, a, s), normal_ras=(normal_r, normal_a, normal_s), rms_mm=0.0, source="user")

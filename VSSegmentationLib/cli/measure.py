"""`measure`: numbers and a report from a labelmap or contours that exist already."""

import argparse

from VSSegmentationLib import __version__
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.cli.dicom_formats import possible_formats
from VSSegmentationLib.cli.measure_input import read_given
from VSSegmentationLib.cli.report_choices import report_choices
from VSSegmentationLib.cli.results import show_results
from VSSegmentationLib.imageio.scan import voxels_sha256
from VSSegmentationLib.labels import tumor_mask
from VSSegmentationLib.measurement import labelmap_warnings, measure
from VSSegmentationLib.outputs import check_output_folder, write_outputs
from VSSegmentationLib.reporting import ReportContent, with_choices


def run_measure(arguments: argparse.Namespace, console: Console) -> None:
    """Read the mask, and the scan if one is given, measure, and write."""
    check_output_folder(arguments.out, force=arguments.force)
    console.progress(0.0, "reading")
    given = read_given(arguments)
    choices = report_choices(arguments)
    formats = possible_formats(arguments.format, given.scan, choices)
    console.progress(0.3, "measuring")
    labelmap, scan = given.labelmap, given.scan
    content = ReportContent(
        image=scan.volume if scan else None,
        labelmap=labelmap,
        measurements=measure(labelmap, plane=given.plane, fundus_ras_mm=arguments.fundus),
        findings="The labelmap holds a tumor." if tumor_mask(labelmap.array).any() else "The labelmap holds no tumor.",
        warnings=(*(scan.warnings if scan else ()), *given.warnings, *labelmap_warnings(labelmap)),
        provenance={
            "software": {"name": "vs-segmentation", "version": __version__},
            "algorithm": given.origin,
            "image_voxels_sha256": scan.voxels_sha256 if scan else None,
            "labelmap_voxels_sha256": voxels_sha256(labelmap),
        },
        plane=given.plane,
    )
    content, formats = formats.fitting(with_choices(content, choices, scan))
    console.progress(1.0, "writing")
    write_outputs(content, arguments.out, formats=formats.chosen, force=arguments.force)
    show_results(console, content, arguments.out, formats.chosen)

"""`measure`: numbers and a report from a labelmap that exists already."""

import argparse

from VSSegmentationLib import __version__
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.cli.report_choices import report_choices
from VSSegmentationLib.cli.results import show_results
from VSSegmentationLib.imageio import read_labelmap, read_scan
from VSSegmentationLib.imageio.scan import voxels_sha256
from VSSegmentationLib.labels import tumor_mask
from VSSegmentationLib.measurement import labelmap_warnings, measure
from VSSegmentationLib.outputs import check_output_folder, write_outputs
from VSSegmentationLib.reporting import ReportContent, with_choices


def run_measure(arguments: argparse.Namespace, console: Console) -> None:
    """Read the labelmap, and the scan if one is given, measure, and write."""
    check_output_folder(arguments.out, force=arguments.force)
    console.progress(0.0, "reading")
    labelmap = read_labelmap(arguments.labelmap)
    scan = read_scan(arguments.image) if arguments.image else None
    console.progress(0.3, "measuring")
    content = ReportContent(
        image=scan.volume if scan else None,
        labelmap=labelmap,
        measurements=measure(labelmap),
        findings="The labelmap holds a tumor." if tumor_mask(labelmap.array).any() else "The labelmap holds no tumor.",
        candidates=(),
        warnings=(*(scan.warnings if scan else ()), *labelmap_warnings(labelmap)),
        provenance={
            "software": {"name": "vs-segmentation", "version": __version__},
            "algorithm": "none: the labelmap was given",
            "image_voxels_sha256": scan.voxels_sha256 if scan else None,
            "labelmap_voxels_sha256": voxels_sha256(labelmap),
        },
    )
    content = with_choices(content, report_choices(arguments), scan)
    console.progress(1.0, "writing")
    write_outputs(content, arguments.out, formats=arguments.format, force=arguments.force)
    show_results(console, content, arguments.out, arguments.format)

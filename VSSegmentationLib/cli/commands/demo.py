"""`demo`: the synthetic patient that comes along, segmented and measured beside the truth."""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

from VSSegmentationLib import pipeline
from VSSegmentationLib.case_run.formats import Formats, possible_formats
from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.commands.choices import pipeline_options, report_choices
from VSSegmentationLib.cli.commands.results import result_data
from VSSegmentationLib.cli.commands.text import table
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import CancelledError, ModelError
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.imageio import read_labelmap, read_scan
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.outputs import check_output_folder
from VSSegmentationLib.reporting import NOTICE, display_value

_IMAGE_SUFFIX = "_t2.nii.gz"
_TRUTH_SUFFIX = "_truth.nii.gz"


class _Examination(NamedTuple):
    name: str
    result: pipeline.PipelineResult
    truth: tuple[Measurement, ...]
    dice: float
    """Of the whole tumor."""


def run_demo(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Run the pipeline on every examination of the sample, write, and show what was found beside the truth."""
    folder: Path = arguments.sample or SAMPLE_FOLDER
    names = sorted(path.name.removesuffix(_IMAGE_SUFFIX) for path in folder.glob(f"*{_IMAGE_SUFFIX}"))
    if not names:
        msg = "the sample of the demo is not in this installation; install the program anew"
        raise ModelError(msg)
    for name in names:
        check_output_folder(arguments.out / name, force=arguments.force)
    formats = possible_formats(arguments.format, None, report_choices(arguments))
    options = pipeline_options(arguments)
    examinations = []
    with cancellation.looked_at():
        for number, name in enumerate(names):

            def tell(fraction: float, stage: str, name: str = name, number: int = number) -> None:
                console.progress((number + fraction) / len(names), f"{name}: {stage}")

            scan = read_scan(folder / f"{name}{_IMAGE_SUFFIX}")
            result = pipeline.run(scan, options, on_progress=tell, should_cancel=cancellation.requested)
            task = result.content.task
            truth, tumor = read_labelmap(folder / f"{name}{_TRUTH_SUFFIX}", task.label_set), task.label_set.tumor_mask
            overlap = dice(tumor(result.content.labelmap.array), tumor(truth.array))
            examinations.append(_Examination(name, result, task.measure(truth), overlap))
        if cancellation.requested():
            msg = "stopped on request; nothing was written"
            raise CancelledError(msg)
        for examination in examinations:
            pipeline.write_outputs(
                examination.result, arguments.out / examination.name, formats=formats.chosen, force=arguments.force
            )
    _show(console, examinations, arguments.out, formats)


def _show(console: Console, examinations: list[_Examination], folder: Path, formats: Formats) -> None:
    warnings = [f"{each.name}: {sentence}" for each in examinations for sentence in each.result.content.warnings]
    lines: list[str] = []
    data: dict[str, Any] = {}
    for name, result, truth, overlap in examinations:
        content = result.content
        rows = [("", "measured", "truth")]
        rows += [(m.name, display_value(m), display_value(t)) for m, t in zip(content.measurements, truth, strict=True)]
        rows += [("Overlap with the truth (Dice)", f"{overlap:.2f}", "1.00")]
        lines += [f"{name}: {content.findings}", table(rows)]
        if OutputFormat.HTML in formats.chosen:
            lines += [f"Report: {folder / name / FILE_NAMES[OutputFormat.HTML]}"]
        lines += [""]
        data[name] = {
            **result_data(content, folder / name, formats.chosen),
            "dice": overlap,
            "truth": [{"id": t.id, "value": t.value, "unit": t.unit} for t in truth],
        }
    lines += ["The sample is a synthetic patient, so the truth is known; real scans are harder.", NOTICE]
    console.result("\n".join(lines), data, (*formats.warnings, *warnings))

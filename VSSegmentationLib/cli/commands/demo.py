"""`demo`: the synthetic patient that comes along, segmented and measured beside the truth."""

import argparse
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from VSSegmentationLib import pipeline
from VSSegmentationLib.case_run.carrying_out import read_scans
from VSSegmentationLib.case_run.formats import Formats, possible_formats
from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.commands.choices import pipeline_options, report_choices
from VSSegmentationLib.cli.commands.results import result_data
from VSSegmentationLib.cli.commands.text import table
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import CancelledError, ModelError, UsageError
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.imageio import read_labelmap
from VSSegmentationLib.inference import load_model
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.models import default_segmenter, sample_folder
from VSSegmentationLib.outputs import check_output_folder
from VSSegmentationLib.pipeline.segmenting import LoadBundle
from VSSegmentationLib.reporting import NOTICE, display_value
from VSSegmentationLib.tasks import DEFAULT_TASK, Task, task_named

_TRUTH_SUFFIX = "_truth.nii.gz"
_ONLY_SCAN = "t2"
"""What the file of the only scan is named by, behind the examination."""


class _Examination(NamedTuple):
    name: str
    result: pipeline.PipelineResult
    truth: tuple[Measurement, ...]
    overlaps: dict[str, float]
    """Dice of the whole tumor, and of the regions inside it, by the names of rows."""


def run_demo(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Run the pipeline on every examination of the sample, write, and show what was found beside the truth."""
    task = task_named(arguments.task)
    folder: Path = arguments.sample or sample_folder(task.name)
    names = sorted(path.name.removesuffix(_TRUTH_SUFFIX) for path in folder.glob(f"*{_TRUTH_SUFFIX}"))
    if not names:
        msg = (
            f"no sample of the task {task.name} comes along; name a folder with --sample, such as one that "
            "`python -m Training.synthesis` writes"
        )
        raise ModelError(msg)
    for name in names:
        check_output_folder(arguments.out / name, force=arguments.force)
    formats = possible_formats(arguments.format, None, report_choices(arguments))
    load = cache(load_model)
    options, needs = _chosen(arguments, task, load)
    examinations = []
    with cancellation.looked_at():
        for number, name in enumerate(names):

            def tell(fraction: float, stage: str, name: str = name, number: int = number) -> None:
                console.progress((number + fraction) / len(names), f"{name}: {stage}")

            scans, asked = read_scans(_files(folder, name, needs), needs), cancellation.requested
            result = pipeline.run(scans, options, on_progress=tell, should_cancel=asked, load_bundle=load)
            truth = read_labelmap(folder / f"{name}{_TRUTH_SUFFIX}", task.label_set)
            overlaps = _overlaps(task, result.content.labelmap.array, truth.array)
            examinations.append(_Examination(name, result, task.measure(truth), overlaps))
        if cancellation.requested():
            msg = "stopped on request; nothing was written"
            raise CancelledError(msg)
        for examination in examinations:
            pipeline.write_outputs(
                examination.result, arguments.out / examination.name, formats=formats.chosen, force=arguments.force
            )
    _show(console, examinations, arguments.out, formats)


def _chosen(
    arguments: argparse.Namespace, task: Task, load: LoadBundle
) -> tuple[pipeline.PipelineOptions, pipeline.ModelNeeds]:
    """Return the options with a model of the task, and what that takes.

    Raises:
        ModelError: If no model of the task is there.
        UsageError: If the model that was named is of another task.
    """
    options = pipeline_options(arguments)
    if options.model is None and task is not DEFAULT_TASK:
        options = replace(options, model=default_segmenter(task.name))
    needs = pipeline.model_needs(options, load)
    if needs.task is not task:
        msg = (
            f"the model is for the task {needs.task.name}, and the sample for {task.name}; give --task to name another"
        )
        raise UsageError(msg)
    return options, needs


def _files(folder: Path, name: str, needs: pipeline.ModelNeeds) -> dict[str, Path]:
    """Return the file of each scan that the model takes; of several, named by the input."""
    if len(needs.inputs) == 1 and needs.task is DEFAULT_TASK:
        return {needs.inputs[0]: folder / f"{name}_{_ONLY_SCAN}.nii.gz"}
    return {each: folder / f"{name}_{each}.nii.gz" for each in needs.inputs}


def _overlaps(task: Task, found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return Dice of the whole tumor, and of each region that lies inside it."""
    tumor = task.label_set.tumor_mask
    has_nested = any(entry.parent is not None for entry in task.label_set.entries)
    inside = [each for each in task.structures if has_nested and not each.is_whole]
    return {
        "Overlap with the truth (Dice)": dice(tumor(found), tumor(truth)),
        **{
            f"Overlap, {each.name.lower()}": dice(np.isin(found, each.values), np.isin(truth, each.values))
            for each in inside
        },
    }


def _show(console: Console, examinations: list[_Examination], folder: Path, formats: Formats) -> None:
    warnings = [f"{each.name}: {sentence}" for each in examinations for sentence in each.result.content.warnings]
    lines: list[str] = []
    data: dict[str, Any] = {}
    for name, result, truth, overlaps in examinations:
        content = result.content
        rows = [("", "measured", "truth")]
        rows += [(m.name, display_value(m), display_value(t)) for m, t in zip(content.measurements, truth, strict=True)]
        rows += [(what, f"{overlap:.2f}", "1.00") for what, overlap in overlaps.items()]
        lines += [f"{name}: {content.findings}", table(rows)]
        if OutputFormat.HTML in formats.chosen:
            lines += [f"Report: {folder / name / FILE_NAMES[OutputFormat.HTML]}"]
        lines += [""]
        data[name] = {
            **result_data(content, folder / name, formats.chosen),
            "dice": next(iter(overlaps.values())),
            "truth": [{"id": t.id, "value": t.value, "unit": t.unit} for t in truth],
        }
    lines += ["The sample is a synthetic patient, so the truth is known; real scans are harder.", NOTICE]
    console.result("\n".join(lines), data, (*formats.warnings, *warnings))

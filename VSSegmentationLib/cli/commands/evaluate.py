"""`evaluate`: labelmaps against references, case by case, and the tables and box plots of a paper."""

import argparse
import math
from pathlib import Path
from typing import Any

from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.commands.text import table
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.cohort.bootstrap import DEFAULT_SEED
from VSSegmentationLib.cohort.figures import check_can_draw, draw_box_plots
from VSSegmentationLib.cohort.files import FIGURE_FILES, RESULT_NAMES, Evaluation, summarized, write_evaluation
from VSSegmentationLib.cohort.matching import Matching, check_complete, match
from VSSegmentationLib.cohort.run import Options, evaluate_cohort
from VSSegmentationLib.cohort.summary import SummaryOptions
from VSSegmentationLib.cohort.tables import paper_table
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.label_set import Structure
from VSSegmentationLib.outputs import check_output_folder, folder_written_at_once
from VSSegmentationLib.tasks import Task, task_named


def run_evaluate(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Match, compare, summarize, and write everything at once."""
    options, summary_options = _options(arguments), _summary_options(arguments)
    names = _method_names(arguments)
    if not arguments.no_figures:
        check_can_draw()
    check_output_folder(arguments.out, force=arguments.force, names=RESULT_NAMES)
    matchings = [_match(folder, arguments) for folder in (arguments.predictions, arguments.compare) if folder]
    with cancellation.looked_at():
        cohorts = []
        for number, (name, matching) in enumerate(zip(names, matchings, strict=True)):

            def tell(fraction: float, stage: str, number: int = number) -> None:
                console.progress((number + fraction) / len(matchings), stage)

            cohorts.append(
                evaluate_cohort(name, matching, options, on_progress=tell, should_cancel=cancellation.requested)
            )
    console.progress(1.0, "summarizing and writing")
    evaluation = summarized(cohorts, options.structures, summary_options, options.task)
    with folder_written_at_once(arguments.out, force=arguments.force, names=RESULT_NAMES) as fresh:
        write_evaluation(fresh, evaluation, with_names=not arguments.no_case_names)
        if not arguments.no_figures:
            draw_box_plots([fresh / name for name in FIGURE_FILES], cohorts, options.structures)
    _show(console, evaluation, arguments.out)


def _match(predictions: Path, arguments: argparse.Namespace) -> Matching:
    matching = match(predictions, arguments.references)
    check_complete(matching, allow_missing=arguments.allow_missing, missing_is_empty=arguments.missing_as_empty)
    return matching


def _options(arguments: argparse.Namespace) -> Options:
    task = task_named(arguments.task)
    return Options(
        task=task,
        structures=_structures(arguments.labels, task),
        prediction_values=None
        if arguments.prediction_values is None
        else task.label_values(arguments.prediction_values),
        reference_values=None if arguments.reference_values is None else task.label_values(arguments.reference_values),
        missing_is_empty=arguments.missing_as_empty,
    )


def _structures(text: str | None, task: Task) -> tuple[Structure, ...]:
    if text is None:
        return task.default_structures
    by_key = {structure.key: structure for structure in task.structures}
    words = [word.strip() for word in text.split(",")]
    if not by_key.keys() >= set(words):
        msg = f"labels are {', '.join(by_key)}, separated by commas"
        raise UsageError(msg)
    return tuple(by_key[word] for word in dict.fromkeys(words))


def _summary_options(arguments: argparse.Namespace) -> SummaryOptions:
    if not (math.isfinite(arguments.penalty_mm) and arguments.penalty_mm > 0):
        msg = "the penalty for an infinite distance must be a number of mm above 0"
        raise UsageError(msg)
    seed = DEFAULT_SEED if arguments.seed is None else arguments.seed
    if seed < 0:
        msg = "the seed must not be negative"
        raise UsageError(msg)
    return SummaryOptions(penalty_mm=arguments.penalty_mm, interval_method=arguments.interval, seed=seed)


def _method_names(arguments: argparse.Namespace) -> tuple[str, ...]:
    wanted = 2 if arguments.compare else 1
    if arguments.method_names is None:
        return ("Predictions", "Comparison")[:wanted]
    names = tuple(name.strip() for name in arguments.method_names.split(","))
    if len(set(names)) != wanted or not all(names):
        msg = f"--method-names needs {wanted} different {'name' if wanted == 1 else 'names'}, separated by commas"
        raise UsageError(msg)
    return names


def _show(console: Console, evaluation: Evaluation, folder: Path) -> None:
    for cohort in evaluation.cohorts:
        for sentence in cohort.warnings:
            console.warning(f"{cohort.method}: {sentence}")
    shown = paper_table(evaluation.summaries)
    cases = ", ".join(f"{cohort.method} {len(cohort.cases)}" for cohort in evaluation.cohorts)
    lines = [f"Cases: {cases}", f"{shown.title}:", table([shown.header, *shown.rows]), f"Results: {folder}"]
    console.result("\n".join(lines), _result_data(evaluation, folder))


def _result_data(evaluation: Evaluation, folder: Path) -> dict[str, Any]:
    return {
        "out": str(folder),
        "cases": {cohort.method: len(cohort.cases) for cohort in evaluation.cohorts},
        "summaries": [
            {
                "method": s.method,
                "structure": s.structure.key,
                "metric": s.metric.id,
                "unit": s.metric.unit,
                "n": s.n,
                "failures": s.failures,
                "mean": s.mean,
                "sd": s.sd,
                "median": s.median,
                "p_value": None if s.test is None else s.test.p_value,
            }
            for s in evaluation.summaries
        ],
        "warnings": [sentence for cohort in evaluation.cohorts for sentence in cohort.warnings],
    }

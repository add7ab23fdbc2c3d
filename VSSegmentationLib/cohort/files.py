"""Everything an evaluation leaves: the case table, the summary, tables to paste, and how they came about."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from VSSegmentationLib import __version__
from VSSegmentationLib.cohort.cases import Case, Cohort
from VSSegmentationLib.cohort.markup import markdown_text, to_latex, to_markdown
from VSSegmentationLib.cohort.notes import notes
from VSSegmentationLib.cohort.summary import Summary, SummaryOptions, presences, summarize
from VSSegmentationLib.cohort.tables import Table, detail_table, paper_table, presence_table
from VSSegmentationLib.csv_rows import write_csv
from VSSegmentationLib.evaluation import METRICS, StructureScores
from VSSegmentationLib.label_set import Structure
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.tasks import DEFAULT_TASK, Task

CASES_FILE, SUMMARY_FILE = "cases.csv", "summary.csv"
MARKDOWN_FILE, LATEX_FILE, FACTS_FILE = "evaluation.md", "evaluation.tex", "evaluation.json"
FIGURE_FILES = ("box_plots.png", "box_plots.svg")
RESULT_NAMES = frozenset({CASES_FILE, SUMMARY_FILE, MARKDOWN_FILE, LATEX_FILE, FACTS_FILE, *FIGURE_FILES})

CASE_COLUMNS = (
    "case", "name", "method", "structure", "presence", *(metric.id for metric in METRICS),
    "lesions_found", "lesions_missed", "lesions_invented",
)  # fmt: skip
SUMMARY_COLUMNS = (
    "method", "structure", "metric", "unit", "n", "left_out", "failures", "mean", "sd", "mean_without_failures",
    "median", "lower_quartile", "upper_quartile", "ci_low", "ci_high", "ci_level", "ci_method",
    "pairs", "zeros", "mean_difference", "p_value",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One method, or two on the same references."""

    cohorts: tuple[Cohort, ...]
    """The evaluated method first, then the one to compare with, if any."""
    structures: tuple[Structure, ...]
    options: SummaryOptions

    summaries: tuple[Summary, ...]
    """Of all methods; only the rows of the first carry the test against the other."""
    task: Task

    __repr__ = short_repr


def summarized(
    cohorts: Sequence[Cohort], structures: Sequence[Structure], options: SummaryOptions, task: Task = DEFAULT_TASK
) -> Evaluation:
    """Summarize one method, or two, the first tested against the second."""
    first, *others = cohorts
    rows = summarize(first, structures, options, others[0] if others else None)
    rows += tuple(row for cohort in others for row in summarize(cohort, structures, options))
    return Evaluation(cohorts=tuple(cohorts), structures=tuple(structures), options=options, summaries=rows, task=task)


def tables_of(evaluation: Evaluation) -> tuple[Table, ...]:
    """Return the tables of a paper: means, detail, and what was found."""
    counted = [counts for cohort in evaluation.cohorts for counts in presences(cohort, evaluation.structures)]
    return (
        paper_table(evaluation.summaries),
        detail_table(evaluation.summaries),
        presence_table(counted, evaluation.cohorts),
    )


def write_evaluation(folder: Path, evaluation: Evaluation, *, with_names: bool = True) -> None:
    """Write every file but the figures.

    Args:
        folder: Exists and is empty.
        evaluation: What was compared.
        with_names: Put the names of cases into the case table, the only file that ever holds them.
    """
    write_csv(folder / CASES_FILE, CASE_COLUMNS, _case_rows(evaluation.cohorts, with_names=with_names))
    write_csv(folder / SUMMARY_FILE, SUMMARY_COLUMNS, map(_summary_row, evaluation.summaries))
    tables, sentences = tables_of(evaluation), notes(evaluation.cohorts, evaluation.options, evaluation.task)
    text = [
        "# Evaluation",
        "",
        *map(to_markdown, tables),
        "## Notes",
        "",
        *(f"- {markdown_text(s)}" for s in sentences),
    ]
    (folder / MARKDOWN_FILE).write_text("\n".join([*text, ""]), encoding="utf-8")
    latex = [to_latex(tables[0], sentences), *map(to_latex, tables[1:])]
    (folder / LATEX_FILE).write_text("\n".join(latex), encoding="utf-8")
    facts = json.dumps(_facts(evaluation, sentences), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / FACTS_FILE).write_text(facts + "\n", encoding="utf-8")


def _case_rows(cohorts: Iterable[Cohort], *, with_names: bool) -> Iterator[dict[str, object]]:
    for cohort in cohorts:
        for case in cohort.cases:
            for scores in case.scores.structures:
                row = _case_row(case, scores)
                yield {**row, "method": cohort.method, "name": case.name if with_names else ""}
        left_out = [(str(number), name, "no prediction") for number, name in cohort.without_prediction]
        left_out += [("", name, "no reference") for name in cohort.without_reference]
        for number, name, why in left_out:
            yield {"case": number, "name": name if with_names else "", "method": cohort.method, "presence": why}


def _case_row(case: Case, scores: StructureScores) -> dict[str, object]:
    row: dict[str, object] = {
        "case": case.number,
        "structure": scores.structure.key,
        "presence": scores.presence.value,
    }
    row |= {score.metric: score.value for score in scores.scores if score.value is not None}
    if scores.structure.is_whole:
        lesions = case.scores.lesions
        row |= {
            "lesions_found": lesions.found,
            "lesions_missed": lesions.missed,
            "lesions_invented": lesions.invented,
        }
    return row


def _summary_row(summary: Summary) -> dict[str, object]:
    interval, test = summary.interval, summary.test
    row: dict[str, object] = {
        "method": summary.method,
        "structure": summary.structure.key,
        "metric": summary.metric.id,
        "unit": summary.metric.unit,
    }
    plain = ("n", "left_out", "failures", "mean", "sd", "mean_without_failures", "median", "lower_quartile",
             "upper_quartile")  # fmt: skip
    row |= {name: getattr(summary, name) for name in plain}
    if interval is not None:
        row |= {"ci_low": interval.low, "ci_high": interval.high, "ci_level": interval.level}
        row |= {"ci_method": interval.method}
    if test is not None:
        row |= {"pairs": test.pairs, "zeros": test.zeros, "mean_difference": test.mean_difference}
        row |= {"p_value": test.p_value}
    return row


def _facts(evaluation: Evaluation, sentences: Sequence[str]) -> dict[str, object]:
    options = evaluation.options
    return {
        "software": {"name": "vs-segmentation", "version": __version__},
        "structures": [structure.key for structure in evaluation.structures],
        "penalty_mm": options.penalty_mm,
        "interval": {"method": options.interval_method, "resamples": options.resamples, "seed": options.seed},
        "methods": [
            {
                "name": cohort.method,
                "cases": len(cohort.cases),
                "references_left_out": len(cohort.without_prediction),
                "predictions_left_out": len(cohort.without_reference),
                "counted_as_empty": list(cohort.counted_as_empty),
                "warnings": list(cohort.warnings),
            }
            for cohort in evaluation.cohorts
        ],
        "notes": list(sentences),
    }

"""`compare`: how a tumor changed over two or more examinations."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from VSSegmentationLib.cli.commands.text import table
from VSSegmentationLib.cli.commands.times import check_times, typed_times
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.follow_up import ComparedExamination, compare_examinations, read_examination
from VSSegmentationLib.measurement.growth import GrowthLimits
from VSSegmentationLib.outputs import COMPARISON_NAMES, COMPARISON_PAGE, check_output_folder, write_comparison
from VSSegmentationLib.reporting import NOTICE, display_value
from VSSegmentationLib.reporting.growth.content import GrowthContent
from VSSegmentationLib.reporting.growth.words import change_sentence, leading_series

_READ = 0.5
"""Share of the time after which everything is read and measured; aligning scans takes the rest."""


def run_compare(arguments: argparse.Namespace, console: Console) -> None:
    """Read and measure the examinations, compare them, and write."""
    check_times(arguments)
    limits = GrowthLimits(mm=arguments.limit_mm, percent=arguments.limit_percent)
    check_output_folder(arguments.out, force=arguments.force, names=COMPARISON_NAMES)
    examinations = _read(arguments, console)
    content = compare_examinations(
        examinations,
        typed_times(arguments, examinations),
        policy=arguments.policy,
        limits=limits,
        align=arguments.register,
        with_dates=arguments.with_dates,
        different_cases=arguments.different_cases,
        on_progress=lambda fraction, stage: console.progress(_READ + _READ * fraction, stage),
    )
    console.progress(1.0, "writing")
    names = write_comparison(content, arguments.out, with_pdf=arguments.pdf, force=arguments.force)
    _show(console, content, arguments.out, names)


def _read(arguments: argparse.Namespace, console: Console) -> list[ComparedExamination]:
    paths: list[Path] = arguments.examinations
    images: list[Path | None] = arguments.image or [None] * len(paths)
    examinations = []
    for number, (path, image) in enumerate(zip(paths, images, strict=True)):
        console.progress(_READ * number / len(paths), f"reading examination {number + 1}")
        examination = read_examination(path, image, arguments.side, arguments.values, arguments.drawn_by)
        sequence = arguments.sequences[number] if arguments.sequences else ""
        examinations.append(examination.with_sequence(sequence) if sequence else examination)
    return examinations


def _show(console: Console, content: GrowthContent, folder: Path, names: Sequence[str]) -> None:
    growth = content.growth
    for warning in growth.warnings:
        console.warning(warning.text)
    for number, examination in enumerate(growth.examinations, start=1):
        for sentence in examination.warnings:
            console.warning(f"Examination {number}: {sentence}")
    series = leading_series(growth, content.task)
    heads = ["", *(f"day {each.days}" for each in growth.examinations)]
    rows = [heads, *([each.measurements[0].name, *map(display_value, each.measurements)] for each in series)]
    sentences = [f"{each.measurements[0].name}: {change_sentence(each)}" for each in series]
    page = f"Page: {folder / COMPARISON_PAGE}"
    lines = [table(rows), "Latest examination against the first:", *sentences, page, NOTICE]
    data = {
        "out": str(folder),
        "files": list(names),
        "changes": {each.id: to_plain(each.changes) for each in growth.series},
        "warnings": [to_plain(warning) for warning in growth.warnings],
    }
    console.result("\n".join(lines), data)

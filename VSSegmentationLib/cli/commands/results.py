"""What is said when results are written, to a person and to a program."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from VSSegmentationLib.cli.commands.text import measurement_lines
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.reporting import ReportContent, clinical_sentence, make_report


def show_results(console: Console, content: ReportContent, folder: Path, formats: Sequence[OutputFormat]) -> None:
    """Show the warnings, then the findings, the measurements, and where the files are."""
    for sentence in content.warnings:
        console.warning(sentence)
    sentence = clinical_sentence(make_report(content))
    lines = [
        content.findings,
        measurement_lines(content.measurements, content.task),
        *_where(folder, formats),
        sentence,
    ]
    console.result("\n".join(lines), result_data(content, folder, formats))


def result_data(content: ReportContent, folder: Path, formats: Sequence[OutputFormat]) -> dict[str, Any]:
    """Return what a program gets to know about results that were written."""
    report = make_report(content)
    return {
        "out": str(folder),
        "files": [FILE_NAMES[each] for each in formats],
        "findings": content.findings,
        "side": report.side,
        "side_reason": report.side_reason,
        "sentence": clinical_sentence(report),
        "measurements": [
            {"id": m.id, "region": m.region, "value": m.value, "unit": m.unit, "reason": m.reason}
            for m in content.measurements
        ],
        "warnings": list(content.warnings),
    }


def _where(folder: Path, formats: Sequence[OutputFormat]) -> list[str]:
    if OutputFormat.HTML in formats:
        return [f"Report: {folder / FILE_NAMES[OutputFormat.HTML]}"]
    return [f"Results: {folder}"]

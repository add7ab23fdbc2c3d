"""What is said when results are written, to a person and to a program."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from VSSegmentationLib.cli.commands.text import measurement_lines
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.formats import FILE_NAMES, MAP_SUFFIX, OutputFormat
from VSSegmentationLib.reporting import ReportContent, clinical_sentence, display_value, make_report

if TYPE_CHECKING:
    from VSSegmentationLib.inference.maps import Maps


def show_results(
    console: Console,
    content: ReportContent,
    folder: Path,
    formats: Sequence[OutputFormat],
    *,
    verbose: bool = False,
    maps: "Maps | None" = None,
) -> None:
    """Show the answer, where the files are, the sentence for a letter, and then the warnings.

    Args:
        console: Where to show it.
        content: What was found.
        folder: That the files are in.
        formats: Of the files.
        verbose: Whether to show every measure.
        maps: What was kept of the network, if it was asked for.
    """
    every = [measurement_lines(content.measurements, content.task)] if verbose else []
    sentence = clinical_sentence(make_report(content))
    lines = [*answer_lines(content), *every, *_where(folder, formats), *_map_lines(maps), sentence]
    data = result_data(content, folder, formats)
    if maps is not None:
        data["maps"] = [f"{name}{MAP_SUFFIX}" for name in maps.names]
    console.result("\n".join(lines), data, (*content.all_warnings, *content.remarks))


def answer_lines(content: ReportContent) -> list[str]:
    """Return what was found in a few lines: findings with the side, headline, volumes, how many warnings there are."""
    by_id, task = {each.id: each for each in content.measurements}, content.task
    total = by_id[task.whole_volume]
    lines = [content.findings]
    if total.value and "side" not in content.findings:
        lines.append(f"Side: {content.side or 'not determined'}")
    if total.value:
        headline = by_id.get(content.leading.measurement_id or "")
        lines += (
            [f"{headline.name}: {display_value(headline)}"] if headline else [f"No headline: {content.leading.reason}"]
        )
        parts = [by_id[each] for each in task.main_volumes[1:]]
        told = ", ".join(f"{each.region} {display_value(each)}" for each in parts if each.value is not None)
        lines.append(f"{total.name}: {display_value(total)}{f' ({told})' if told else ''}")
    if content.provenance.corrections is not None:
        lines.append(content.provenance.corrections.sentence)
    if content.all_warnings:
        lines.append(f"Warnings: {len(content.all_warnings)}, told below and in the report")
    return lines


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
        "warnings": list(content.all_warnings),
        "remarks": list(content.remarks),
    }


def _map_lines(maps: "Maps | None") -> list[str]:
    if maps is None:
        return []
    files = ", ".join(f"{name}{MAP_SUFFIX}" for name in maps.names)
    return [f"Maps of the network, not calibrated: {files}{f' ({maps.no_attention})' if maps.no_attention else ''}"]


def _where(folder: Path, formats: Sequence[OutputFormat]) -> list[str]:
    if OutputFormat.HTML in formats:
        return [f"Report: {folder / FILE_NAMES[OutputFormat.HTML]}"]
    return [f"Results: {folder}"]

"""`compare`: how a tumor changed over two or more examinations."""

import argparse
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from VSSegmentationLib.cli.compare_alignment import Alignment, align
from VSSegmentationLib.cli.compare_days import Times, check_times, find_times
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.cli.examinations import GivenExamination, read_examination
from VSSegmentationLib.cli.text import table
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.measurement import Headline, HeadlinePolicy, choose_headline
from VSSegmentationLib.measurement.definitions import VOLUMES
from VSSegmentationLib.measurement.growth import (
    Examination,
    Growth,
    GrowthLimits,
    Series,
    Treatment,
    TreatmentKind,
    compare,
)
from VSSegmentationLib.outputs import check_output_folder, folder_written_at_once
from VSSegmentationLib.reporting import NOTICE, display_value
from VSSegmentationLib.reporting.files.growth_tables import write_growth_csv, write_growth_json
from VSSegmentationLib.reporting.growth.content import GrowthContent, ShownExamination
from VSSegmentationLib.reporting.growth.words import change_sentence
from VSSegmentationLib.reporting.page.growth_page import growth_html, write_growth_html
from VSSegmentationLib.reporting.page.pdf import print_by_weasyprint

JSON_NAME, CSV_NAME, HTML_NAME, PDF_NAME = "growth.json", "growth.csv", "growth.html", "growth.pdf"
_NAMES = frozenset({JSON_NAME, CSV_NAME, HTML_NAME, PDF_NAME})
_READ = 0.5
"""Share of the time after which everything is read and measured; aligning scans takes the rest."""


class _Dated(NamedTuple):
    """An examination with its time."""

    given: GivenExamination
    days: int
    date: dt.date | None
    sequence: str | None
    """As typed."""


def run_compare(arguments: argparse.Namespace, console: Console) -> None:
    """Read and measure the examinations, compare them, and write."""
    check_times(arguments)
    limits = GrowthLimits(mm=arguments.limit_mm, percent=arguments.limit_percent)
    check_output_folder(arguments.out, force=arguments.force, names=_NAMES)
    given = _read(arguments, console)
    times = find_times(arguments, given)
    dated = _in_order(given, times, arguments.sequences)
    scans = [each.given.scan for each in dated if each.given.scan is not None]
    alignment = Alignment.none(len(dated))
    if arguments.register:
        alignment = align([scan.volume for scan in scans], lambda f, stage: console.progress(_READ + _READ * f, stage))
    examinations = _examinations(dated, alignment, arguments.policy, times.treatments)
    growth = compare(examinations, limits=limits, treatments=times.treatments)
    content = GrowthContent(
        growth=replace(growth, warnings=(*growth.warnings, *alignment.warnings)),
        shown=tuple(_shown(each.given, move) for each, move in zip(dated, alignment.moves, strict=True)),
        with_dates=arguments.with_dates,
    )
    console.progress(1.0, "writing")
    names = _write(content, arguments)
    _show(console, content, arguments.out, names)


def _read(arguments: argparse.Namespace, console: Console) -> list[GivenExamination]:
    paths: list[Path] = arguments.examinations
    images: list[Path | None] = arguments.image or [None] * len(paths)
    given = []
    for number, (path, image) in enumerate(zip(paths, images, strict=True)):
        console.progress(_READ * number / len(paths), f"reading examination {number + 1}")
        given.append(read_examination(path, image, arguments.side))
    return given


def _in_order(given: Sequence[GivenExamination], times: Times, sequences: Sequence[str] | None) -> list[_Dated]:
    typed = sequences or (None,) * len(given)
    rows = [_Dated(*row) for row in zip(given, times.days, times.dates, typed, strict=True)]
    return sorted(rows, key=lambda row: row.days)


def _examinations(
    dated: Sequence[_Dated], alignment: Alignment, policy: str | None, treatments: Sequence[Treatment]
) -> list[Examination]:
    """Return the examinations with their headlines: the first one's is chosen, the others are locked to it."""
    out: list[Examination] = []
    locked = None
    surgery = [t.days for t in treatments if t.kind is TreatmentKind.SURGERY]
    for number, (given, days, date, sequence) in enumerate(dated):
        headline = choose_headline(
            given.measurements,
            policy or _reported_policy(dated[0].given),
            after_surgery=any(day <= days for day in surgery),
            locked=locked,
        )
        locked = locked or headline
        facts = replace(given.facts, sequence=sequence) if sequence else given.facts
        out.append(
            Examination(
                days=days,
                date=date,
                measurements=given.measurements,
                headline=headline,
                facts=alignment.seen(number, facts),
                warnings=(*given.warnings, *_other_policy(given, headline)),
                reviewed=given.reviewed,
            )
        )
    return out


def _reported_policy(given: GivenExamination) -> str:
    return given.report.headline.policy if given.report else HeadlinePolicy.KCL_2023


def _other_policy(given: GivenExamination, headline: Headline) -> tuple[str, ...]:
    if given.report is None or given.report.headline.policy == headline.policy:
        return ()
    told = given.report.headline.policy
    return (f"Its own report leads by the policy {told}; here the policy of the baseline counts: {headline.policy}.",)


def _shown(given: GivenExamination, move: Affine | None) -> ShownExamination:
    image = given.scan.volume if given.scan else None
    return ShownExamination(labelmap=given.labelmap, image=image, ras_to_baseline_ras=move)


def _write(content: GrowthContent, arguments: argparse.Namespace) -> list[str]:
    with folder_written_at_once(arguments.out, force=arguments.force, names=_NAMES) as fresh:
        write_growth_json(fresh / JSON_NAME, content)
        write_growth_csv(fresh / CSV_NAME, content)
        write_growth_html(fresh / HTML_NAME, content)
        if arguments.pdf:
            print_by_weasyprint(growth_html(content, margin_boxes=True), fresh / PDF_NAME)
    return [JSON_NAME, CSV_NAME, HTML_NAME, *([PDF_NAME] if arguments.pdf else [])]


def _show(console: Console, content: GrowthContent, folder: Path, names: list[str]) -> None:
    growth = content.growth
    for warning in growth.warnings:
        console.warning(warning.text)
    for number, examination in enumerate(growth.examinations, start=1):
        for sentence in examination.warnings:
            console.warning(f"Examination {number}: {sentence}")
    series = _shown_series(growth)
    heads = ["", *(f"day {each.days}" for each in growth.examinations)]
    rows = [heads, *([each.measurements[0].name, *map(display_value, each.measurements)] for each in series)]
    sentences = [f"{each.measurements[0].name}: {change_sentence(each)}" for each in series]
    lines = [table(rows), "Latest examination against the first:", *sentences, f"Page: {folder / HTML_NAME}", NOTICE]
    data = {
        "out": str(folder),
        "files": names,
        "changes": {each.id: to_plain(each.changes) for each in growth.series},
        "warnings": [to_plain(warning) for warning in growth.warnings],
    }
    console.result("\n".join(lines), data)


def _shown_series(growth: Growth) -> list[Series]:
    headline = growth.examinations[0].headline.measurement_id
    return [growth.of(name) for name in (*([headline] if headline else []), *VOLUMES)]

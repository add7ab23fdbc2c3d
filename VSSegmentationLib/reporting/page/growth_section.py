"""Change against earlier examinations, on the page of a report."""

from VSSegmentationLib.measurement.growth import Change, Growth, LimitCheck
from VSSegmentationLib.reporting.growth.curve import growth_curve_svg
from VSSegmentationLib.reporting.growth.words import Notes, capitalized, check_cell, figure_cell
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined, trusted
from VSSegmentationLib.reporting.page.tables_section import table
from VSSegmentationLib.reporting.report.report import Comparison, Report
from VSSegmentationLib.reporting.report.words import display_unit
from VSSegmentationLib.tasks import Task

_HEADS = ("Measure", "Since", "Days", "Change", "Change, %", "Per year", "Limit")


def growth_section(report: Report, growth: Growth | None, task: Task) -> Html:
    """Return curve and changes of headline diameter and volumes; nothing where no earlier examination was given."""
    if growth is None:
        return NOTHING
    notes = Notes()
    wanted = dict.fromkeys((*task.main_volumes, report.headline.measurement_id))
    rows = [row for measurement_id in wanted for row in _rows(report, measurement_id, notes)]
    changes = table("changes", _HEADS, rows)
    wordings = dict.fromkeys(each.change.wording for each in report.comparisons if each.change.wording != "change")
    return fill(
        '<section class="long"><h2>Change since earlier examinations</h2>${wording}<div class="curve">${curve}</div>'
        "${changes}${notes}</section>\n",
        wording=joined(fill("<p><b>${words}.</b></p>", words=capitalized(wording)) for wording in wordings),
        curve=trusted(growth_curve_svg(growth, task)),
        changes=changes,
        notes=notes.listed(),
    )


def _rows(report: Report, measurement_id: str | None, notes: Notes) -> list[tuple[object, ...]]:
    """Return one row for each earlier examination, however many names it has: baseline, previous, nadir."""
    measurement = report.measurement(measurement_id)
    by_examination: dict[int, list[Comparison]] = {}
    for each in report.comparisons:
        if each.measurement_id == measurement_id:
            by_examination.setdefault(each.change.from_index, []).append(each)
    return [
        (
            f"{measurement.name} ({display_unit(measurement.unit)})" if measurement else measurement_id,
            ", ".join(each.change.reference for each in same),
            *_cells(same[0].change, notes),
        )
        for same in by_examination.values()
    ]


def _cells(change: Change, notes: Notes) -> tuple[Html, ...]:
    limit = change.mm_limit if change.delta.unit == "mm" else change.percent_limit
    return (
        fill("<td>${days}</td>", days=change.days),
        figure_cell(change.delta, notes, _limit_in(limit, change.delta.unit)),
        figure_cell(change.percent, notes, _limit_in(limit, "%")),
        figure_cell(change.per_year, notes),
        check_cell(limit, notes),
    )


def _limit_in(limit: LimitCheck, unit: str) -> LimitCheck | None:
    return limit if limit.unit == unit else None

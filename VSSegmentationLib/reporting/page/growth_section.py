"""Change against earlier examinations, on the page of a report."""

from collections.abc import Sequence

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.growth import Change, Growth, LimitCheck
from VSSegmentationLib.reporting.growth.content import ShownExamination
from VSSegmentationLib.reporting.growth.curve import growth_curve_svg
from VSSegmentationLib.reporting.growth.pictures import pictures_on_own_slices
from VSSegmentationLib.reporting.growth.words import Notes, asked_change, check_cell, dagger, dagger_note, figure_cell
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined, trusted
from VSSegmentationLib.reporting.page.tables_section import table
from VSSegmentationLib.reporting.report.report import Comparison, Report
from VSSegmentationLib.reporting.report.words import display_unit
from VSSegmentationLib.tasks import Task

_HEADS = ("Measure", "Since", "Days", "Then → now", "Change", "Change, %", "Per year", "Limit")


def growth_section(
    report: Report, growth: Growth | None, task: Task, examinations: Sequence[ShownExamination] = ()
) -> Html:
    """Return pictures, curve and changes of headline and volumes; nothing where no earlier examination was given.

    Args:
        report: Of the latest examination.
        growth: The comparison that it is a part of.
        task: What kind of tumor was measured.
        examinations: To be shown beside each other: one per examination of the comparison, or none.
    """
    if growth is None:
        return NOTHING
    notes = Notes()
    measured = {each.id for each in growth.series if any(m.value is not None for m in each.measurements)}
    limited = [name for name in task.published_limits if name in measured]
    wanted = dict.fromkeys((*task.main_volumes, report.headline.measurement_id, *limited))
    rows = [row for measurement_id in wanted for row in _rows(report, growth, measurement_id, notes)]
    changes = table("changes", _HEADS, rows)
    shown = [each.change for each in report.comparisons if each.measurement_id in wanted]
    return fill(
        '<section class="long"><h2>Change since earlier examinations</h2>${pictures}<div class="curve">${curve}</div>'
        "${changes}${dagger}${notes}</section>\n",
        pictures=_pictures(growth, task, examinations),
        dagger=dagger_note(shown),
        curve=trusted(growth_curve_svg(growth, task)),
        changes=changes,
        notes=notes.listed(),
    )


def _pictures(growth: Growth, task: Task, examinations: Sequence[ShownExamination]) -> Html:
    """Return the examinations beside each other, each on its own slice of the headline diameter."""
    if not examinations:
        return NOTHING
    figures = [
        fill("<figure>${svg}<figcaption>${title}</figcaption></figure>", svg=trusted(each.svg), title=each.title)
        for each in pictures_on_own_slices(growth, examinations, task.label_set)
        if each is not None
    ]
    return fill('<div class="tiles beside">${figures}</div>', figures=joined(figures)) if figures else NOTHING


def _rows(report: Report, growth: Growth, measurement_id: str | None, notes: Notes) -> list[tuple[object, ...]]:
    """Return one row for each earlier examination, however many names it has: baseline, previous, nadir."""
    measurement = report.measurement(measurement_id)
    by_examination: dict[int, list[Comparison]] = {}
    for each in report.comparisons:
        if each.measurement_id == measurement_id:
            by_examination.setdefault(each.change.from_index, []).append(each)
    return [
        (
            f"{measurement.name} ({display_unit(measurement.unit)})" if measurement else measurement_id,
            ", ".join(each.change.reference for each in same) + dagger(same[0].change),
            fill("<td>${days}</td>", days=same[0].change.days),
            _then_and_now(growth, same[0]),
            *_cells(asked_change([each.change for each in same]), notes),
        )
        for same in by_examination.values()
    ]


def _cells(change: Change, notes: Notes) -> tuple[Html, ...]:
    limit = change.mm_limit if change.delta.unit == "mm" else change.percent_limit
    return (
        figure_cell(change.delta, notes, _limit_in(limit, change.delta.unit)),
        figure_cell(change.percent, notes, _limit_in(limit, "%")),
        figure_cell(change.per_year, notes),
        check_cell(limit, notes),
    )


def _then_and_now(growth: Growth, comparison: Comparison) -> Html:
    values = growth.of(comparison.measurement_id).measurements
    told = [values[index] for index in (comparison.change.from_index, comparison.change.to_index)]
    return fill('<td class="figure">${values}</td>', values=" → ".join(_short(each) for each in told))


def _short(measurement: Measurement) -> str:
    if measurement.value is None:
        return "not measurable"
    return f"{measurement.value:.3f}" if measurement.unit == "cm3" else f"{measurement.value:.1f}"


def _limit_in(limit: LimitCheck, unit: str) -> LimitCheck | None:
    return limit if limit.unit == unit else None

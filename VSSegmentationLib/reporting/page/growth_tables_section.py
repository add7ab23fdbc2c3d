"""The tables on the page of a comparison."""

from collections.abc import Sequence

from VSSegmentationLib.measurement import Measurement, Uncertainty
from VSSegmentationLib.measurement.growth import Change, Examination, Growth, Reference, Series
from VSSegmentationLib.reporting.growth.content import GrowthContent
from VSSegmentationLib.reporting.growth.words import (
    Notes,
    asked_change,
    check_cell,
    dagger,
    figure_cell,
    uncertainty_cell,
)
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined
from VSSegmentationLib.reporting.page.tables_section import table
from VSSegmentationLib.reporting.report.words import LIMIT_KINDS, display_unit, number_with_unit
from VSSegmentationLib.tasks import Task

_COLUMNS = 6
"""So many examinations fit beside each other on a page; more begin a new table."""


def examinations_table(content: GrowthContent) -> Html:
    """Return what each examination is."""
    rows = [_examination_row(i, each, content) for i, each in enumerate(content.growth.examinations, start=1)]
    heads = ("No.", "Day", "Scan", "Voxels, mm", "Slice, mm", "Tilt", "Side", "Segmented by", "Checked")
    return fill(
        '<section class="together"><h2>Examinations</h2>${table}</section>\n', table=table("examinations", heads, rows)
    )


def _examination_row(number: int, examination: Examination, content: GrowthContent) -> tuple[object, ...]:
    facts = examination.facts
    date = f" ({examination.date.isoformat()})" if content.with_dates and examination.date else ""
    thickness = "not known" if facts.slice_thickness_mm is None else f"{facts.slice_thickness_mm:.2f}"
    return (
        number,
        f"{examination.days}{date}",
        facts.sequence or "not known",
        " × ".join(f"{mm:.2f}" for mm in reversed(facts.spacing_dhw_mm)),
        thickness,
        f"{facts.tilt_deg:.0f}°",
        facts.side or "not determined",
        facts.segmented_by or "not known",
        "yes" if examination.reviewed else "no",
    )


def volume_changes_table(growth: Growth, task: Task) -> Html:
    """Return the changes of the volumes with the limit in %; what is not measured at all is left out."""
    volumes = [growth.of(name) for name in task.main_volumes]
    measured = [series for series in volumes if any(m.value is not None for m in series.measurements)]
    if not measured:
        return NOTHING
    notes = Notes()
    heads = (
        "Volume", "Exam.", "Against", "Days", "cm³", "%", "cm³ / year", "% / year", "SGR / year", "Doubling, days",
        "Uncertainty", f"Limit of {growth.limits.percent:g} %",
    )  # fmt: skip
    rows = [
        (
            series.measurements[0].name,
            *_names(change, references),
            figure_cell(change.delta, notes),
            figure_cell(change.percent, notes, change.percent_limit),
            figure_cell(change.per_year, notes),
            figure_cell(change.percent_per_year, notes),
            _rate_per_year(change, notes),
            _days(change, notes),
            uncertainty_cell(change.beyond_uncertainty, notes),
            check_cell(change.percent_limit, notes),
        )
        for series in measured
        for change, references in _merged(series)
    ]
    return fill(
        '<section class="long"><h2>Change of volume</h2>${table}${notes}'
        '<p class="footnote">Uncertainty of the whole volume: ${sources}. The larger of the two examinations\' '
        "uncertainties counts, times the square root of 2 where it is one of single values, as of a model or LOAM; SDD "
        "is one of differences already. SGR: specific rate, ln(later / earlier) per year.</p></section>\n",
        table=table("changes wide", heads, rows),
        notes=notes.listed(),
        sources="; ".join(_sources(growth.of(task.whole_volume))) or "no limit is known",
    )


def _sources(series: Series) -> tuple[str, ...]:
    told = [m.uncertainty for m in series.measurements if m.uncertainty is not None]
    return tuple(dict.fromkeys(each.source + _meaning(each) for each in told))


def _meaning(uncertainty: Uncertainty) -> str:
    """Return what a kind of limit with a name of its own means, in brackets."""
    known = LIMIT_KINDS.get(uncertainty.kind, "")
    return f" ({known})" if ":" in known else ""


def length_changes_table(growth: Growth, task: Task) -> Html:
    """Return the changes of the headline diameter, or of the largest axial diameters where there is no headline."""
    headline = growth.examinations[0].headline.measurement_id
    measured = {series.id for series in growth.series}
    wanted = [headline] if headline else [name for name in task.axial_diameters if name in measured]
    notes = Notes()
    heads = ("Exam.", "Against", "Days", "mm", "%", "mm / year", f"Limit of {growth.limits.mm:g} mm")
    rows = [
        (
            *(() if headline else (series.measurements[0].name,)),
            *_names(change, references),
            figure_cell(change.delta, notes, change.mm_limit),
            figure_cell(change.percent, notes),
            figure_cell(change.per_year, notes),
            check_cell(change.mm_limit, notes),
        )
        for series in (growth.of(name) for name in wanted)
        for change, references in _merged(series)
    ]
    title = "Change of the axial diameters"
    if headline:
        title = f"Change of the headline diameter: {growth.of(headline).measurements[0].name}"
    return fill(
        '<section class="long"><h2>${title}</h2>${table}${notes}</section>\n',
        title=title,
        table=table("changes lengths", heads if headline else ("Length", *heads), rows),
        notes=notes.listed(),
    )


def published_changes_table(growth: Growth, task: Task) -> Html:
    """Return the changes of measures that a published rule has limits for; nothing where none was measured."""
    sections = []
    for measure, limits in task.published_limits.items():
        series = growth.of(measure)
        if all(each.value is None for each in series.measurements):
            continue
        notes = Notes()
        limit = f"{limits.name}: −{limits.decrease_percent:g} %, +{limits.increase_percent:g} %"
        unit = display_unit(series.measurements[0].unit)
        rows = [
            (
                *_names(change, references),
                figure_cell(change.delta, notes),
                figure_cell(change.percent, notes, change.percent_limit),
                check_cell(change.percent_limit, notes),
            )
            for change, references in _merged(series)
        ]
        sections.append(
            fill(
                '<section class="long"><h2>Change: ${name}</h2>${table}${notes}<p class="footnote">${source}</p>'
                "</section>\n",
                name=series.measurements[0].name,
                table=table("changes published", ("Exam.", "Against", "Days", unit, "%", limit), rows),
                notes=notes.listed(),
                source=limits.source,
            )
        )
    return joined(sections)


def values_table(growth: Growth, task: Task) -> Html:
    """Return every measure at every examination, and what the latest one differs by from the baseline."""
    notes = Notes()
    numbers = list(range(len(growth.examinations)))
    tables = []
    for start in range(0, len(numbers), _COLUMNS):
        shown = numbers[start : start + _COLUMNS]
        is_last = shown[-1] == numbers[-1]
        heads = ("Measure", *(f"{i + 1}: day {growth.examinations[i].days}" for i in shown))
        rows = [
            _values_row(series, shown, notes, with_change=is_last)
            for series in growth.series
            if series.id not in task.same_by_definition
        ]
        tables.append(table("values", (*heads, f"{len(numbers)} against 1") if is_last else heads, rows))
    return fill(
        '<section class="long"><h2>All measures</h2>${tables}${notes}</section>\n',
        tables=joined(tables),
        notes=notes.listed(),
    )


def _values_row(series: Series, shown: Sequence[int], notes: Notes, *, with_change: bool) -> tuple[Html, ...]:
    name = fill("${name}", name=series.measurements[0].name)
    cells = [_value_cell(series.measurements[i], notes) for i in shown]
    if with_change:
        cells.append(figure_cell(series.change(Reference.BASELINE, len(series.measurements) - 1).delta, notes))
    return name, *cells


def _value_cell(measurement: Measurement, notes: Notes) -> Html:
    if measurement.value is None:
        return fill('<td class="figure none">${mark}</td>', mark=notes.mark(measurement.reason or ""))
    return fill('<td class="figure">${value}</td>', value=number_with_unit(measurement.value, measurement.unit))


def limits_note(growth: Growth) -> Html:
    """Return what the two limits mean at the size of the baseline, in one sentence; nothing without a baseline."""
    own = growth.examinations[0].headline.value_mm
    here = next((each for each in growth.limits_at_size if own is not None and each.diameter_mm == own), None)
    if here is None:
        return NOTHING
    return fill(
        '<p class="footnote">At the ${own} mm of the baseline, ${mm} mm more are ${percent} % in volume, and ${limit} '
        "% in volume are ${difference} mm, for a ball that changes evenly: the two marks from which a change is "
        "flagged are not equivalent, and neither is the uncertainty of what was measured, which stands beside the "
        "volumes.</p>\n",
        own=f"{here.diameter_mm:.1f}",
        mm=f"{growth.limits.mm:g}",
        percent=f"{here.percent_of_mm_limit:+.1f}",
        limit=f"{growth.limits.percent:g}",
        difference=f"{here.mm_of_percent_limit:+.2f}",
    )


def _merged(series: Series) -> list[tuple[Change, str]]:
    """Return one change per pair of examinations, with all names of the earlier one: baseline, previous, nadir."""
    found: dict[tuple[int, int], list[Change]] = {}
    for change in series.changes:
        found.setdefault((change.to_index, change.from_index), []).append(change)
    return [(asked_change(same), ", ".join(str(each.reference) for each in same)) for same in found.values()]


def _names(change: Change, references: str) -> tuple[object, ...]:
    return (
        f"{change.to_index + 1}{dagger(change)}",
        f"{change.from_index + 1} ({references})",
        fill('<td class="figure">${days}</td>', days=change.days),
    )


def _rate_per_year(change: Change, notes: Notes) -> Html:
    rate = change.sgr_per_day
    if rate.value is None:
        return figure_cell(rate, notes)
    return fill('<td class="figure">${rate}</td>', rate=f"{rate.value * 365.25:+.3f}")


def _days(change: Change, notes: Notes) -> Html:
    days = change.doubling_time_days
    if days.value is None:
        return figure_cell(days, notes)
    return fill('<td class="figure">${days}</td>', days=f"{days.value:.0f}")

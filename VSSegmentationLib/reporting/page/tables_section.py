"""The tables of the page."""

from collections.abc import Iterable, Sequence

from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined
from VSSegmentationLib.reporting.report.fields import PriorTreatment, answers
from VSSegmentationLib.reporting.report.report import MeasurementRecord, Report
from VSSegmentationLib.reporting.report.words import (
    display_uncertainty,
    display_value,
    number_with_unit,
)
from VSSegmentationLib.tasks import Task

_NAMED = 8
"""So many measures that are missing for one reason are named, more are counted."""


def table(kind: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """Return a table whose first column names the rows."""
    head = joined(fill('<th scope="col">${text}</th>', text=text) for text in heads)
    body = joined(_row(row) for row in rows)
    return fill(
        '<table class="${kind}"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>',
        kind=kind,
        head=head,
        body=body,
    )


def _row(cells: Sequence[object]) -> Html:
    first, *others = cells
    data = joined(cell if isinstance(cell, Html) else fill("<td>${cell}</td>", cell=cell) for cell in others)
    return fill('<tr><th scope="row">${first}</th>${data}</tr>', first=first, data=data)


def measurements_table(report: Report, task: Task) -> Html:
    """Return every measurement with its uncertainty and how it was taken; below, what is not measurable, and why."""
    shown_rows = task.rows(report.measurements)
    measured = [m for m in shown_rows if m.value is not None]
    missing = _missing(shown_rows)
    if not any(m.value for m in measured):
        return fill("<section><h2>Measurements</h2>${missing}</section>\n", missing=missing)
    sources = list(dict.fromkeys(m.uncertainty.source for m in measured if m.uncertainty))
    notes = joined(
        fill('<p class="footnote"><sup>${number}</sup> ${source}.</p>', number=number, source=source)
        for number, source in enumerate(sources, start=1)
    )
    return fill(
        '<section class="appendix"><h2>Appendix: all measurements</h2>${table}${missing}${notes}</section>\n',
        table=table(
            "measurements",
            ("Measurement", "Value", "Uncertainty", "How"),
            (_measurement_row(m, task.row_name(m), sources) for m in measured),
        ),
        missing=missing,
        notes=notes,
    )


def _missing(measurements: Iterable[MeasurementRecord]) -> Html:
    """Return one sentence for each reason why something is not measurable, with the names of what it is."""
    names: dict[str, list[str]] = {}
    for each in measurements:
        if each.value is None:
            drawn = each.manual_override
            by_hand = f" (drawn by hand {number_with_unit(drawn.value, each.unit)})" if drawn else ""
            names.setdefault(each.reason or "", []).append(f"{each.name}{by_hand}")
    sentences = joined(
        fill(
            "${names}: not measurable, because ${reason}. ",
            names="; ".join(of_it) if len(of_it) <= _NAMED else f"{len(of_it)} measures",
            reason=reason,
        )
        for reason, of_it in names.items()
    )
    return fill('<p class="missing">${sentences}</p>', sentences=sentences) if names else NOTHING


def _measurement_row(measurement: MeasurementRecord, name: str, sources: list[str]) -> tuple[Html, ...]:
    uncertainty = measurement.uncertainty
    note = fill(" <sup>${n}</sup>", n=sources.index(uncertainty.source) + 1) if uncertainty else NOTHING
    value = display_value(measurement)
    if measurement.manual_override:
        value = f"{value}; drawn by hand {number_with_unit(measurement.manual_override.value, measurement.unit)}"
    return (
        fill("${name}", name=name),
        fill('<td class="value">${value}</td>', value=value),
        fill("<td>${about}${note}</td>", about=display_uncertainty(uncertainty), note=note),
        fill("<td>${how}${more}</td>", how=measurement.method, more=_other_estimators(measurement)),
    )


def _other_estimators(measurement: MeasurementRecord) -> str:
    centers = measurement.extra.get("feret_slice_center_mm")
    cracks = measurement.extra.get("crack_slice_mm")
    if measurement.value is None or centers is None or cracks is None:
        return ""
    return f"; between voxel centers {centers:.1f} mm, between outer pixel edges {cracks:.1f} mm"


def user_fields_table(report: Report) -> Html:
    """Return what a person entered; nothing where nothing was."""
    rows = [(question.label, answer) for question, answer in answers(report.user_fields)]
    rows += [("Prior treatment", _treatment(each)) for each in report.user_fields.prior_treatment]
    if not rows:
        return NOTHING
    return fill("<section><h2>Entered by a person</h2>${t}</section>\n", t=table("provenance", ("Item", "Entry"), rows))


def _treatment(treatment: PriorTreatment) -> str:
    told = [treatment.kind]
    if treatment.days_before is not None:
        told.append(f"{treatment.days_before} days before this examination")
    return ", ".join([*told, *filter(None, [treatment.date])])


def edits_table(report: Report, task: Task) -> Html:
    """Return the log of edits by hand; nothing where there are none."""
    edits = report.segmentation.edits
    if not edits:
        return NOTHING
    named = any(edit.actor for edit in edits)
    rows = (
        (
            f"{edit.at_utc:%Y-%m-%d %H:%M:%S}",
            edit.tool,
            edit.segment,
            f"+{edit.voxels_added} / -{edit.voxels_removed}",
            "moved" if edit.plane_after else "",
            *((edit.actor,) if named else ()),
        )
        for edit in edits
    )
    plane = task.boundary.name if task.boundary else "Plane"
    heads = ("Time, UTC", "Tool", "Segment", "Voxels", plane, *(("By",) if named else ()))
    return fill("<section><h2>Edits by hand</h2>${t}</section>\n", t=table("small", heads, rows))

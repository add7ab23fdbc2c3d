"""The tables of the page."""

from collections.abc import Iterable, Sequence

from VSSegmentationLib.codec import Plain, to_plain
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined
from VSSegmentationLib.reporting.report.fields import PriorTreatment, answers
from VSSegmentationLib.reporting.report.report import MeasurementRecord, Report
from VSSegmentationLib.reporting.report.words import (
    display_uncertainty,
    display_value,
    number_with_unit,
    shown,
    spaced,
)
from VSSegmentationLib.tasks import Task


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


def measurements_table(report: Report) -> Html:
    """Return every measurement with its uncertainty, and how it was taken or why there is none."""
    sources = list(dict.fromkeys(m.uncertainty.source for m in report.measurements if m.uncertainty))
    notes = joined(
        fill('<p class="footnote"><sup>${number}</sup> ${source}.</p>', number=number, source=source)
        for number, source in enumerate(sources, start=1)
    )
    return fill(
        "<section><h2>Measurements</h2>${table}${notes}</section>\n",
        table=table(
            "measurements",
            ("Measurement", "Value", "Uncertainty", "How, or why not"),
            (_measurement_row(m, sources) for m in report.measurements),
        ),
        notes=notes,
    )


def _measurement_row(measurement: MeasurementRecord, sources: list[str]) -> tuple[Html, ...]:
    uncertainty = measurement.uncertainty
    note = fill(" <sup>${n}</sup>", n=sources.index(uncertainty.source) + 1) if uncertainty else NOTHING
    value = display_value(measurement)
    if measurement.manual_override:
        value = f"{value}; drawn by hand {number_with_unit(measurement.manual_override.value, measurement.unit)}"
    return (
        fill("${name} <code>${id}</code>", name=measurement.name, id=measurement.id),
        fill(
            '<td class="value${none}">${value}</td>', none="" if measurement.value is not None else " none", value=value
        ),
        fill("<td>${about}${note}</td>", about=display_uncertainty(uncertainty), note=note),
        fill(
            "<td>${how}${more}</td>", how=measurement.reason or measurement.method, more=_other_estimators(measurement)
        ),
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


def candidates_table(report: Report) -> Html:
    """Return the other regions that were considered; nothing where there are none."""
    if not report.candidates:
        return NOTHING
    columns = list(dict.fromkeys(key for candidate in report.candidates for key in candidate))
    rows = (
        (number, *(shown(candidate.get(column, "")) for column in columns))
        for number, candidate in enumerate(report.candidates, start=1)
    )
    return fill(
        "<section><h2>Other regions considered</h2><p>Regions that look like tumor to the model and were not taken for "
        "it; none is in the measurements.</p>${t}</section>\n",
        t=table("candidates small", ("No.", *map(spaced, columns)), rows),
    )


def provenance_table(report: Report) -> Html:
    """Return how the result came about: software, model with checksum, scan, segmentation, and the rest."""
    told = {
        "software": to_plain(report.software),
        "model": to_plain(report.model),
        "scan": to_plain(report.source),
        "segmentation": {key: value for key, value in to_plain(report.segmentation).items() if key != "edits"},
        **report.provenance,
    }
    rows = [(spaced(name), shown(value)) for name, value in _flat(to_plain(told))]
    return fill(
        '<section class="long"><h2>Provenance</h2>${t}</section>\n',
        t=table("provenance small", ("Item", "Value"), rows),
    )


def _flat(value: Plain, name: str = "") -> list[tuple[str, Plain]]:
    """Return nested values as one list of names and values; lists of plain values stay together."""
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _flat(item, f"{name} {key}".strip())]
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return [pair for i, item in enumerate(value, start=1) for pair in _flat(item, f"{name} {i}".strip())]
    return [(name, value)]

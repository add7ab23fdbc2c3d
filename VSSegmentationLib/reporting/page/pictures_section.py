"""The pictures on the page, and the few numbers that stand beside them."""

from collections.abc import Sequence

from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement import Grade
from VSSegmentationLib.measurement.grades import NOT_GRADED
from VSSegmentationLib.measurement.limits import spread_in_words
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined, trusted
from VSSegmentationLib.reporting.pictures.drawing import dashes_of
from VSSegmentationLib.reporting.pictures.key_image import Picture, Pictures
from VSSegmentationLib.reporting.report.limits import boundary_spread_mm
from VSSegmentationLib.reporting.report.provenance import corrections_in
from VSSegmentationLib.reporting.report.report import MeasurementRecord, Report
from VSSegmentationLib.reporting.report.sentence import change_since_previous
from VSSegmentationLib.reporting.report.words import (
    display_policy,
    display_value,
    number_with_unit,
    short_uncertainty,
)
from VSSegmentationLib.tasks import Task


def lead(report: Report, pictures: Pictures, task: Task, extent: str) -> Html:
    """Return the key image, and beside it what is read first: headline, volume, extent, then parts and grades.

    Args:
        report: What to show.
        pictures: Of the tumor.
        task: Its kind.
        extent: How far it reaches, in words; empty where the task has no words for it.
    """
    total, parts = task.main_volumes[:1], task.main_volumes[1:]
    first = (_headline(report), _total(report, total[0]), _extent(task, extent), _volumes(report, parts))
    then = (_boundary(report, task), _edited(report), _corrected(report), _grades(report, task))
    numbers = joined((*first, *then, _why_this_headline(report)))
    legend = joined(legend_entry(entry, task.label_set) for entry in pictures.labels)
    return fill(
        '<section class="lead"><figure>${svg}<ul class="legend">${legend}</ul><figcaption>${text}</figcaption></figure>'
        '<div class="numbers">${numbers}</div></section>\n',
        svg=trusted(pictures.key.svg),
        text=pictures.key.text,
        numbers=numbers,
        legend=legend,
    )


def tiles(pictures: Pictures | None) -> Html:
    """Return the other planes and the solid body, side by side."""
    if pictures is None:
        return NOTHING
    figures = joined(_figure(picture) for picture in (*pictures.planes, *pictures.solids))
    return fill('<section class="tiles">${figures}</section>\n', figures=figures)


def _figure(picture: Picture) -> Html:
    return fill(
        "<figure>${svg}<figcaption>${title}</figcaption></figure>", svg=trusted(picture.svg), title=picture.title
    )


def _headline(report: Report) -> Html:
    measurement = report.measurement(report.headline.measurement_id)
    return fill(
        '<p class="headline">${name}<strong>${value}</strong>${beside}</p>${change}',
        name=measurement.name if measurement else "Headline diameter",
        value=display_value(measurement) if measurement else "none",
        beside=_beside(measurement) if measurement else "",
        change=_change(report, report.headline.measurement_id),
    )


def _why_this_headline(report: Report) -> Html:
    note = fill('<p class="policy">${note}</p>', note=report.headline.note) if report.headline.note else NOTHING
    return fill(
        '<p class="policy">Headline diameter: ${policy}</p>${note}', policy=display_policy(report.headline), note=note
    )


def _total(report: Report, measurement_id: str) -> Html:
    measurement = report.measurement(measurement_id)
    if measurement is None:
        return NOTHING
    return fill(
        '<p class="headline second">${name}<strong>${value}</strong>${beside}</p>${change}',
        name=measurement.name,
        value=display_value(measurement),
        beside=_beside(measurement),
        change=_change(report, measurement_id),
    )


def _change(report: Report, measurement_id: str | None) -> Html:
    """Return the change since the previous examination in one line; nothing where there is none to tell."""
    compared = change_since_previous(report, measurement_id)
    if compared is None:
        return NOTHING
    change = compared.change
    delta = change.delta
    if delta.value is None:
        return fill('<p class="change">Change since the previous examination: ${reason}.</p>', reason=delta.reason)
    percent = f" ({change.percent.value:+.0f} %)" if change.percent.value is not None else ""
    return fill(
        '<p class="change"><b>${delta}${percent}</b> in ${days} days, since the previous examination${wording}.</p>',
        delta=number_with_unit(delta.value, delta.unit, signed=True),
        percent=percent,
        days=change.days,
        wording="" if change.wording == "change" else f"; {change.wording}",
    )


def _extent(task: Task, words: str) -> Html:
    if not words:
        return NOTHING
    first, mark, more = words.partition("; ")
    line = '<p class="extent">${name}: <b>${first}</b>${more}.</p>'
    return fill(line, name=task.extent_name, first=first, more=f"{mark}{more}")


def _beside(measurement: MeasurementRecord) -> str:
    override = measurement.manual_override
    drawn = [f"drawn by hand: {number_with_unit(override.value, measurement.unit)}"] if override else []
    return "; ".join([*filter(None, [short_uncertainty(measurement.uncertainty)]), *drawn])


def _volumes(report: Report, names: Sequence[str]) -> Html:
    rows = joined(
        fill(
            '<tr><th scope="row">${name}</th><td class="value">${value}</td><td>${about}</td></tr>',
            name=m.name,
            value=display_value(m),
            about=short_uncertainty(m.uncertainty),
        )
        for m in report.measurements
        if m.id in names
    )
    return fill('<table class="glance"><tbody>${rows}</tbody></table>', rows=rows) if rows else NOTHING


def _boundary(report: Report, task: Task) -> Html:
    """Return by how much the boundary moves that an untouched answer's parts depend on; nothing if it is not known."""
    spread = boundary_spread_mm(report.provenance.get("run") or {})
    if task.boundary is None or spread is None or report.segmentation.algorithm_type != "AUTOMATIC":
        return NOTHING
    return fill(
        '<p class="policy">Both parts depend on the boundary between them, which moves by ${mm} on average between '
        "mirror images of this scan.</p>",
        mm=spread_in_words(spread),
    )


def _edited(report: Report) -> Html:
    facts = report.segmentation
    if not facts.edits and facts.algorithm_type == "AUTOMATIC":
        return NOTHING
    if facts.automatic_volume_cm3 is None or facts.dice_automatic_final is None:
        return NOTHING
    return fill(
        '<p class="policy">All tumor voxels: automatic ${before}, after edit ${after} (Dice ${dice}).</p>',
        before=number_with_unit(facts.automatic_volume_cm3, "cm3"),
        after=number_with_unit(facts.volume_cm3, "cm3"),
        dice=f"{facts.dice_automatic_final:.2f}",
    )


def _corrected(report: Report) -> Html:
    """Return how many clicks the mask was corrected with; nothing where there were none."""
    corrections = corrections_in(report.provenance)
    if corrections is None:
        return NOTHING
    return fill('<p class="policy">${sentence}</p>', sentence=corrections.sentence)


def _grades(report: Report, task: Task) -> Html:
    return joined(_grade(grade, task) for grade in report.grades)


def _grade(grade: Grade, task: Task) -> Html:
    meaning = f" ({grade.meaning})" if grade.meaning else ""
    entered = ", pre-filled" if grade.name in task.prefilled_grades and grade.value != NOT_GRADED else ""
    return fill(
        '<p class="policy"><b>${name}: ${value}${meaning}</b>${entered}; ${reason}.</p>',
        name=grade.name,
        value=grade.value,
        meaning=meaning,
        entered=entered,
        reason=grade.reason,
    )


def legend_entry(entry: LabelEntry, label_set: LabelSet) -> Html:
    """Return how the outline of a part is drawn, and its name."""
    return fill(
        '<li><svg viewBox="0 0 12 3" aria-hidden="true"><path d="M0.5 1.5h11" stroke="rgb${color}" stroke-width="1" '
        'stroke-dasharray="${dashes}"/></svg> ${name}</li>',
        color=trusted(f"({','.join(map(str, entry.color_rgb))})"),
        dashes=dashes_of(label_set, entry) or "none",
        name=entry.outline_name,
    )

"""The pictures on the page, and the few numbers that stand beside them."""

from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement import Grade
from VSSegmentationLib.measurement.grades import NOT_GRADED
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined, trusted
from VSSegmentationLib.reporting.pictures.drawing import dashes_of
from VSSegmentationLib.reporting.pictures.key_image import Picture, Pictures
from VSSegmentationLib.reporting.report.limits import boundary_spread_mm
from VSSegmentationLib.reporting.report.report import MeasurementRecord, Report
from VSSegmentationLib.reporting.report.words import (
    display_policy,
    display_value,
    number_with_unit,
    short_uncertainty,
)
from VSSegmentationLib.tasks import Task


def lead(report: Report, pictures: Pictures | None, task: Task) -> Html:
    """Return the key image, and beside it headline, volumes and grades."""
    numbers = joined(
        (_headline(report), _volumes(report, task), _boundary(report, task), _edited(report), _grades(report, task))
    )
    if pictures is None:
        return fill('<p class="no-image">There is no key image, because no tumor is marked.</p>\n${n}', n=numbers)
    legend = joined(legend_entry(entry, task.label_set) for entry in pictures.labels)
    return fill(
        '<section class="lead"><figure>${svg}<figcaption>${text}${where}</figcaption></figure>'
        '<div class="numbers">${numbers}<ul class="legend">${legend}</ul></div></section>\n',
        svg=trusted(pictures.key.svg),
        text=pictures.key.text,
        where=_where(report),
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
    name = measurement.name if measurement else "Headline diameter"
    note = fill('<p class="policy">${note}</p>', note=report.headline.note) if report.headline.note else NOTHING
    return fill(
        '<p class="headline">${name}<strong>${value}</strong>${beside}</p><p class="policy">${policy}</p>${note}',
        name=name,
        value=display_value(measurement) if measurement else "none",
        beside=_beside(measurement) if measurement else "",
        policy=display_policy(report.headline),
        note=note,
    )


def _beside(measurement: MeasurementRecord) -> str:
    override = measurement.manual_override
    drawn = [f"drawn by hand: {number_with_unit(override.value, measurement.unit)}"] if override else []
    return "; ".join([*filter(None, [short_uncertainty(measurement.uncertainty)]), *drawn])


def _volumes(report: Report, task: Task) -> Html:
    rows = joined(
        fill(
            '<tr><th scope="row">${name}</th><td class="value">${value}</td><td>${about}</td></tr>',
            name=m.name,
            value=display_value(m),
            about=short_uncertainty(m.uncertainty),
        )
        for m in report.measurements
        if m.id in task.main_volumes
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
        mm=number_with_unit(spread, "mm"),
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


def _where(report: Report) -> str:
    measurement = report.measurement(report.headline.measurement_id)
    if measurement is None or measurement.slice_axis is None or measurement.slice_index is None:
        return ""
    slices = report.source.shape_dhw[measurement.slice_axis]
    return f" Slice {measurement.slice_index + 1} of {slices} in the order of the file."

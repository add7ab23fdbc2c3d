"""A comparison as one HTML file that needs nothing else and prints well. It describes and never advises."""

from pathlib import Path

from VSSegmentationLib import __version__
from VSSegmentationLib.measurement.growth import Growth, Series
from VSSegmentationLib.reporting.growth.content import GrowthContent
from VSSegmentationLib.reporting.growth.curve import growth_curve_svg
from VSSegmentationLib.reporting.growth.pictures import growth_pictures, parts_shown
from VSSegmentationLib.reporting.growth.words import change_sentence, dagger_note
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined, shipped, trusted
from VSSegmentationLib.reporting.page.growth_tables_section import (
    examinations_table,
    length_changes_table,
    limits_note,
    published_changes_table,
    values_table,
    volume_changes_table,
)
from VSSegmentationLib.reporting.page.pictures_section import legend_entry
from VSSegmentationLib.reporting.pictures.key_image import Picture
from VSSegmentationLib.reporting.report.content import NOTICE
from VSSegmentationLib.reporting.report.words import display_policy, number_with_unit
from VSSegmentationLib.tasks import Task

_WATERMARK = trusted('<div class="watermark" aria-hidden="true">DRAFT</div>')
_OWN_SLICES = (
    "Each examination on its own slice of the headline diameter, 60 to 80 mm wide, the patient's right on the left."
)
_ALIGNED = (
    "All examinations on the slice of the baseline's headline diameter, the patient's right on the left: the heads "
    "were aligned by a rigid registration, later scans and outlines are interpolated. Numbers come from the own grid "
    "of each examination."
)
_ROWS_OF = 3
"""So many pictures stand side by side."""


def write_growth_html(path: Path, content: GrowthContent) -> None:
    """Write the page; nothing in it is loaded from elsewhere."""
    path.write_text(growth_html(content), encoding="utf-8")


def growth_html(content: GrowthContent, *, margin_boxes: bool = False) -> str:
    """Return the comparison as an HTML document; everything that comes from outside is escaped.

    Args:
        content: What to show.
        margin_boxes: As for `report_html`.
    """
    draft = not content.growth.reviewed
    return fill(
        shipped("report.html"),
        title=f"{content.task.title}, comparison of examinations",
        style=trusted(shipped("report.css") + shipped("growth.css")),
        medium="paged" if margin_boxes else "browser",
        state="DRAFT, not checked by a person." if draft else "REVIEWED.",
        notice=NOTICE,
        watermark=_WATERMARK if draft else NOTHING,
        body=_body(content),
    )


def _body(content: GrowthContent) -> Html:
    growth = content.growth
    return joined(
        (
            _opening(content),
            _warnings(growth),
            _summary(growth, content.task),
            fill('<section class="curve">${svg}</section>\n', svg=trusted(growth_curve_svg(growth, content.task))),
            examinations_table(content),  # small: it fills a page on which the pictures find no room
            _pictures(content),
            length_changes_table(growth, content.task),
            published_changes_table(growth, content.task),
            volume_changes_table(growth, content.task),
            dagger_note(change for series in growth.series for change in series.changes),
            limits_note(growth),
            values_table(growth, content.task),
        )
    )


def _opening(content: GrowthContent) -> Html:
    growth = content.growth
    draft = not growth.reviewed
    checked = "not every examination was checked by a person" if draft else "every examination was checked by a person"
    days = growth.examinations[-1].days
    return fill(
        """<header>
<p class="status${kind}">${state}</p>
<h1>Comparison of examinations</h1>
<p class="facts">${kind_of_tumor}, ${count} examinations over ${days} days.</p>
<p class="facts">${cases}</p>
${treatments}<p class="checked facts">Made by vs-segmentation ${version}, ${created} UTC; ${checked}.</p>
<p class="notice">${notice}</p>
</header>
""",
        kind=" draft" if draft else "",
        kind_of_tumor=content.task.title,
        state="DRAFT" if draft else "REVIEWED",
        count=len(growth.examinations),
        days=days,
        cases=_cases(growth),
        treatments=_treatments(growth),
        version=__version__,
        created=f"{content.created_at_utc:%Y-%m-%d %H:%M}",
        checked=checked,
        notice=NOTICE,
    )


def _cases(growth: Growth) -> str:
    """Name the case, or whose examination is whose where the names differ."""
    named = [each.case for each in growth.examinations]
    if not any(named):
        return "Case: not named."
    if len(set(named)) == 1:
        return f"Case: {named[0]}."
    told = ", ".join(f"examination {i}: {case or 'not named'}" for i, case in enumerate(named, start=1))
    return f"Cases: {told}."


def _treatments(growth: Growth) -> Html:
    if not growth.treatments:
        return NOTHING
    told = ", ".join(f"{each.kind} on day {each.days}" for each in growth.treatments)
    return fill('<p class="facts">Treatment: ${told}.</p>\n', told=told)


def _warnings(growth: Growth) -> Html:
    own = [
        f"Examination {i}: {sentence}" for i, e in enumerate(growth.examinations, start=1) for sentence in e.warnings
    ]
    sentences = [*(warning.text for warning in growth.warnings), *own]
    if not sentences:
        return NOTHING
    items = joined(fill("<li>${sentence}</li>", sentence=sentence) for sentence in sentences)
    return fill('<section class="warnings"><h2>Warnings</h2><ul>${items}</ul></section>\n', items=items)


def _summary(growth: Growth, task: Task) -> Html:
    """Say what the latest examination shows against the baseline: volume and headline diameter, each with its limit."""
    headline = growth.examinations[0].headline
    series = [growth.of(headline.measurement_id)] if headline.measurement_id else []
    lines = joined(
        fill('<p class="headline">${name}<strong>${values}</strong>${change}</p>', **_summary_line(each))
        for each in (*series, growth.of(task.whole_volume))
    )
    return fill(
        '<section class="summary">${lines}<p class="policy">Headline diameter: ${policy} Locked to the baseline.</p>'
        "</section>\n",
        lines=lines,
        policy=display_policy(headline),
    )


def _summary_line(series: Series) -> dict[str, str]:
    first, latest = series.measurements[0], series.measurements[-1]
    values = " → ".join(
        "not measurable" if m.value is None else number_with_unit(m.value, m.unit) for m in (first, latest)
    )
    return {"name": first.name, "values": values, "change": change_sentence(series)}


def _pictures(content: GrowthContent) -> Html:
    pictures = growth_pictures(content)
    if not any(pictures):
        return NOTHING
    figures = [_figure(i, picture) for i, picture in enumerate(pictures, start=1)]
    rows = joined(
        fill('<div class="tiles beside">${row}</div>', row=joined(figures[start : start + _ROWS_OF]))
        for start in range(0, len(figures), _ROWS_OF)
    )
    legend = joined(legend_entry(entry, content.task.label_set) for entry in parts_shown(content))
    return fill(
        '<section class="long"><h2>Side by side</h2>${rows}<ul class="legend">${legend}</ul>'
        '<p class="footnote">${about}</p></section>\n',
        rows=rows,
        legend=legend,
        about=_ALIGNED if content.is_aligned else _OWN_SLICES,
    )


def _figure(number: int, picture: Picture | None) -> Html:
    if picture is None:
        return fill(
            '<figure><p class="no-image">Examination ${number}: no tumor is marked.</p></figure>', number=number
        )
    return fill(
        "<figure>${svg}<figcaption>${title}</figcaption></figure>", svg=trusted(picture.svg), title=picture.title
    )

"""A result as a notebook shows it: the key image, the numbers, what a reader has to know."""

import base64
from collections.abc import Sequence

from VSSegmentationLib.reporting import NOTICE, Picture, ReportContent, display_value, draw_pictures
from VSSegmentationLib.reporting.growth.content import GrowthContent
from VSSegmentationLib.reporting.growth.curve import growth_curve_svg
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined

_IMAGE_PIXELS = 320
_CURVE_PIXELS = 640


def result_html(content: ReportContent) -> str:
    """Return the key image beside the numbers, with warnings and notice; everything that comes from outside is escaped.

    The image is embedded as a picture of its own: names and styles in it can't meet those of another output.
    """
    pictures = draw_pictures(content)
    return fill(
        '<div style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start">${image}'
        "<div><p><b>${findings}</b>${state}</p>${numbers}</div></div>${warnings}<p><small>${notice}</small></p>",
        image=_image(pictures.key, _IMAGE_PIXELS) if pictures else NOTHING,
        findings=content.findings,
        state="" if content.reviewed else " DRAFT, not checked by a person.",
        numbers=_numbers(content),
        warnings=_warnings(content.all_warnings),
        notice=NOTICE,
    )


def comparison_html(content: GrowthContent, sentences: Sequence[str], warnings: Sequence[str]) -> str:
    """Return the curve, the changes in words, warnings and notice; everything that comes from outside is escaped."""
    curve = Picture(growth_curve_svg(content.growth), "Curve", "The measures over time.")
    return fill(
        '<div style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start">${curve}'
        "<div><p><b>Latest examination against the first</b>${state}</p><ul>${changes}</ul></div></div>"
        "${warnings}<p><small>${notice}</small></p>",
        curve=_image(curve, _CURVE_PIXELS),
        state="" if content.growth.reviewed else " DRAFT, not checked by a person.",
        changes=joined(fill("<li>${sentence}</li>", sentence=each) for each in sentences),
        warnings=_warnings(warnings),
        notice=NOTICE,
    )


def _image(picture: Picture, width: int) -> Html:
    return fill(
        '<figure style="margin:0;width:${width}px"><img alt="${text}" width="${width}" '
        'src="data:image/svg+xml;base64,${encoded}"><figcaption><small>${text}</small></figcaption></figure>',
        width=width,
        text=picture.text,
        encoded=base64.b64encode(picture.svg.encode("utf-8")).decode("ascii"),
    )


def _numbers(content: ReportContent) -> Html:
    leading = content.leading.measurement_id
    rows = joined(
        fill(
            "<tr><td>${name}</td><td>${value}</td><td><code>${id}</code></td></tr>",
            name=f"{each.name} (headline)" if each.id == leading else each.name,
            value=display_value(each),
            id=each.id,
        )
        for each in content.measurements
    )
    return fill("<table><tbody>${rows}</tbody></table>", rows=rows)


def _warnings(sentences: Sequence[str]) -> Html:
    if not sentences:
        return NOTHING
    items = joined(fill("<li>${sentence}</li>", sentence=each) for each in sentences)
    return fill(
        "<details><summary>${count} warnings</summary><ul>${items}</ul></details>", count=len(sentences), items=items
    )

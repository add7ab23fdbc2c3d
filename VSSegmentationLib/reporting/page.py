"""The report as one HTML file that needs nothing else and prints well."""

import html
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.labels import LABEL_STYLES, Label, tumor_mask
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.reporting.content import NOTICE, ReportContent
from VSSegmentationLib.reporting.key_image import DASHES, describe, key_diameter, key_image_svg, key_section
from VSSegmentationLib.reporting.plain import Plain, to_plain

_UNITS = {"cm3": "cm³", "mm3": "mm³"}
_DECIMALS = {"mm": 1, "cm3": 3}
_AT_A_GLANCE = ("vol_total", "whole_max_axial", "em_max_axial")
_FOOTER = "For research use only. Not a medical device."


def write_report_html(path: Path, content: ReportContent) -> None:
    """Write the report; nothing in it is loaded from elsewhere.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    path.write_text(report_html(content), encoding="utf-8")


def report_html(content: ReportContent) -> str:
    """Return the report as an HTML document; everything that comes from outside is escaped."""
    style = (resources.files(__package__) / "report.css").read_text(encoding="utf-8")
    watermark = "" if content.reviewed else '<div class="watermark" aria-hidden="true">DRAFT</div>'
    sections = (
        _warnings(content.warnings),
        _key_image(content),
        _measurements(content.measurements),
        _candidates(content.candidates),
        _provenance(content.provenance),
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Vestibular schwannoma report</title>
<style>
{style}
</style>
</head>
<body>
{watermark}
<div class="sheet">
<main>
<header>
<h1>Vestibular schwannoma report</h1>
{_status(content)}
<p class="notice">{html.escape(NOTICE)}</p>
</header>
<p class="findings">{html.escape(content.findings)}</p>
{"".join(sections)}</main>
<div class="footer-room"></div>
</div>
<footer>{_FOOTER}{"" if content.reviewed else " DRAFT, not checked by a person."}</footer>
</body>
</html>
"""


def display_value(measurement: Measurement) -> str:
    """Return the value as a reader sees it: mm with 1 decimal, cm3 with 3, or that there is none."""
    if measurement.value is None:
        return "not measurable"
    decimals = _DECIMALS.get(measurement.unit, 2)
    return f"{measurement.value:.{decimals}f} {_UNITS.get(measurement.unit, measurement.unit)}"


def _status(content: ReportContent) -> str:
    if content.reviewed:
        return '<p class="status">REVIEWED: mask, boundary and lines were checked by a person.</p>'
    return '<p class="status draft">DRAFT: made by a program, not yet checked by a person.</p>'


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in warnings)
    return f'<section class="warnings"><h2>Warnings</h2><ul>{items}</ul></section>\n'


def _key_image(content: ReportContent) -> str:
    if not tumor_mask(content.labelmap.array).any():
        return '<p class="no-image">There is no key image, because no tumor is marked.</p>\n'
    try:
        section = key_section(content)
    except EmptyMaskError:
        return ""
    diameter = key_diameter(content)
    legend = "".join(_legend_entry(label) for label in section.masks)
    return (
        f"<figure>{key_image_svg(content)}<figcaption>{_at_a_glance(content.measurements)}"
        f'<ul class="legend">{legend}</ul>'
        f"<p>{html.escape(describe(section, diameter))}{_where(content, diameter)}</p></figcaption></figure>\n"
    )


def _at_a_glance(measurements: Iterable[Measurement]) -> str:
    entries = "".join(
        f"<dt>{html.escape(m.name)}</dt><dd>{html.escape(display_value(m))}</dd>"
        for m in measurements
        if m.value is not None and m.id in _AT_A_GLANCE
    )
    return f"<dl>{entries}</dl>" if entries else ""


def _legend_entry(label: Label) -> str:
    name, color_rgb = LABEL_STYLES[label]
    return (
        f'<li><svg viewBox="0 0 12 3" aria-hidden="true"><path d="M0.5 1.5h11" stroke="rgb{color_rgb}" '
        f'stroke-width="1" stroke-dasharray="{DASHES[label]}"/></svg> {html.escape(name)}</li>'
    )


def _where(content: ReportContent, diameter: Measurement | None) -> str:
    if diameter is None or diameter.slice_axis is None or diameter.slice_index is None:
        return ""
    return (
        f" Slice {diameter.slice_index + 1} of {content.labelmap.shape[diameter.slice_axis]} in the order of the file."
    )


def _measurements(measurements: Iterable[Measurement]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{html.escape(m.name)}<br><code>{html.escape(m.id)}</code></th>'
        f'<td class="value{"" if m.value is not None else " none"}">{html.escape(display_value(m))}</td>'
        f"<td>{html.escape(m.reason or m.method)}{_other_estimators(m)}</td></tr>"
        for m in measurements
    )
    return (
        '<section><h2>Measurements</h2><table class="measurements"><thead><tr><th scope="col">Measurement</th>'
        '<th scope="col">Value</th><th scope="col">How, or why not</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></section>\n"
    )


def _other_estimators(measurement: Measurement) -> str:
    centers = measurement.extra.get("feret_slice_center_mm")
    cracks = measurement.extra.get("crack_slice_mm")
    if measurement.value is None or centers is None or cracks is None:
        return ""
    return f"; between voxel centers {centers:.1f} mm, between outer pixel edges {cracks:.1f} mm"


def _candidates(candidates: Sequence[Mapping[str, Any]]) -> str:
    if not candidates:
        return ""
    columns = list(dict.fromkeys(str(key) for candidate in candidates for key in candidate))
    head = "".join(f'<th scope="col">{html.escape(_words(column))}</th>' for column in columns)
    rows = "".join(
        f'<tr><th scope="row">{number}</th>'
        + "".join(f"<td>{html.escape(_shown(candidate.get(column, '')))}</td>" for column in columns)
        + "</tr>"
        for number, candidate in enumerate(candidates, start=1)
    )
    return (
        "<section><h2>Other regions considered</h2><p>Regions that look like tumor to the model and were not taken "
        'for it; none is in the measurements.</p><table class="candidates">'
        f'<thead><tr><th scope="col">No.</th>{head}</tr></thead><tbody>{rows}</tbody></table></section>\n'
    )


def _provenance(provenance: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{html.escape(_words(name))}</th><td>{html.escape(_shown(value))}</td></tr>'
        for name, value in _flat(to_plain(provenance, "provenance"))
    )
    return (
        '<section class="long"><h2>Provenance</h2><table class="provenance"><thead><tr><th scope="col">Item</th>'
        f'<th scope="col">Value</th></tr></thead><tbody>{rows}</tbody></table></section>\n'
    )


def _flat(value: Plain, name: str = "") -> list[tuple[str, Plain]]:
    """Return nested values as one list of names and values; lists of plain values stay together."""
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _flat(item, f"{name} {key}".strip())]
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return [pair for i, item in enumerate(value, start=1) for pair in _flat(item, f"{name} {i}".strip())]
    return [(name, value)]


def _shown(value: object) -> str:
    plain = to_plain(value)
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if plain is None:
        return "not given"
    if isinstance(plain, float):
        return f"{plain:.4g}"
    if isinstance(plain, list):
        return ", ".join(_shown(item) for item in plain)
    if isinstance(plain, dict):
        return "; ".join(f"{_words(key)} {_shown(item)}" for key, item in plain.items())
    return str(plain)


def _words(name: str) -> str:
    return name.replace("_", " ")

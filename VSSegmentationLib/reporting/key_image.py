"""The key image: an axial cut of the scan with the outline of the tumor and its longest diameter, as one SVG."""

import base64
import html

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.labels import LABEL_STYLES, Label
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.reporting.content import ReportContent
from VSSegmentationLib.reporting.outlines import pixel_outlines
from VSSegmentationLib.reporting.png import encode_gray_png
from VSSegmentationLib.reporting.section import Section, axial_section, busiest_point

KEY_DIAMETER = "whole_max_axial"

DASHES = {Label.EXTRAMEATAL: "", Label.INTRAMEATAL: "1.6 0.9", Label.UNDIVIDED_TUMOR: ""}
"""Parts are told apart in gray print by how their line is broken, mm."""

_FONT_MM = 2.6
_EDGE_MM = 1.2
_LETTER_ROOM_MM = 4.0


def key_diameter(content: ReportContent) -> Measurement | None:
    """Return the diameter that the key image shows, if it was measurable."""
    return next((m for m in content.measurements if m.id == KEY_DIAMETER and m.end_points_ras_mm), None)


def key_section(content: ReportContent) -> Section:
    """Return the axial plane of the key diameter, else the one that holds most of the tumor.

    Raises:
        EmptyMaskError: If there is no tumor.
    """
    diameter = key_diameter(content)
    if diameter is None or diameter.end_points_ras_mm is None:
        return axial_section(content.image, content.labelmap, busiest_point(content.labelmap))
    return axial_section(content.image, content.labelmap, diameter.end_points_ras_mm[0])


def key_image_svg(content: ReportContent) -> str:
    """Return a complete SVG picture in mm: anterior up, the patient's right on the left.

    Raises:
        EmptyMaskError: If there is no tumor.
    """
    section = key_section(content)
    diameter = key_diameter(content)
    side = _mm(section.side_mm)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" '
        'aria-labelledby="key-title key-text" font-family="Helvetica, Arial, sans-serif">'
    )
    parts = [
        opening,
        '<title id="key-title">Axial key image</title>',
        f'<desc id="key-text">{html.escape(describe(section, diameter))}</desc>',
        f'<rect width="{side}" height="{side}" fill="#000"/>',
        _picture(section),
        *[_outline(section, label) for label in section.masks],
        _diameter(section, diameter) if diameter else "",
        *_annotations(section, draft=not content.reviewed),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def describe(section: Section, diameter: Measurement | None) -> str:
    """Say in words what the key image shows, for readers who cannot see it."""
    what = "Axial plane without the scan"
    if section.image is not None:
        what = "Axial plane resliced from the tilted scan" if section.resliced else "Axial slice of the scan"
    parts = " and ".join(LABEL_STYLES[label].name.lower() for label in section.masks)
    text = f"{what}, {section.side_mm:.0f} mm wide, the patient's right on the left. Outlined: {parts}."
    if diameter is None or diameter.value is None:
        return text
    return f"{text} Line: {diameter.name[0].lower()}{diameter.name[1:]}, {diameter.value:.1f} mm."


def _picture(section: Section) -> str:
    if section.image is None:
        return ""
    data = base64.b64encode(encode_gray_png(_gray(section.image))).decode("ascii")
    (rows, columns), (height, width), (x, y) = section.image.shape, section.pixel_mm, section.corner_mm
    return (
        f'<image x="{_mm(x)}" y="{_mm(y)}" width="{_mm(columns * width)}" height="{_mm(rows * height)}" '
        f'preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
    )


def _gray(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Stretch the middle 99 percent of the picture's own intensities over black to white."""
    low, high = np.percentile(image, (0.5, 99.5))
    scaled = (image - low) / max(float(high - low), 1e-6)
    return np.asarray(np.clip(scaled, 0, 1) * 255).round().astype(np.uint8)


def _outline(section: Section, label: Label) -> str:
    loops = [section.page_from_pixel(loop) for loop in pixel_outlines(section.masks[label])]
    path = " ".join("M" + "L".join(f"{_mm(x)} {_mm(y)}" for x, y in loop.tolist()) + "Z" for loop in loops)
    red, green, blue = LABEL_STYLES[label].color_rgb
    dashes = f' stroke-dasharray="{DASHES[label]}"' if DASHES[label] else ""
    return (
        f'<path d="{path}" fill="none" stroke="#000" stroke-opacity="0.6" stroke-width="0.75"/>'
        f'<path d="{path}" fill="none" stroke="rgb({red},{green},{blue})" stroke-width="0.45"{dashes}/>'
    )


def _diameter(section: Section, diameter: Measurement) -> str:
    if diameter.end_points_ras_mm is None or diameter.value is None:
        return ""
    ends = np.array([section.page_point(point) for point in diameter.end_points_ras_mm])
    ends = ends[np.argsort(ends[:, 0], kind="stable")]
    along = ends[1] - ends[0]
    tick = np.array((-along[1], along[0])) / max(float(np.linalg.norm(along)), 1e-6) * 0.9
    strokes = [(ends[0], ends[1]), *((end - tick, end + tick) for end in ends)]
    path = "".join(f"M{_mm(a[0])} {_mm(a[1])}L{_mm(b[0])} {_mm(b[1])}" for a, b in strokes)
    return (
        f'<path d="{path}" fill="none" stroke="#000" stroke-width="0.7"/>'
        f'<path d="{path}" fill="none" stroke="#fff" stroke-width="0.35"/>'
        f"{_diameter_text(section, ends, f'{diameter.value:.1f} mm')}"
    )


def _diameter_text(section: Section, ends: NDArray[np.float64], text: str) -> str:
    """Put the value beyond the end that points to the page's right, else to its left, else above the middle."""
    along = (ends[1] - ends[0]) / max(float(np.linalg.norm(ends[1] - ends[0])), 1e-6)
    room = 0.6 * _FONT_MM * len(text) + _LETTER_ROOM_MM
    right, left = ends[1] + 1.6 * along, ends[0] - 1.6 * along
    if right[0] + room <= section.side_mm:
        (x, y), anchor, sinks = right, "start", along[1]
    elif left[0] - room >= 0:
        (x, y), anchor, sinks = left, "end", -along[1]
    else:
        (x, y), anchor, sinks = ends.mean(axis=0) - (0, _FONT_MM), "middle", 0.0
    low, high = 2 * _FONT_MM, section.side_mm - 2 * _FONT_MM
    baseline = float(np.clip(y + (0.35 + 0.7 * sinks) * _FONT_MM, low, high))
    return _text(float(x), baseline, text, anchor, weight="bold")


def _annotations(section: Section, *, draft: bool) -> list[str]:
    side, middle, base = section.side_mm, section.side_mm / 2, 0.35 * _FONT_MM
    letters = [
        _text(_EDGE_MM, middle + base, "R", "start"),
        _text(side - _EDGE_MM, middle + base, "L", "end"),
        _text(middle, _EDGE_MM + 2 * base, "A", "middle"),
        _text(middle, side - _EDGE_MM, "P", "middle"),
    ]
    x, y = 2.0, side - 2.0
    bar = f"M{_mm(x)} {_mm(y - 0.8)}v0.8h10v-0.8"
    scale = (
        f'<path d="{bar}" fill="none" stroke="#000" stroke-width="0.8"/>'
        f'<path d="{bar}" fill="none" stroke="#fff" stroke-width="0.4"/>' + _text(x + 5, y - 1.2, "10 mm", "middle")
    )
    mark = [_text(_EDGE_MM, _EDGE_MM + 2 * base, "DRAFT", "start", weight="bold")] if draft else []
    return [*letters, scale, *mark]


def _text(x: float, y: float, text: str, anchor: str, weight: str = "normal") -> str:
    return (
        f'<text x="{_mm(x)}" y="{_mm(y)}" text-anchor="{anchor}" font-size="{_FONT_MM}" font-weight="{weight}" '
        f'fill="#fff" stroke="#000" stroke-width="0.5" paint-order="stroke">{html.escape(text)}</text>'
    )


def _mm(length: float) -> str:
    """Write a length with a thousandth of a millimeter at most."""
    return f"{round(length, 3):g}"

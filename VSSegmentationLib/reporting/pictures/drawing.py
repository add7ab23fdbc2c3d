"""A section as SVG in mm: the scan, the outlines, a line with its value, letters of the patient and a scale."""

import base64
import html
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.reporting.pictures.outlines import pixel_outlines
from VSSegmentationLib.reporting.pictures.section import Section

_DASHES = ("", "1.6 0.9", "0.5 0.7", "2.4 0.7 0.5 0.7")
"""Parts are told apart in gray print by how their line is broken, mm."""

_EDGE = 0.02
"""Distance of letters from the edge, as a share of the picture."""
_LETTER_ROOM_MM = 4.0


def dashes_of(label_set: LabelSet, entry: LabelEntry) -> str:
    """Return how the outline of a part of the tumor is broken, in mm; empty for a whole line."""
    divided = [each for each in label_set.tumor if not each.undivided]
    return _DASHES[divided.index(entry) % len(_DASHES)] if entry in divided else ""


@dataclass(frozen=True, kw_only=True)
class Caption:
    """Words that belong to a picture: for readers who see it and for those who cannot."""

    id: str
    """Starts the ids of the elements, since several pictures share a page."""
    title: str
    text: str
    letters: str
    """Of the patient, at the left, right, top and bottom edge."""
    draft: bool
    font: float = 0.045
    """Height of letters as a share of the picture."""


def section_svg(
    section: Section, caption: Caption, line: Measurement | None = None, *, label_set: LabelSet, over: str = ""
) -> str:
    """Return a complete SVG picture of a section.

    Args:
        section: What to draw.
        caption: Its words.
        line: A diameter that lies in the section, drawn with its value.
        label_set: That the outlined parts are of.
        over: SVG to be laid over it, in mm of the page.
    """
    body = [
        _picture(section),
        *[_outline(section, entry, dashes_of(label_set, entry)) for entry in section.masks],
        _line(section, line, caption.font * section.side_mm) if line else "",
        over,
    ]
    return framed_svg(section.side_mm, caption, body, background="#000")


def framed_svg(side_mm: float, caption: Caption, body: list[str], *, background: str) -> str:
    """Return a square SVG: the body, letters at its edges, a bar of 10 mm, and DRAFT where it is one."""
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {mm(side_mm)} {mm(side_mm)}" role="img" '
        f'aria-labelledby="{caption.id}-title {caption.id}-text" font-family="Helvetica, Arial, sans-serif">'
    )
    parts = [
        opening,
        f'<title id="{caption.id}-title">{html.escape(caption.title)}</title>',
        f'<desc id="{caption.id}-text">{html.escape(caption.text)}</desc>',
        f'<rect width="{mm(side_mm)}" height="{mm(side_mm)}" fill="{background}"/>',
        *body,
        *_annotations(side_mm, caption),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def embedded_png(pixels: NDArray[np.uint8], x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> str:
    """Return an SVG image element of (rows, columns) gray or (rows, columns, 3) RGB pixels, stretched to its size."""
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG", optimize=True)
    data = base64.b64encode(png.getvalue()).decode("ascii")
    return (
        f'<image x="{mm(x_mm)}" y="{mm(y_mm)}" width="{mm(width_mm)}" height="{mm(height_mm)}" '
        f'preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
    )


def mm(length: float) -> str:
    """Write a length with a thousandth of a millimeter at most."""
    return f"{round(length, 3):g}"


def _picture(section: Section) -> str:
    if section.image is None:
        return ""
    (rows, columns), (height, width), (x, y) = section.image.shape, section.pixel_mm, section.corner_mm
    pixels = gray_pixels(_with_square_pixels(section.image, section.pixel_mm))
    return embedded_png(pixels, x, y, columns * width, rows * height)


def _with_square_pixels(image: NDArray[np.float32], pixel_mm: tuple[float, float]) -> NDArray[np.float32]:
    """Interpolate along the coarser side: browsers and printers differ in how they stretch an image."""
    factors = np.round(np.array(pixel_mm) / min(pixel_mm), 3)
    if factors.max() < 1.01:
        return image
    return np.asarray(ndimage.zoom(image, factors, order=1, mode="nearest", grid_mode=True), dtype=np.float32)


def gray_pixels(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Stretch the middle 99 percent of the picture's own intensities over black to white."""
    low, high = np.percentile(image, (0.5, 99.5))
    scaled = (image - low) / max(float(high - low), 1e-6)
    return np.asarray(np.clip(scaled, 0, 1) * 255).round().astype(np.uint8)


def window_places(section: Section, side_pixels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the middle of each pixel of a square picture lies, as rows and columns of the section."""
    centers_mm = (np.arange(side_pixels) + 0.5) * section.side_mm / side_pixels
    rows = (centers_mm - section.corner_mm[1]) / section.pixel_mm[0] - 0.5
    columns = (centers_mm - section.corner_mm[0]) / section.pixel_mm[1] - 0.5
    across, down = np.meshgrid(columns, rows)
    return down, across


def window_gray(section: Section, side_pixels: int) -> NDArray[np.float64]:
    """Return (side_pixels, side_pixels) of the scan, 0 to 255; black where it is not, or there is none."""
    if section.image is None:
        return np.zeros((side_pixels, side_pixels))
    pixels = gray_pixels(section.image).astype(np.float64)
    places = window_places(section, side_pixels)
    return np.asarray(ndimage.map_coordinates(pixels, places, order=1, cval=0.0), dtype=np.float64)


def _outline(section: Section, entry: LabelEntry, broken: str) -> str:
    loops = [section.page_from_pixel(loop) for loop in pixel_outlines(section.masks[entry])]
    path = " ".join("M" + "L".join(f"{mm(x)} {mm(y)}" for x, y in loop.tolist()) + "Z" for loop in loops)
    red, green, blue = entry.color_rgb
    dashes = f' stroke-dasharray="{broken}"' if broken else ""
    return (
        f'<path d="{path}" fill="none" stroke="#000" stroke-opacity="0.6" stroke-width="0.75"/>'
        f'<path d="{path}" fill="none" stroke="rgb({red},{green},{blue})" stroke-width="0.45"{dashes}/>'
    )


def _line(section: Section, line: Measurement, font_mm: float) -> str:
    if line.end_points_ras_mm is None or line.value is None:
        return ""
    ends = np.array([section.page_point(point) for point in line.end_points_ras_mm])
    ends = ends[np.argsort(ends[:, 0], kind="stable")]
    along = ends[1] - ends[0]
    tick = np.array((-along[1], along[0])) / max(float(np.linalg.norm(along)), 1e-6) * 0.9
    strokes = [(ends[0], ends[1]), *((end - tick, end + tick) for end in ends)]
    path = "".join(f"M{mm(a[0])} {mm(a[1])}L{mm(b[0])} {mm(b[1])}" for a, b in strokes)
    return (
        f'<path d="{path}" fill="none" stroke="#000" stroke-width="0.7"/>'
        f'<path d="{path}" fill="none" stroke="#fff" stroke-width="0.35"/>'
        f"{_line_text(section, ends, f'{line.value:.1f} mm', font_mm)}"
    )


def _line_text(section: Section, ends: NDArray[np.float64], text: str, font_mm: float) -> str:
    """Put the value beyond the end that points to the page's right, else to its left, else above the middle."""
    along = (ends[1] - ends[0]) / max(float(np.linalg.norm(ends[1] - ends[0])), 1e-6)
    room = 0.6 * font_mm * len(text) + _LETTER_ROOM_MM
    right, left = ends[1] + 1.6 * along, ends[0] - 1.6 * along
    if right[0] + room <= section.side_mm:
        (x, y), anchor, sinks = right, "start", along[1]
    elif left[0] - room >= 0:
        (x, y), anchor, sinks = left, "end", -along[1]
    else:
        (x, y), anchor, sinks = ends.mean(axis=0) - (0, font_mm), "middle", 0.0
    low, high = 2 * font_mm, section.side_mm - 2 * font_mm
    baseline = float(np.clip(y + (0.35 + 0.7 * sinks) * font_mm, low, high))
    return _text((float(x), baseline), text, anchor, font_mm, weight="bold")


def _annotations(side: float, caption: Caption) -> list[str]:
    font, edge, middle = caption.font * side, _EDGE * side, side / 2
    left, right, top, bottom = (*caption.letters,)
    base = 0.35 * font
    letters = [
        _text((edge, middle + base), left, "start", font),
        _text((side - edge, middle + base), right, "end", font),
        _text((middle, edge + 2 * base), top, "middle", font),
        _text((middle, side - edge), bottom, "middle", font),
    ]
    x, y = 2.0, side - edge - 0.8
    if x + 10 > middle - font:  # a small picture: the bar would lie on the letter at the bottom
        y -= 1.1 * font
    bar = f"M{mm(x)} {mm(y - 0.8)}v0.8h10v-0.8"
    scale = (
        f'<path d="{bar}" fill="none" stroke="#000" stroke-width="0.8"/>'
        f'<path d="{bar}" fill="none" stroke="#fff" stroke-width="0.4"/>' + _text((x, y - 1.2), "10 mm", "start", font)
    )
    mark = [_text((edge, edge + 2 * base), "DRAFT", "start", font, weight="bold")] if caption.draft else []
    return [*letters, scale, *mark]


def _text(at: tuple[float, float], text: str, anchor: str, font_mm: float, weight: str = "normal") -> str:
    """Write white letters with a dark rim: the rim is a copy below, since not every printer knows `paint-order`."""
    place = f'x="{mm(at[0])}" y="{mm(at[1])}" text-anchor="{anchor}" font-size="{mm(font_mm)}" font-weight="{weight}"'
    words = html.escape(text)
    rim = mm(0.2 * font_mm)
    return (
        f'<text {place} fill="#000" stroke="#000" stroke-width="{rim}" aria-hidden="true">{words}</text>'
        f'<text {place} fill="#fff">{words}</text>'
    )

"""The key image as pixels, with outlines, diameter, letters and DRAFT, for where no SVG can be shown."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.reporting.pictures.drawing import window_gray
from VSSegmentationLib.reporting.pictures.key_image import describe, key_section
from VSSegmentationLib.reporting.pictures.outlines import pixel_outlines
from VSSegmentationLib.reporting.pictures.section import Section
from VSSegmentationLib.reporting.report.content import ReportContent
from VSSegmentationLib.short_repr import short_repr

SIDE_PIXELS = 768
_SCALE_MM = 10.0
_EDGE, _FONT, _SMALL = 16, 30, 22
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_MARK = "research use only"


class KeyPicture(NamedTuple):
    """Pixels, and what they show in words."""

    rgb: NDArray[np.uint8]
    """(SIDE_PIXELS, SIDE_PIXELS, 3), square pixels; the patient's right is on the left, anterior is up."""
    text: str

    def __repr__(self) -> str:
        return short_repr(self)


def key_picture(content: ReportContent) -> KeyPicture | None:
    """Draw the axial plane that the report's key image shows; None without a tumor. Nothing on it tells whose it is."""
    key = key_section(content)
    if key is None:
        return None
    section, diameter = key
    picture = _Picture(section)
    picture.outlines()
    if diameter is not None:
        picture.diameter(diameter)
    picture.frame(content.status.upper())
    return KeyPicture(picture.pixels, describe(section, diameter))


class _Picture:
    def __init__(self, section: Section) -> None:
        self._section = section
        self._per_mm = SIDE_PIXELS / section.side_mm
        self._image = Image.fromarray(window_gray(section, SIDE_PIXELS).round().astype(np.uint8)).convert("RGB")
        self._draw = ImageDraw.Draw(self._image)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        return np.asarray(self._image, dtype=np.uint8)

    def outlines(self) -> None:
        for entry, mask in self._section.masks.items():
            for loop in pixel_outlines(mask):
                points = [self._at(*point) for point in self._section.page_from_pixel(loop).tolist()]
                self._stroke([*points, points[0]], entry.color_rgb, 3)

    def diameter(self, line: Measurement) -> None:
        if line.end_points_ras_mm is None or line.value is None:
            return
        ends = sorted(self._at(*self._section.page_point(point)) for point in line.end_points_ras_mm)
        self._stroke(ends, _WHITE, 2)
        x, y = ends[1]
        beside = (min(x + 10, SIDE_PIXELS - 130), min(max(y - _FONT, 60), SIDE_PIXELS - 80))
        self._write(beside, f"{line.value:.1f} mm", _FONT)

    def frame(self, status: str) -> None:
        """Write the letters of the sides, a bar of 10 mm, and what the picture may be used for."""
        half, far = SIDE_PIXELS / 2, SIDE_PIXELS - _EDGE
        left, right, top, bottom = tuple(self._section.letters)
        for at, letter, anchor in (
            ((_EDGE, half), left, "lm"),
            ((far, half), right, "rm"),
            ((half, _EDGE), top, "mt"),
            ((half, far), bottom, "mb"),
        ):
            self._write(at, letter, _FONT, anchor)
        self._write((_EDGE, _EDGE), f"{status}, {_MARK}", _SMALL, "lt")
        length = _SCALE_MM * self._per_mm
        self._stroke([(far - length, far), (far, far)], _WHITE, 4)
        self._write((far, far - 8), f"{_SCALE_MM:.0f} mm", _SMALL, "rb")

    def _at(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        return x_mm * self._per_mm, y_mm * self._per_mm

    def _stroke(self, points: list[tuple[float, float]], color: tuple[int, int, int], width: int) -> None:
        self._draw.line(points, fill=_BLACK, width=width + 3)
        self._draw.line(points, fill=color, width=width)

    def _write(self, at: tuple[float, float], text: str, size: int, anchor: str = "la") -> None:
        font = ImageFont.load_default(size)
        self._draw.text(at, text, fill=_WHITE, font=font, anchor=anchor, stroke_width=2, stroke_fill=_BLACK)

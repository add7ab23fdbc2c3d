"""The key image as a small raster picture with the outlines on it, for lists of many cases."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from VSSegmentationLib.reporting.pictures.drawing import window_gray, window_places
from VSSegmentationLib.reporting.pictures.key_image import key_diameter, middle
from VSSegmentationLib.reporting.pictures.near_tumor import near_tumor
from VSSegmentationLib.reporting.pictures.section import Section, busiest_point, plane_section
from VSSegmentationLib.reporting.report.content import ReportContent

SIDE_PIXELS = 128
_QUALITY = 72
"""Of the JPEG: some 4 kB a picture."""


def key_thumbnail(content: ReportContent) -> bytes | None:
    """Return a JPEG of the axial plane that the report's key image shows; None without a tumor.

    The patient's right is on the left, anterior is up; nothing is written on it.
    """
    near = near_tumor(content.image, content.labelmap, content.task.label_set)
    if near is None:
        return None
    diameter = key_diameter(content)
    through = busiest_point(near.labelmap, content.task.label_set) if diameter is None else middle(diameter)
    section = plane_section(near.image, near.labelmap, through, label_set=content.task.label_set)
    file = io.BytesIO()
    Image.fromarray(thumbnail_pixels(section)).save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return file.getvalue()


def thumbnail_pixels(section: Section) -> NDArray[np.uint8]:
    """Return (SIDE_PIXELS, SIDE_PIXELS, 3) RGB of a section, a line in its color round each part of the tumor."""
    places = window_places(section, SIDE_PIXELS)
    pixels = np.repeat(window_gray(section, SIDE_PIXELS)[..., None], 3, axis=2)
    for entry, mask in section.masks.items():
        inside = ndimage.map_coordinates(mask.astype(np.uint8), places, order=0, cval=0).astype(bool)
        pixels[ndimage.binary_dilation(inside) & ~inside] = entry.color_rgb
    return np.asarray(np.clip(pixels, 0, 255).round(), dtype=np.uint8)

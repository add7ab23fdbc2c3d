"""Pixels in an SVG come out as they went in."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from VSSegmentationLib.reporting.pictures.drawing import embedded_png


def decoded(svg: str) -> Image.Image:
    data = re.search(r'href="data:image/png;base64,([^"]+)"', svg).group(1)
    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.mark.parametrize(
    ("shape", "mode"), [((1, 1), "L"), ((3, 7), "L"), ((146, 97), "L"), ((1, 1, 3), "RGB"), ((5, 4, 3), "RGB")]
)
def test_pixels_come_back_as_they_were(shape, mode):
    pixels = np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)
    image = decoded(embedded_png(pixels, 0, 0, 10, 10))
    assert (image.format, image.mode) == ("PNG", mode)
    np.testing.assert_array_equal(np.asarray(image), pixels)


def test_a_mirrored_view_of_pixels_is_drawn_mirrored():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    np.testing.assert_array_equal(np.asarray(decoded(embedded_png(pixels[::-1, ::-1], 0, 0, 4, 3))), pixels[::-1, ::-1])


def test_the_same_pixels_give_the_same_picture():
    pixels = np.eye(5, dtype=np.uint8) * 200
    assert embedded_png(pixels, 1, 2, 3, 4) == embedded_png(pixels.copy(), 1, 2, 3, 4)


def test_the_picture_lies_where_it_was_put():
    svg = embedded_png(np.zeros((2, 2), np.uint8), 1, 2.5, 30, 40)
    assert svg.startswith('<image x="1" y="2.5" width="30" height="40" preserveAspectRatio="none" ')

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from VSSegmentationLib import geometry
from VSSegmentationLib.thumbnail import as_html
from VSSegmentationLib.volume import Volume


def picture_in(html: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", html)[1]))))


def test_the_middle_slice_is_shown_in_its_true_proportions():
    array = np.zeros((5, 20, 20), np.float32)
    array[2, :, 10:] = 100.0
    seen = picture_in(as_html(array, geometry.axial_stack_affine((3.0, 1.0, 0.5)), "a scan"))
    assert seen.shape[0] == pytest.approx(2 * seen.shape[1], abs=2)
    assert seen[:, 2].max() == 0
    assert seen[:, -2].min() == 255


def test_every_label_of_a_labelmap_can_be_seen_however_small():
    array = np.zeros((3, 64, 64), np.uint8)
    array[1, 30:33, 30:33] = 4
    assert picture_in(as_html(array, np.eye(4), "labels")).max() == 255


def test_of_a_labelmap_the_slice_with_most_labels_is_shown():
    array = np.zeros((9, 20, 20), np.uint8)
    array[6, 5:9, 5:9], array[7, 5, 5] = 1, 2
    assert "slice 7 of 9" in as_html(array, np.eye(4), "labels")
    assert "slice 5 of 9" in as_html(np.zeros_like(array), np.eye(4), "nothing")


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_voxels_without_contrast_or_without_a_number_are_drawn_too(value: float):
    assert picture_in(as_html(np.full((2, 4, 4), value, np.float32), np.eye(4), "flat")).max() == 0


def test_the_caption_is_escaped_and_tells_the_slice():
    html = as_html(np.zeros((4, 5, 6), np.float32), np.eye(4), "<script>")
    assert "<script>" not in html
    assert "&lt;script&gt;; slice 3 of 4" in html


def test_a_notebook_shows_a_volume_with_shape_spacing_and_axes():
    html = Volume.from_array(np.zeros((4, 5, 6)), spacing_dhw_mm=(2.0, 1.0, 1.0))._repr_html_()
    assert "data:image/png;base64," in html
    assert "shape (4, 5, 6), spacing 2 x 1 x 1 mm, axes to S P L (assumed)" in html

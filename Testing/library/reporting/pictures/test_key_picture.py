"""The key image as pixels: where the tumor is, in its colors, at its size."""

import numpy as np
import pytest

from Testing.support.dicom_results import content_of, divided_tumor, left_spec, write_scan
from VSSegmentationLib.reporting.pictures.key_picture import SIDE_PIXELS, key_picture
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity
from VSSegmentationLib.tasks import DEFAULT_TASK


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    scan = write_scan(tmp_path_factory.mktemp("scan") / "dicom", left_spec())
    return content_of(scan, divided_tumor(scan), DicomIdentity())


def test_the_outline_is_as_wide_as_the_block_that_it_goes_round(content):
    rgb = key_picture(content).rgb
    assert rgb.shape == (SIDE_PIXELS, SIDE_PIXELS, 3)
    color = next(e.color_rgb for e in DEFAULT_TASK.label_set.tumor if "xtrameatal" in e.name)
    rows, columns = np.nonzero((rgb == color).all(axis=2))
    per_mm = SIDE_PIXELS / 60.0  # the window round a small tumor
    assert np.ptp(rows) / per_mm == pytest.approx(18 * 0.9, abs=0.5)
    # From the patient's left, the canal joins the block: seen from below it lies on the picture's left or right side.
    assert np.ptp(columns) / per_mm == pytest.approx(14 * 1.1, abs=0.5)


def test_it_says_in_words_what_it_shows(content):
    assert key_picture(content).text.startswith("Axial slice of the scan")

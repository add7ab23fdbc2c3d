"""The picture of the growth guide can be made from the sample that comes along."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from matplotlib import image as picture

from tools import make_growth_picture
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.reporting.page.pdf import print_by_weasyprint


def _can_print(folder: Path) -> bool:
    if find_spec("weasyprint") is None or shutil.which("pdftoppm") is None:
        return False
    try:
        print_by_weasyprint("<p>a page</p>", folder / "page.pdf")
    except UsageError:
        return False
    return True


def test_the_first_page_of_the_comparison_is_drawn(tmp_path: Path):
    if not _can_print(tmp_path):
        pytest.skip("WeasyPrint with Pango, or pdftoppm of Poppler, is not here")
    make_growth_picture.main(tmp_path / "images", SAMPLE_FOLDER)
    pixels = picture.imread(tmp_path / "images" / "growth.png")
    assert pixels.shape[0] > pixels.shape[1] > 500  # a page, upright
    assert pixels[..., :3].std() > 0.05  # not blank

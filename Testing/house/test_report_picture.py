"""The pages of the report in the user guide can be made from what the demo writes."""

import shutil
from pathlib import Path

import pytest
from matplotlib import image as picture

from Testing.library.reporting.page.test_pdf import printed
from Testing.support.reports import CASES
from tools import make_report_picture
from VSSegmentationLib.reporting import write_report_pdf


@printed
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm is not installed (Debian: poppler-utils)")
def test_pages_are_drawn_in_the_shape_of_the_paper(tmp_path):
    report = tmp_path / "demo" / make_report_picture.EXAMINATION / "report.pdf"
    report.parent.mkdir(parents=True)
    write_report_pdf(report, CASES["two parts"]())
    make_report_picture.main(tmp_path / "demo", tmp_path / "images")
    for number in range(1, make_report_picture.PAGES + 1):
        rows, columns = picture.imread(tmp_path / "images" / f"report_page_{number}.png").shape[:2]
        assert rows / columns == pytest.approx(297 / 210, abs=0.01)


def test_pictures_of_the_guide_are_small():
    folder = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "images"
    pages = sorted(folder.glob("report_page_*.png"))
    assert len(pages) == make_report_picture.PAGES
    assert max(page.stat().st_size for page in pages) < 150_000

"""The report as the module prints it in Slicer: through Qt's web engine, page by page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pdfium = pytest.importorskip("pypdfium2", reason="part of the environment of make test-webengine")

from Testing.support.phantoms import ice_cream  # noqa: E402
from Testing.support.reports import BY_MODEL, MODEL, content_of  # noqa: E402
from VSSegmentationLib.errors import VSSegmentationError  # noqa: E402
from VSSegmentationLib.models import read_card  # noqa: E402
from VSSegmentationLib.reporting import report_html, write_report_pdf  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MM_PER_POINT = 25.4 / 72
PER_MM = 4
A_WARNING = ("The slices are 3.5 mm thick or apart, more than 3 mm: small tumors can be missed.",)


def of_a_shipped_model(name: str):
    """What a report tells of a model that comes along: as much as there ever is on page 1."""
    card = read_card(ROOT / "VSSegmentationLib" / "models" / f"{name}.card.json")
    return replace(MODEL, name=card.name, version=card.version, trained_on=card.trained_on, accuracy=card.accuracy)


@pytest.fixture(scope="module")
def content():
    made_by = {"model": of_a_shipped_model("spvpa_t2_synthetic"), "divider": of_a_shipped_model("divider_synthetic")}
    return content_of(
        ice_cream((1.5, 0.4, 0.4)), warnings=A_WARNING, side="left", provenance=replace(BY_MODEL, **made_by)
    )


class Printed:
    """The pages of a PDF as a person sees them."""

    def __init__(self, path: Path) -> None:
        self._document = pdfium.PdfDocument(str(path))
        self.sizes_mm = [tuple(side * MM_PER_POINT for side in page.get_size()) for page in self._document]
        self.texts = [page.get_textpage().get_text_bounded() for page in self._document]
        self.pages = [
            np.asarray(page.render(scale=PER_MM * MM_PER_POINT, grayscale=True).to_numpy()).squeeze()
            for page in self._document
        ]

    def margins_mm(self, page: int) -> tuple[float, float, float, float]:
        """Left, top, right, bottom: how far what is printed stays from the edges."""
        ink = self.pages[page] < 250
        down, across = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        height, width = ink.shape
        edges = across[0], down[0], width - 1 - across[-1], height - 1 - down[-1]
        left, top, right, bottom = (edge / PER_MM for edge in edges)
        return left, top, right, bottom

    def pictures_of(self, page: int) -> int:
        return sum(each.type == pdfium.raw.FPDF_PAGEOBJ_IMAGE for each in self._document[page].get_objects())


def test_every_page_is_a4_with_white_margins(printing, content, tmp_path):
    write_report_pdf(tmp_path / "report.pdf", content, printer=printing.printPdf)
    printed = Printed(tmp_path / "report.pdf")
    assert len(printed.pages) >= 3
    for number, size_mm in enumerate(printed.sizes_mm):
        assert size_mm == pytest.approx((210, 297), abs=0.5)
        left, top, right, bottom = printed.margins_mm(number)
        assert min(left, right) >= 13.5
        assert top >= 12.5
        assert bottom >= 8.5


def test_the_first_page_holds_the_findings_and_all_five_pictures(printing, content, tmp_path):
    write_report_pdf(tmp_path / "report.pdf", content, printer=printing.printPdf)
    printed = Printed(tmp_path / "report.pdf")
    first = printed.texts[0]
    assert content.findings in first
    assert [text.count("Coronal plane") for text in printed.texts] == [1, *[0] * (len(printed.pages) - 1)]
    assert "Seen from below" in first
    assert printed.pictures_of(0) >= 5


def test_footer_and_state_stand_on_every_page_and_cover_nothing(printing, content, tmp_path):
    write_report_pdf(tmp_path / "report.pdf", content, printer=printing.printPdf)
    printed = Printed(tmp_path / "report.pdf")
    for page, text in zip(printed.pages, printed.texts, strict=True):
        assert "For research use only." in text
        assert "DRAFT" in text
        rule = _footer_rule(page)
        assert (page[rule - 4 * PER_MM : rule - 1, :] > 200).all(), "something is printed right above the footer"


def test_a_report_larger_than_two_megabytes_is_printed_and_not_a_blank_page(printing, content, tmp_path):
    html = report_html(content)
    large = html.replace("</main>", f"<!-- {'x' * 2_500_000} --></main>")
    printing.printPdf(large, tmp_path / "large.pdf")
    printing.printPdf(html, tmp_path / "small.pdf")
    assert Printed(tmp_path / "large.pdf").texts == Printed(tmp_path / "small.pdf").texts


def test_a_large_page_handed_over_as_a_text_would_fail(printing, content, tmp_path, monkeypatch):
    """What the module did: shows that the limit is there, and that a page that failed to load is not printed."""
    html = report_html(content).replace("</main>", f"<!-- {'x' * 2_500_000} --></main>")
    widget = printing.slicer.qSlicerWebWidget
    monkeypatch.setattr(widget, "url", property(None, lambda self, _url: self.setHtml(html)))
    with pytest.raises(VSSegmentationError, match="could not be loaded"):
        printing.printPdf(html, tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_printed_is_said_and_leaves_nothing(printing, content, tmp_path, monkeypatch):
    to = printing.slicer.qSlicerWebWidget.printToPdf
    monkeypatch.setattr(
        printing.slicer.qSlicerWebWidget, "printToPdf", lambda self, _path, layout: to(self, "/nowhere/x.pdf", layout)
    )
    with pytest.raises(VSSegmentationError, match="printed nothing"):
        printing.printPdf(report_html(content), tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_web_engine_that_never_answers_is_given_up(printing, tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "_PATIENCE_MS", 50)
    monkeypatch.setattr(printing.slicer.qSlicerWebWidget, "url", property(None, lambda _self, _url: None))
    with pytest.raises(VSSegmentationError, match="longer than a minute"):
        printing.printPdf("<p>page</p>", tmp_path / "report.pdf")


def test_folders_with_spaces_and_other_scripts_are_printed_into_and_from(printing, content, tmp_path, monkeypatch):
    folder = tmp_path / "Jürgen 王 #1 100%"
    folder.mkdir()
    monkeypatch.setattr(printing.tempfile, "tempdir", str(folder))
    printing.printPdf(report_html(content), folder / "Bericht ä.pdf")
    assert Printed(folder / "Bericht ä.pdf").pages
    assert [path.name for path in folder.iterdir()] == ["Bericht ä.pdf"]


def _footer_rule(page: np.ndarray) -> int:
    """The row of the line above the footer: the lowest one that is dark from margin to margin."""
    dark = (page < 200).mean(axis=1)
    return int(np.flatnonzero(dark > 0.8)[-1])

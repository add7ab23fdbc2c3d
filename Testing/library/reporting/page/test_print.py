"""The report on paper: pictures stand side by side on page 1, on A4 and on Letter, whoever prints."""

import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

from Testing.support.browser import needs_chromium, print_by_chromium
from Testing.support.canals import CANDIDATE, no_tumor_content
from Testing.support.phantoms import ice_cream
from Testing.support.reports import BY_MODEL, content_of
from VSSegmentationLib.models import default_divider, default_model, find_model
from VSSegmentationLib.models.card import card_path, read_card
from VSSegmentationLib.reporting import ModelFacts, report_html, write_report_pdf
from VSSegmentationLib.reporting.html.template import shipped

PAPERS = ["A4", "Letter"]
A_WARNING = ("The slices are 3.5 mm thick or apart, more than 3 mm: small tumors can be missed.",)


def ordinary():
    return content_of(ice_cream((1.5, 0.4, 0.4)), warnings=A_WARNING, side="left")


def by_the_shipped_models():
    """With all that the cards of the models say of themselves on page 1, and a row of cochleae in the appendix."""
    facts = []
    for name in (default_model("T2"), default_divider()):
        card = read_card(card_path(find_model(name)))
        bare = ModelFacts(name=card.name, version=card.version, sha256=card.sha256, modality=card.modality)
        facts.append(bare.with_card(card))
    provenance = replace(BY_MODEL, model=facts[0], divider=facts[1], run={"boundary": {"spread_mm": 0.22}})
    found = "A tumor was found on the patient's left side."
    return replace(ordinary(), provenance=provenance, findings=found)


class Placed(NamedTuple):
    """A picture on paper, in points from the lower left corner of the page."""

    left: float
    low: float
    high: float


def pictures_of(page) -> list[Placed]:
    """Return where the pictures of a page stand, in the order in which they are drawn."""
    placed, stack, matrix = [], [], np.eye(3)
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        if operator == b"q":
            stack.append(matrix)
        elif operator == b"Q":
            matrix = stack.pop()
        elif operator == b"cm":
            a, b, c, d, e, f = map(float, operands)
            matrix = np.array([(a, b, 0), (c, d, 0), (e, f, 1)]) @ matrix
        elif operator == b"Do" and page["/Resources"]["/XObject"][operands[0]].get("/Subtype") == "/Image":
            (x, y, _), (other_x, other_y, _) = np.array([(0, 0, 1), (1, 1, 1)]) @ matrix
            placed.append(Placed(min(x, other_x), min(y, other_y), max(y, other_y)))
    return placed


def in_one_row(pictures: list[Placed]) -> int:
    """Return how many pictures at most stand beside each other."""
    rows = [{round(each.left) for each in pictures if each.low < (of.low + of.high) / 2 < each.high} for of in pictures]
    return max(map(len, rows))


def pdf_by(printer: str, content, folder: Path, paper: str) -> PdfReader:
    if printer == "chromium":
        return PdfReader(print_by_chromium(report_html(content), folder, f"size: {paper}"))
    write_report_pdf(folder / "report.pdf", content, paper=paper)
    return PdfReader(folder / "report.pdf")


PRINTERS = [pytest.param("chromium", marks=needs_chromium), "weasyprint"]


@pytest.mark.parametrize("content", [ordinary, by_the_shipped_models])
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_report_has_three_pages_and_all_pictures_on_the_first(tmp_path, printer, paper, content):
    if printer == "weasyprint":
        pytest.importorskip("weasyprint", reason="WeasyPrint is not installed")
    pages = pdf_by(printer, content(), tmp_path, paper).pages
    assert len(pages) == 3  # what is read, all measurements, provenance
    assert len(pages[0].images) == 5
    assert in_one_row(pictures_of(pages[0])) >= 4
    for number, words in enumerate(("16.1 mm", "Appendix: all measurements", "Provenance")):
        assert words in " ".join(pages[number].extract_text().split())


@needs_chromium
@pytest.mark.parametrize("paper", [*PAPERS, "A5"])
def test_wide_margins_do_not_take_the_pictures_apart(tmp_path, paper):
    printed = print_by_chromium(report_html(ordinary()), tmp_path, f"size: {paper}; margin: 25mm")
    pages = PdfReader(printed).pages
    assert sum(len(page.images) for page in pages) == 5
    assert max(in_one_row(pictures_of(page)) for page in pages if page.images) >= 4


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_report_without_tumor_shows_both_canals_side_by_side_on_page_1(tmp_path, printer, paper):
    if printer == "weasyprint":
        pytest.importorskip("weasyprint", reason="WeasyPrint is not installed")
    pages = pdf_by(printer, no_tumor_content(candidates=[CANDIDATE], warnings=A_WARNING), tmp_path, paper).pages
    assert len(pages) == 2
    assert in_one_row(pictures_of(pages[0])) == 3
    assert "1.200 cm³ on the left side" in " ".join(pages[0].extract_text().split())


def test_rules_for_narrow_screens_are_for_screens():
    for sheet in ("report.css", "growth.css"):
        for query in re.findall(r"@media([^{]*)\{", shipped(sheet)):
            assert "width" not in query or query.split()[0] == "screen", query

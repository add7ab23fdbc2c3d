"""PDF files, read back by another library."""

import builtins
from pathlib import Path

import pytest
from pypdf import PdfReader

from Testing.support.phantoms import ice_cream
from Testing.support.reports import CASES, CHECKED, content_of
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.reporting import NOTICE, report_html, write_report_pdf

POINTS_PER_MM = 72 / 25.4


def _has_weasyprint() -> bool:
    try:
        import weasyprint  # noqa: F401, PLC0415
    except (ImportError, OSError):
        return False
    return True


printed = pytest.mark.skipif(not _has_weasyprint(), reason="WeasyPrint or its system library Pango is not installed")


def pages_of(path: Path) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(path).pages]


@printed
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_page_carries_notice_state_and_number(tmp_path, case):
    write_report_pdf(tmp_path / "report.pdf", case())
    pages = pages_of(tmp_path / "report.pdf")
    for number, text in enumerate(pages, start=1):
        assert NOTICE in text
        assert "DRAFT, not checked by a person." in text
        assert f"Page {number} of {len(pages)}" in text


@printed
def test_reviewed_report_says_so_on_every_page_and_draft_on_none(tmp_path):
    write_report_pdf(tmp_path / "report.pdf", content_of(ice_cream((1.0, 1.0, 1.0)), review=CHECKED))
    for text in pages_of(tmp_path / "report.pdf"):
        assert "DRAFT" not in text
        assert "REVIEWED" in text
        assert NOTICE in text


@printed
@pytest.mark.parametrize(("paper", "size_mm"), [("A4", (210, 297)), ("Letter", (215.9, 279.4))])
def test_paper_has_its_size_and_no_word_leaves_it(tmp_path, paper, size_mm):
    write_report_pdf(tmp_path / "report.pdf", CASES["long words"](), paper=paper)
    for page in PdfReader(tmp_path / "report.pdf").pages:
        size = (float(page.mediabox.width), float(page.mediabox.height))
        assert size == pytest.approx([mm * POINTS_PER_MM for mm in size_mm], abs=0.5)
        starts: list[float] = []

        def note(text, at, within, _font, _height, starts=starts):
            if text.strip():  # where a run of letters begins, as the page's own points
                starts.append(within[4] * at[0] + within[5] * at[2] + at[4])

        page.extract_text(visitor_text=note)
        assert len(starts) > 5
        assert min(starts) >= 0
        assert max(starts) < size[0]


@printed
def test_first_page_shows_findings_headline_and_pictures(tmp_path):
    write_report_pdf(tmp_path / "report.pdf", content_of(ice_cream((1.5, 0.4, 0.4))))
    first = PdfReader(tmp_path / "report.pdf").pages[0]
    text = " ".join(first.extract_text().split())
    for told in ("Vestibular schwannoma report", "A tumor was found.", "16.1 mm", "2.238 cm³", "Seen from below"):
        assert told in text
    assert len(first.images) == 5


def test_another_printer_gets_the_page_as_a_browser_prints_it(tmp_path):
    content = content_of(ice_cream((1.0, 1.0, 1.0)))
    write_report_pdf(
        tmp_path / "report.pdf", content, printer=lambda document, path: path.write_text(document, encoding="utf-8")
    )
    assert (tmp_path / "report.pdf").read_text(encoding="utf-8") == report_html(content)


@pytest.mark.parametrize("error", [ImportError, OSError])
def test_missing_weasyprint_is_told_with_what_to_install(tmp_path, monkeypatch, error):
    imported = builtins.__import__

    def without(name, *arguments, **named):
        if name == "weasyprint":
            raise error
        return imported(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'weasyprint>=63'"):
        write_report_pdf(tmp_path / "report.pdf", content_of(ice_cream((1.0, 1.0, 1.0))))

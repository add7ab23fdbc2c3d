"""The report as PDF: the same HTML, printed by whatever can print here."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.reporting.page.page import report_html
from VSSegmentationLib.reporting.report.content import ReportContent

Printer = Callable[[str, Path], None]
"""Prints an HTML document into a PDF file; inside Slicer, Qt's web engine does."""
Paper = Literal["A4", "Letter"]


def write_report_pdf(
    path: Path, content: ReportContent, *, printer: Printer | None = None, paper: Paper = "A4"
) -> None:
    """Write the report as PDF.

    Args:
        path: Of the PDF.
        content: What to report.
        printer: None prints with WeasyPrint. Another one gets the document as a browser prints it: its footer is
            repeated on every page, without page numbers.
        paper: For WeasyPrint; another printer has its own setting.

    Raises:
        UsageError: If WeasyPrint is needed and cannot be used here.
        VSSegmentationError: If a value is NaN or infinite.
    """
    if printer is not None:
        printer(report_html(content), path)
        return
    print_by_weasyprint(report_html(content, margin_boxes=True), path, paper=paper)


def check_weasyprint() -> None:
    """See that a PDF can be printed here without a browser.

    Raises:
        UsageError: If WeasyPrint or its system libraries are missing, with what to install.
    """
    try:
        import weasyprint  # noqa: F401, PLC0415 - as below
    except (ImportError, OSError) as error:  # OSError: the Python package is there, Pango is not
        msg = (
            "a PDF needs WeasyPrint and the Pango library (pip install 'weasyprint>=63'; on Debian also "
            "libpangoft2-1.0-0); or leave pdf out of the formats and print report.html from a browser"
        )
        raise UsageError(msg) from error


def print_by_weasyprint(document: str, path: Path, *, paper: Paper = "A4") -> None:
    """Print an HTML document with WeasyPrint, which loads nothing from elsewhere.

    Raises:
        UsageError: If WeasyPrint or its system libraries are missing, with what to install.
    """
    check_weasyprint()
    from weasyprint import CSS, HTML  # noqa: PLC0415 - only a PDF needs it, and Slicer does not carry it

    for name in ("weasyprint", "fontTools"):  # their log tells of style sheets, at great length
        logging.getLogger(name).setLevel(logging.ERROR)
    size = CSS(string=f"@page {{ size: {paper} }}")
    HTML(string=document, base_url=None).write_pdf(path, stylesheets=[size])

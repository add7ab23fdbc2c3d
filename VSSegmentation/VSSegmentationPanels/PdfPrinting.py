"""HTML to PDF by what Slicer carries: its web engine, or Qt's simpler rich text where Slicer was built without one."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.errors import VSSegmentationError

_PATIENCE_MS = 60_000
_MARGINS_MM = (14, 13, 14, 9)
"""Left, top, right, bottom, as the report's style sheet asks of a browser; the web engine does not follow that rule."""


def printPdf(html: str, path: Path) -> None:
    """Print a document; fits `VSSegmentationLib.reporting.Printer`. The file is there as a whole or not at all.

    Raises:
        VSSegmentationError: If the page could not be loaded or printed.
        OSError: If the file cannot be written.
    """
    # What Windows still holds open a moment later must not turn a printed report into a failure.
    with tempfile.TemporaryDirectory(prefix="vs_report_", ignore_cleanup_errors=True) as folder:
        printed = Path(folder) / "report.pdf"
        if hasattr(slicer, "qSlicerWebWidget"):
            _printByWebEngine(html, Path(folder) / "report.html", printed)
        else:
            _printByRichText(html, printed)
        if not printed.is_file() or printed.stat().st_size == 0:
            raise _failure(_("nothing was printed"))
        shutil.copyfile(printed, path)


def _printByWebEngine(html: str, page: Path, printed: Path) -> None:
    """Load, then print; both go on in the background, so an event loop waits for them.

    The page is loaded from a file: as a text it may not be larger than 2 MB, and with its pictures a report can be.
    """
    page.write_text(html, encoding="utf-8")
    widget, loop, patience, layout = slicer.qSlicerWebWidget(), qt.QEventLoop(), qt.QTimer(), _pageLayout()
    problem = [_("it took longer than a minute")]

    def onLoaded(loaded: bool) -> None:
        if loaded:
            widget.printToPdf(str(printed), layout)
        else:  # an empty page would be printed without complaint
            problem[0] = _("the page could not be loaded")
            loop.quit()

    def onPrinted(_path: str, done: bool) -> None:
        problem[0] = "" if done else _("the web engine printed nothing")
        loop.quit()

    widget.connect("loadFinished(bool)", onLoaded)
    widget.connect("pdfPrintingFinished(QString,bool)", onPrinted)
    patience.setSingleShot(True)
    patience.connect("timeout()", loop.quit)
    patience.start(_PATIENCE_MS)
    widget.url = page.as_uri()
    loop.exec_()
    patience.stop()
    widget.deleteLater()
    if problem[0]:
        raise _failure(problem[0])


def _pageLayout() -> Any:
    layout = qt.QPageLayout()
    layout.setPageSize(qt.QPageSize(qt.QPageSize.A4))
    layout.setOrientation(qt.QPageLayout.Portrait)  # of itself it lies
    layout.setUnits(qt.QPageLayout.Millimeter)
    left, top, right, bottom = _MARGINS_MM
    layout.setLeftMargin(left)
    layout.setTopMargin(top)
    layout.setRightMargin(right)
    layout.setBottomMargin(bottom)
    return layout


def _printByRichText(html: str, path: Path) -> None:
    """Print without grids and flexible boxes, which rich text does not know: plainer, and complete."""
    printer = qt.QPrinter(qt.QPrinter.HighResolution)
    printer.setOutputFormat(qt.QPrinter.PdfFormat)
    printer.setOutputFileName(str(path))
    document = qt.QTextDocument()
    document.setHtml(html)
    printDocument = document.print_ if hasattr(document, "print_") else document.print  # differs between bindings
    printDocument(printer)


def _failure(reason: str) -> VSSegmentationError:
    text = _("The PDF could not be printed ({reason}); export the web page and print it from a browser.")
    return VSSegmentationError(text.format(reason=reason))

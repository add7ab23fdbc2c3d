"""HTML to PDF by what Slicer carries: its web engine, or Qt's simpler rich text where Slicer was built without one."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.errors import VSSegmentationError

_PATIENCE_MS = 60_000


def printPdf(html: str, path: Path) -> None:
    """Print a document; fits `VSSegmentationLib.reporting.Printer`.

    Raises:
        VSSegmentationError: If no file came of it.
    """
    if hasattr(slicer, "qSlicerWebWidget"):
        _printByWebEngine(html, path)
    else:
        _printByRichText(html, path)
    if not path.is_file() or path.stat().st_size == 0:
        raise VSSegmentationError(_("The PDF could not be printed; export the web page and print it from a browser."))


def _printByWebEngine(html: str, path: Path) -> None:
    """Load, then print; both go on in the background, so an event loop waits for them."""
    widget, loop = slicer.qSlicerWebWidget(), qt.QEventLoop()
    widget.connect("loadFinished(bool)", lambda _ok: widget.printToPdf(str(path)))
    widget.connect("pdfPrintingFinished(QString,bool)", lambda _path, _ok: loop.quit())
    qt.QTimer.singleShot(_PATIENCE_MS, loop.quit)
    widget.setHtml(html)
    loop.exec_()


def _printByRichText(html: str, path: Path) -> None:
    """Print without grids and flexible boxes, which rich text does not know: plainer, and complete."""
    printer = qt.QPrinter(qt.QPrinter.HighResolution)
    printer.setOutputFormat(qt.QPrinter.PdfFormat)
    printer.setOutputFileName(str(path))
    document = qt.QTextDocument()
    document.setHtml(html)
    printDocument = document.print_ if hasattr(document, "print_") else document.print  # differs between bindings
    printDocument(printer)

"""The chosen files, in a new folder; nothing that is there already is ever replaced."""

from collections.abc import Iterable
from pathlib import Path

from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.outputs import write_outputs
from VSSegmentationLib.reporting import ReportContent, write_report_pdf
from VSSegmentationPanels.PdfPrinting import printPdf

_FOLDER_NAME = "vs_report"


def exportReport(content: ReportContent, parent: Path, formats: Iterable[OutputFormat]) -> Path:
    """Write the chosen files and return their folder.

    Raises:
        VSSegmentationError: If a file cannot be made.
        OSError: If writing fails.
    """
    chosen = tuple(formats)
    folder = _newFolder(parent, content.case)
    write_outputs(content, folder, formats=[each for each in chosen if each is not OutputFormat.PDF])
    if OutputFormat.PDF in chosen:
        write_report_pdf(folder / FILE_NAMES[OutputFormat.PDF], content, printer=printPdf)
    return folder


def _newFolder(parent: Path, case: str) -> Path:
    safe = "".join(each if each.isalnum() or each in "-_" else "_" for each in case)
    name = f"{_FOLDER_NAME}_{safe}" if safe else _FOLDER_NAME
    number = 1
    while (folder := parent / (name if number == 1 else f"{name}_{number}")).exists():
        number += 1
    return folder

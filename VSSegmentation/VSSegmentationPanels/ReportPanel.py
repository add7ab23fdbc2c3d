"""What a person adds and ticks, and the files."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.formats import DEFAULT_FORMATS, DICOM_FORMATS, OutputFormat
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.reporting import ReportContent, Review, report_html
from VSSegmentationLib.tasks import DEFAULT_TASK
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.DicomInput import dicomScanOf, whyNoDicom
from VSSegmentationPanels.Exporting import exportReport
from VSSegmentationPanels.Panel import Panel
from VSSegmentationPanels.ReportContents import reportContent
from VSSegmentationPanels.ReportFields import addFields, showFields
from VSSegmentationPanels.Session import Session

_FOLDER_SETTING = "VSSegmentation/exportFolder"
_FORMATS_SETTING = "VSSegmentation/formats"
_AT_FIRST = (OutputFormat.HTML, OutputFormat.PDF, OutputFormat.SEG_NRRD, OutputFormat.CSV, OutputFormat.REPORT_JSON)


class ReportPanel(Panel):
    """Fields, ticks, formats, preview, export."""

    uiName = "ReportPanel"

    def __init__(
        self, session: Session, resourcePath: Callable[[str], str], growth: Callable[[], Growth | None]
    ) -> None:
        self._growth = growth
        self._written: Path | None = None
        self._preview: tempfile.TemporaryDirectory[str] | None = None
        super().__init__(session, resourcePath)

    def setup(self) -> None:
        """Make a row for each field of the report and a box for each format."""
        addFields(self.ui)
        grid = qt.QGridLayout(self.ui.formatsBox)
        self.formatBoxes: dict[OutputFormat, Any] = {}
        remembered = self.session.settings.value(_FORMATS_SETTING)
        chosen = remembered.split(",") if remembered else [str(each) for each in _AT_FIRST]
        for index, each in enumerate(_formats()):
            box = self.formatBoxes[each] = qt.QCheckBox(_shownName(each))
            box.objectName = f"format_{each.name}"
            box.checked = str(each) in chosen
            box.connect("toggled(bool)", lambda _on: self._onFormats())
            grid.addWidget(box, index // 2, index % 2)
        folder = self.session.settings.value(_FOLDER_SETTING)
        self.ui.exportFolderButton.directory = folder or str(Path.home())
        self.ui.exportFolderButton.connect("directoryChanged(QString)", self._onFolder)
        for box in (self.ui.maskCheck, self.ui.boundaryCheck):
            box.connect("clicked(bool)", lambda _on: self._onTick())
        self.ui.previewButton.connect("clicked()", self._onPreview)
        self.ui.exportButton.connect("clicked()", self._onExport)
        self.ui.openFolderButton.connect("clicked()", self._onOpenFolder)
        self.session.measured.connect(self.update)
        self.session.outdated.connect(self._onOutdated)
        self.update()

    def update(self) -> None:
        """Show ticks, formats and buttons as they are possible now."""
        examination = self.session.examination
        none = "" if examination is not None else _("Segment a scan first.")
        task = DEFAULT_TASK if examination is None else examination.task
        showFields(self.ui, task.user_fields)
        self.ui.boundaryCheck.text = (
            _("I have checked the headline")
            if task.boundary is None
            else _("I have checked the boundary and the headline")
        )
        review = SegmentationAttributes.readReview(examination.segmentationNode) if examination is not None else None
        tip = _("Without both ticks every output says DRAFT. Any later edit takes the ticks away.")
        for box, checked in (
            (self.ui.maskCheck, review is not None and review.mask_checked),
            (self.ui.boundaryCheck, review is not None and review.boundary_checked),
        ):
            box.checked = checked
            self.enable(box, none, tip)
        noDicom = whyNoDicom(None if examination is None else examination.volumeNode)
        for each, box in self.formatBoxes.items():
            self.enable(box, noDicom if each in DICOM_FORMATS else "", _formatTip(each))
        self.ui.identityCheck.visible = not noDicom and bool(set(DICOM_FORMATS) & set(self._chosen()))
        self.enable(self.ui.previewButton, none, _("Open the report in the web browser of this computer."))
        noFormat = "" if self._chosen() else _("Choose at least one format.")
        self.enable(self.ui.exportButton, none or noFormat, _("Write the chosen formats into a new folder."))
        self.ui.openFolderButton.visible = self._written is not None and not none
        state = (
            _("Reviewed.")
            if review is not None and review.is_complete
            else _("Every output says DRAFT until both ticks are set.")
        )
        self.ui.exportLabel.text = "" if none else state

    def cleanup(self) -> None:
        """Remove the preview, which holds what the scan shows."""
        if self._preview is not None:
            self._preview.cleanup()
            self._preview = None

    def _chosen(self) -> tuple[OutputFormat, ...]:
        return tuple(each for each, box in self.formatBoxes.items() if box.checked and box.enabled)

    def _onOutdated(self) -> None:
        self.ui.maskCheck.checked = self.ui.boundaryCheck.checked = False

    def _onTick(self) -> None:
        mask, boundary = self.ui.maskCheck.checked, self.ui.boundaryCheck.checked
        review = Review(
            mask_checked=mask, boundary_checked=boundary, line_checked=boundary, at_utc=datetime.now(UTC),
            reader=self.session.parameterNode.reader,
        )  # fmt: skip
        SegmentationAttributes.writeReview(
            self.session.examination.segmentationNode, review if mask or boundary else None
        )
        self.session.live.catchUp()  # other limits stand beside the numbers of a mask that was checked
        self.update()

    def _onFormats(self) -> None:
        self.session.settings.setValue(
            _FORMATS_SETTING, ",".join(str(each) for each, box in self.formatBoxes.items() if box.checked)
        )
        self.update()

    def _onFolder(self, folder: str) -> None:
        self.session.settings.setValue(_FOLDER_SETTING, folder)

    def _onPreview(self) -> None:
        with self.attempt("previewing the report", _("The report could not be made.")):
            self.cleanup()
            self._preview = tempfile.TemporaryDirectory(prefix="vs_report_", ignore_cleanup_errors=True)
            path = Path(self._preview.name) / "report.html"
            path.write_text(report_html(reportContent(self.session, self._growth())), encoding="utf-8")
            qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))

    def _onExport(self) -> None:
        self.ui.exportLabel.text = _("Writing the report …")
        self.ui.exportLabel.repaint()
        with self.attempt("writing the report", _("The report could not be written.")):
            try:
                self._written = exportReport(
                    self._content(), Path(self.ui.exportFolderButton.directory), self._chosen()
                )
            except VSSegmentationError as error:
                self._failed(str(error))
                return
            except OSError as error:
                self._failed(
                    _("The files could not be written: {reason}. Is there room on the disk?").format(
                        reason=error.strerror
                    )
                )
                return
        self.session.journal.note("a report was written")
        self.ui.openFolderButton.visible = True
        self.ui.exportLabel.text = _("Written into {folder}").format(folder=self._written)

    def _content(self) -> ReportContent:
        """Return what the report tells; with DICOM objects, all of it is on the grid of their series."""
        if not set(DICOM_FORMATS) & set(self._chosen()):
            return reportContent(self.session, self._growth())
        scan = dicomScanOf(self.session.examination.volumeNode)
        return reportContent(
            self.session, self._growth(), scan=scan, withIdentifiers=bool(self.ui.identityCheck.checked)
        )

    def _failed(self, sentence: str) -> None:
        self.session.journal.failed("Writing the report", sentence)
        self.ui.exportLabel.text = sentence

    def _onOpenFolder(self) -> None:
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self._written)))


def _formats() -> tuple[OutputFormat, ...]:
    """Return those formats that Slicer can write, those of a first report before the others."""
    return (*_AT_FIRST, *(each for each in OutputFormat if each not in (*_AT_FIRST, OutputFormat.DICOM_PDF)))


def _shownName(each: OutputFormat) -> str:
    names = {
        OutputFormat.HTML: _("Web page"), OutputFormat.PDF: _("PDF"), OutputFormat.CSV: _("Table (CSV)"),
        OutputFormat.SEG_NRRD: _("Segmentation"), OutputFormat.NIFTI: _("Labelmap (NIfTI)"),
        OutputFormat.JSON: _("Numbers (JSON)"), OutputFormat.REPORT_JSON: _("Report (JSON)"),
        OutputFormat.STUDY_CSV: _("Study row (CSV)"), OutputFormat.DICOM_SEG: _("DICOM SEG"),
        OutputFormat.DICOM_SR: _("DICOM SR"), OutputFormat.DICOM_SR_2D: _("DICOM SR, plain"),
        OutputFormat.DICOM_KEY_IMAGE: _("DICOM key image"), OutputFormat.RTSTRUCT: _("DICOM RTSTRUCT"),
        OutputFormat.STL: _("Surface (STL)"), OutputFormat.OBJ: _("Surfaces (OBJ)"),
        OutputFormat.MRB: _("Slicer scene (MRB)"),
    }  # fmt: skip
    return names[each]


def _formatTip(each: OutputFormat) -> str:
    if each in DICOM_FORMATS:
        return _("A DICOM object for the series that the scan was loaded from.")
    if each in DEFAULT_FORMATS:
        return _("Written by the library itself; the same file as the command line writes.")
    return _("Written where what it needs is there.")

"""The models at hand, and taking in others; every file is compared with its checksum."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.models import (
    PUBLISHED_MODELS,
    ModelEntry,
    PublishedModel,
    UnusableModel,
    embedded_models,
    user_model_folder,
    user_models,
    user_shelf,
)
from VSSegmentationLib.models.card import card_path
from VSSegmentationPanels.Journal import Journal
from VSSegmentationPanels.Panel import enable
from VSSegmentationPanels.WorkerProcess import WorkerProcess


def segmenters() -> tuple[ModelEntry, ...]:
    """Return the models that segment, embedded ones first."""
    return tuple(entry for entry in _atHand() if entry.card.role == "segmenter")


class ModelList:
    """The folded part of the Segment panel."""

    def __init__(self, ui: Any, changed: Callable[[], None], journal: Journal) -> None:
        self._ui = ui
        self._journal = journal
        self._changed = changed
        self._rows: list[ModelEntry | PublishedModel | UnusableModel] = []
        self._importing: WorkerProcess | None = None
        self._downloading: WorkerProcess | None = None
        self._said: list[str] = []
        self.startProcess: Callable[[tuple[str, ...]], Any] = WorkerProcess
        """Starts a child that takes a model in; tests bring a scripted one."""
        ui.modelList.connect("currentRowChanged(int)", lambda _row: self._update())
        ui.downloadButton.connect("clicked()", self._onDownload)
        ui.importButton.connect("clicked()", self._onImport)
        ui.folderButton.connect("clicked()", self._onFolder)
        ui.deleteButton.connect("clicked()", self._onDelete)
        self.fill()

    def fill(self) -> None:
        """List what there is."""
        atHand = _atHand()
        names = {entry.card.name for entry in atHand}
        published = (model for model in PUBLISHED_MODELS if model.name not in names)
        self._rows = [*atHand, *user_shelf().unusable, *published]
        self._ui.modelList.clear()
        for row in self._rows:
            self._ui.modelList.addItem(_title(row))
        self._ui.modelList.currentRow = 0
        self._update()

    def importFile(self, path: Path) -> None:
        """Take in a file, in a process of its own: reading weights needs PyTorch."""
        self._said = []
        process = self._importing = self.startProcess(("models", "import", str(path)))
        process.lineReceived.connect(self._said.append)
        process.finished.connect(self._onImported)
        self._ui.modelLabel.text = _("Reading the file …")
        self._update(keepText=True)

    def _selected(self) -> ModelEntry | PublishedModel | UnusableModel | None:
        row = self._ui.modelList.currentRow
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def _update(self, *, keepText: bool = False) -> None:
        row = self._selected()
        if not keepText:
            self._ui.modelLabel.text = _about(row)
        busy = _("A file is being read.") if self._importing is not None else ""
        if self._downloading is not None:
            busy = _("A model is being downloaded.")
        self._updateDownload(row, busy)
        enable(
            self._ui.importButton,
            busy,
            _("Take in a model file or published weights that you have on disk; works offline."),
        )
        own = isinstance(row, ModelEntry) and row.origin == "user"
        enable(
            self._ui.deleteButton,
            busy or ("" if own else _("Only imported models can be deleted.")),
            _("Remove the selected imported model from this computer."),
        )

    def _updateDownload(self, row: ModelEntry | PublishedModel | UnusableModel | None, busy: str) -> None:
        isRunning = self._downloading is not None
        self._ui.downloadButton.text = _("Cancel") if isRunning else _("Download")
        if isRunning:
            enable(self._ui.downloadButton, "", _("Stop the download; nothing is kept of it."))
            return
        published = row if isinstance(row, PublishedModel) else None
        notThere = _("This model is on this computer already.")
        unsure = _("No checksum of this file is known, so it cannot be checked: fetch it yourself and import it.")
        reason = notThere if published is None else "" if published.archive_sha256 else unsure
        tip = _("Fetch the selected published model, check it, and take it in.")
        enable(self._ui.downloadButton, busy or reason, tip)

    def _onDownload(self) -> None:
        if self._downloading is not None:
            self._downloading.kill()
            return
        model = self._selected()
        question = _("Download {title} ({megabytes:.0f} MB, license {license}) from {address}?")
        size = (model.archive_bytes or 0) / 1e6
        text = question.format(title=model.title, megabytes=size, license=model.license, address=model.file_address)
        if slicer.util.confirmOkCancelDisplay(text):
            self.download(model.name, model.file_address)

    def cleanup(self) -> None:
        """Give a download up."""
        if self._downloading is not None:
            self._downloading.finished.disconnectAll()
            self._downloading.kill()
            self._downloading = None

    def download(self, name: str, address: str) -> None:
        """Fetch a published model in a process of its own, which tells how far it is."""
        arguments = ("models", "download", name, "--from", address, "--progress", "json")
        process = self._downloading = self.startProcess(arguments)
        process.lineReceived.connect(self._onDownloadLine)
        process.finished.connect(self._onDownloaded)
        self._said = [_("Canceled. Nothing was kept.")]  # what stays if the process is killed
        self._ui.modelLabel.text = _("Downloading …")
        self._update(keepText=True)

    def _onDownloadLine(self, line: str) -> None:
        message = json.loads(line)
        if "pid" in message:
            self._downloading.groupLeader = message["pid"]
        elif "progress" in message:
            self._ui.modelLabel.text = _("Downloading: {stage}.").format(stage=message["stage"])
        elif "error" in message:
            self._journal.failed("Downloading a model", message["error"])
            self._said = [_("Nothing was taken in: {reason}.").format(reason=message["error"].rstrip("."))]
        elif "result" in message:
            said = _("The model {name} is on this computer now.")
            self._said = [said.format(name=message["result"]["model"])]

    def _onDownloaded(self, _exitCode: int) -> None:
        self._downloading = None
        self.fill()
        self._ui.modelLabel.text = self._said[-1]
        self._update(keepText=True)
        self._changed()

    def _onImport(self) -> None:
        chosen = qt.QFileDialog.getOpenFileName(None, _("Import a model"), "", _("Models (*.pt *.pth *.zip)"))
        path = chosen[0] if isinstance(chosen, tuple) else chosen  # PythonQt gives the path alone
        if path:
            self.importFile(Path(path))

    def _onImported(self, exitCode: int) -> None:
        process, self._importing = self._importing, None
        self.fill()
        lines = self._said if exitCode == 0 else process.errorText.splitlines()
        if exitCode:
            self._journal.failed("Importing a model", f"code {exitCode}", process.errorText)
        self._ui.modelLabel.text = lines[-1] if lines else _("The file could not be read.")
        self._update(keepText=True)
        self._changed()

    def _onFolder(self) -> None:
        user_model_folder().mkdir(parents=True, exist_ok=True)
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(user_model_folder())))

    def _onDelete(self) -> None:
        entry = self._selected()
        if slicer.util.confirmOkCancelDisplay(
            _("Delete the model {name} from this computer?").format(name=entry.card.name)
        ):
            entry.path.unlink(missing_ok=True)
            card_path(entry.path).unlink(missing_ok=True)
            self.fill()
            self._changed()


def _atHand() -> tuple[ModelEntry, ...]:
    return (*embedded_models(), *user_models())


def _title(row: ModelEntry | PublishedModel | UnusableModel) -> str:
    if isinstance(row, UnusableModel):
        return _("{name}: can't be used").format(name=row.name or _("A folder of models"))
    if isinstance(row, PublishedModel):
        return _("{title}: not on this computer").format(title=row.title)
    return f"{row.card.name} {row.card.version}, {row.card.modality}, {row.card.role}"


def _about(row: ModelEntry | PublishedModel | UnusableModel | None) -> str:
    if row is None:
        return ""
    if isinstance(row, UnusableModel):
        return row.reason[:1].upper() + row.reason[1:] + "."
    if isinstance(row, PublishedModel):
        return _("Trained on {data}. License {license}. {citation}").format(
            data=row.trained_on, license=row.license, citation=row.citation
        )
    scores = "; ".join(
        _("{measure} {value:.2f} {unit} on {data}")
        .format(measure=each.measure, value=each.value, unit=each.unit, data=each.data)
        .replace("  ", " ")
        for each in row.card.accuracy[:3]
    )
    return _("Trained on {data} License {license}. {limits}").format(
        data=row.card.trained_on, license=row.card.license, limits=scores
    )

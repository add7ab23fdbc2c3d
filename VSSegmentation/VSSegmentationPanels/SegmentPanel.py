"""The button, what it runs with, and how far it is."""

from collections.abc import Callable
from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.errors import ModelError, UsageError, VSSegmentationError
from VSSegmentationLib.imageio.scan import Modality
from VSSegmentationLib.models import default_model
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.ModelList import ModelList, segmenters
from VSSegmentationPanels.Panel import Panel, unbroken
from VSSegmentationPanels.PyTorchSetup import TorchSetupError, installTorch, missingTorch
from VSSegmentationPanels.Session import DEVICE_SETTING, Session
from VSSegmentationPanels.WorkerClient import CANCELED, OUT_OF_MEMORY, Failure, Job, WorkerClient
from VSSegmentationPanels.WorkerEnd import TORCH_BROKEN

_GIGABYTE = 1e9


class SegmentPanel(Panel):
    """Model, device, Segment and Cancel, progress, set-up."""

    uiName = "SegmentPanel"

    def __init__(
        self, session: Session, resourcePath: Callable[[str], str], client: WorkerClient, modality: Callable[[], str]
    ) -> None:
        self._client = client
        self._modality = modality
        self._devices = ["auto", "cpu"]
        self._askedForDevices = False
        super().__init__(session, resourcePath)

    def setup(self) -> None:
        """Fill the boxes and listen to the segmenter."""
        self.models = ModelList(self.ui, self._fillModels, self.session.journal)
        self._fillModels()
        self.ui.modelBox.connect("currentIndexChanged(int)", lambda _index: self._onModel())
        self.session.inputsChosen.connect(self.update)
        self.session.weightingAsked.connect(self.update)
        self.session.modalityChosen.connect(self._nameAutomatic)
        self.ui.deviceBox.addItems([_("Automatic"), _("CPU")])
        remembered = self.session.settings.value(DEVICE_SETTING)
        self.ui.deviceBox.currentIndex = self._devices.index(remembered) if remembered in self._devices else 0
        self.ui.deviceBox.connect(
            "activated(int)", lambda index: self.session.settings.setValue(DEVICE_SETTING, self._devices[index])
        )
        self.ui.segmentButton.connect("clicked()", self._onButton)
        self.ui.cpuButton.connect("clicked()", self._onCpu)
        self.ui.reinstallButton.connect("clicked()", lambda: self._install(again=True))
        for button in (self.ui.detailsButton, self.ui.helpButton):
            button.connect("clicked()", self._onDetails)
        for widget in (self.ui.progressBar, self.ui.cpuButton, self.ui.reinstallButton, self.ui.detailsButton):
            widget.visible = False
        self.session.segmenter.progress.connect(self._onProgress)
        self.session.segmenter.succeeded.connect(self._onSuccess)
        self.session.segmenter.failed.connect(self._onFailure)
        self.update()

    def cleanup(self) -> None:
        """Leave no child behind."""
        self.models.cleanup()

    def update(self) -> None:
        """Show what the button does now, or why it does nothing."""
        button = self.ui.segmentButton
        if self.session.segmenter.isRunning:
            button.text = _("Cancel")
            self.enable(button, "", _("Stop the segmentation. Nothing is changed."))
            return
        missing = missingTorch()
        button.text = _("Install PyTorch") if missing else _("Segment")
        further, optional = self.session.furtherInputs, self.session.optionalInputs
        lacking = any(node is None and name not in optional for name, node in further.items())
        reason = "" if missing or self.session.volumeNode is not None else _("Choose a scan first.")
        if not missing and not reason and lacking:
            reason = _("The chosen model takes further scans; choose them under Case.")
        if not missing and not reason and self.session.weightingQuestion:
            reason = _("Say the weighting of the scan under Case first.")
        self.enable(button, reason, missing or _("Find the tumor and measure it."))
        if not self.ui.statusLabel.text:
            self.ui.statusLabel.text = missing
        self.ui.statusLabel.visible = bool(self.ui.statusLabel.text)

    def sceneCloses(self) -> None:
        """Stop: there will be nothing to bring the result into."""
        if self.session.segmenter.isRunning:
            self.session.segmenter.cancel()

    def start(self, device: str) -> None:
        """Begin, with whatever model is chosen."""
        self.ui.cpuButton.visible = self.ui.reinstallButton.visible = self.ui.detailsButton.visible = False
        model = self.ui.modelBox.currentData
        self.session.journal.note(f"Segment was pressed: {self._choices()}")
        with self.attempt("segmenting", _("The scan cannot be segmented.")):
            try:
                self.session.segmenter.start(
                    self.session.volumeNode,
                    model=model or None,
                    device=device,
                    modality=self._modality(),
                    thorough=bool(self.ui.thoroughBox.checked),
                    further={name: node for name, node in self.session.furtherInputs.items() if node is not None},
                    maps=self.session.wantsMaps,
                    align=self.session.wantsAlignment,
                )
            except (VSSegmentationError, RuntimeError) as error:
                self._failed(str(error))
                return
            except OSError as error:
                self._failed(
                    _("The scan could not be handed over: {reason}. Is there room on the disk?").format(
                        reason=error.strerror
                    )
                )
                return
        self.ui.progressBar.value = 0
        self.ui.progressBar.visible = True
        self._say(_("Starting …"))
        self.update()
        self._askForDevices()

    def _onButton(self) -> None:
        if self.session.segmenter.isRunning:
            self._say(_("Stopping …"))
            self.enable(self.ui.segmentButton, _("The segmentation is being stopped."), "")
            self.session.segmenter.cancel()
        elif missingTorch():
            self._install(again=False)
        else:
            self.start(self._devices[self.ui.deviceBox.currentIndex])

    def _install(self, *, again: bool) -> None:
        """Install PyTorch, and say how it went; the button is there to try again."""
        self._client.shutDown()  # a worker that has loaded PyTorch would keep its files
        journal = self.session.journal
        journal.note("PyTorch is to be installed")
        try:
            with slicer.util.tryWithErrorDisplay(_("PyTorch was not installed."), waitCursor=True):
                said = installTorch(self.session.settings, again=again)
        except TorchSetupError as error:
            journal.failed("Installing PyTorch", str(error), str(error.__cause__ or ""))
            self._failed(str(error))
            return
        journal.note(said)
        self.ui.reinstallButton.visible = False
        self._say(said)
        self.update()

    def _onDetails(self) -> None:
        slicer.app.clipboard().setText(self.session.journal.report(self._choices()))
        self._say(_("Copied: versions, system, model and the last steps. Paste it into a message to the developers."))

    def _choices(self) -> str:
        """Return what is chosen, for the journal."""
        device = self._devices[max(self.ui.deviceBox.currentIndex, 0)]
        return f"model {self.ui.modelBox.currentData or 'automatic'}, device {device}, weighting {self._modality()}"

    def _say(self, sentence: str) -> None:
        self.ui.statusLabel.text = unbroken(sentence)
        self.ui.statusLabel.visible = bool(sentence)

    def _failed(self, sentence: str) -> None:
        self._say(sentence)
        self.ui.detailsButton.visible = True
        self.update()

    def _onCpu(self) -> None:
        self.ui.deviceBox.currentIndex = self._devices.index("cpu")
        self.start("cpu")

    def _onProgress(self, fraction: float, stage: str, seconds: float) -> None:
        self.ui.progressBar.value = round(100 * fraction)
        self._say(_("{stage} … {seconds:.0f} s").format(stage=stage.capitalize(), seconds=seconds))

    def _onSuccess(self, _examination: Examination, sentence: str) -> None:
        self.session.journal.note("a scan was segmented")
        self._ended(sentence)

    def _onFailure(self, failure: Failure) -> None:
        if failure.asks == "modality":
            self.session.askWeighting(failure.sentence)
        if failure.exitCode == CANCELED:
            self.session.journal.note("the segmentation was canceled")
        else:
            self.session.journal.failed("Segmenting", f"{failure.sentence} (code {failure.exitCode})", failure.details)
        isTorch = failure.exitCode == TORCH_BROKEN
        self._ended(failure.sentence)
        self.ui.detailsButton.visible = failure.exitCode != CANCELED and not failure.asks
        self.ui.reinstallButton.visible = isTorch
        self.ui.cpuButton.visible = failure.exitCode == OUT_OF_MEMORY

    def _ended(self, sentence: str) -> None:
        self.ui.progressBar.visible = False
        self._say(sentence)
        self.update()

    def _fillModels(self) -> None:
        box = self.ui.modelBox
        chosen = box.currentData
        box.clear()
        try:
            box.addItem(self._automatic(), "")
            for entry in segmenters():
                box.addItem(f"{entry.card.name} ({entry.card.modality})", entry.card.name)
        except ModelError as error:
            self._say(str(error))
        box.currentIndex = max(box.findData(chosen), 0) if chosen else 0
        self._onModel()

    def _automatic(self) -> str:
        """Name the model that will be used, as far as the weighting tells."""
        modality = self._modality()
        if modality in (Modality.T2, Modality.CE_T1):
            return _("Automatic: {name}").format(name=default_model(modality))
        if modality == Modality.T1:
            return _("Automatic: none for T1 without contrast agent")
        return _("Automatic: by the image, or you are asked")

    def _nameAutomatic(self) -> None:
        if self.ui.modelBox.count:
            self.ui.modelBox.setItemText(0, self._automatic())

    def _onModel(self) -> None:
        """Tell which model is chosen: the scans that it takes are chosen elsewhere."""
        chosen = self.ui.modelBox.currentData
        card = next((entry.card for entry in segmenters() if entry.card.name == chosen), None) if chosen else None
        try:
            self.session.modelChosen.emit(card)
        except UsageError as error:
            self._say(str(error))
        self.update()

    def _askForDevices(self) -> None:
        """Ask the worker, once it is there, which graphics cards it sees: Slicer itself must not import PyTorch."""
        if not self._askedForDevices:
            self._askedForDevices = True
            self._client.do(Job({"do": "devices"}, self._onDevices, lambda _failure: None))

    def _onDevices(self, data: dict[str, Any]) -> None:
        for device in data["devices"]:
            if device["name"] not in self._devices:
                free, total = device["free_bytes"], device["total_bytes"]
                text = device["text"]
                if total:
                    text = _("{name} ({free:.1f} of {total:.1f} GB free)").format(
                        name=text, free=free / _GIGABYTE, total=total / _GIGABYTE
                    )
                self._devices.append(device["name"])
                self.ui.deviceBox.addItem(text)

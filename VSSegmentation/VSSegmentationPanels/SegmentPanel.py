"""The button, what it runs with, and how far it is."""

import logging
from collections.abc import Callable
from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.errors import ModelError, UsageError, VSSegmentationError
from VSSegmentationLib.models import default_model
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.ModelList import ModelList, segmenters
from VSSegmentationPanels.Panel import Panel, enable
from VSSegmentationPanels.PyTorchSetup import installTorch, missingTorch
from VSSegmentationPanels.Session import Session
from VSSegmentationPanels.WorkerClient import OUT_OF_MEMORY, Failure, Job, WorkerClient

_DEVICE_SETTING = "VSSegmentation/device"
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
        self.models = ModelList(self.ui, self._fillModels)
        self._fillModels()
        self.ui.modelBox.connect("currentIndexChanged(int)", lambda _index: self._onModel())
        self.session.inputsChosen.connect(self.update)
        self.session.weightingAsked.connect(self.update)
        self.ui.deviceBox.addItems([_("Automatic"), _("CPU")])
        remembered = self.session.settings.value(_DEVICE_SETTING)
        self.ui.deviceBox.currentIndex = self._devices.index(remembered) if remembered in self._devices else 0
        self.ui.deviceBox.connect(
            "activated(int)", lambda index: self.session.settings.setValue(_DEVICE_SETTING, self._devices[index])
        )
        self.ui.segmentButton.connect("clicked()", self._onButton)
        self.ui.cpuButton.connect("clicked()", self._onCpu)
        self.ui.progressBar.visible = self.ui.cpuButton.visible = False
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
            enable(button, "", _("Stop the segmentation. Nothing is changed."))
            return
        missing = missingTorch()
        button.text = _("Install PyTorch") if missing else _("Segment")
        lacking = [self.session.volumeNode, *self.session.furtherInputs.values()].count(None)
        reason = "" if missing or not lacking else _("Choose a scan first.")
        if not missing and lacking and self.session.volumeNode is not None:
            reason = _("The chosen model takes further scans; choose them under Case.")
        if not missing and not reason and self.session.weightingQuestion:
            reason = _("Say the weighting of the scan under Case first.")
        enable(button, reason, missing or _("Find the tumor, divide it at the porus and measure it."))
        if missing:
            self.ui.statusLabel.text = missing
        elif not self.ui.statusLabel.text:
            self.ui.statusLabel.text = _("The first run loads the network and takes longer than the next ones.")

    def sceneCloses(self) -> None:
        """Stop: there will be nothing to bring the result into."""
        if self.session.segmenter.isRunning:
            self.session.segmenter.cancel()

    def start(self, device: str) -> None:
        """Begin, with whatever model is chosen."""
        self.ui.cpuButton.visible = False
        model = self.ui.modelBox.currentData
        with slicer.util.tryWithErrorDisplay(_("The scan cannot be segmented."), waitCursor=True):
            try:
                self.session.segmenter.start(
                    self.session.volumeNode,
                    model=model or None,
                    device=device,
                    modality=self._modality(),
                    thorough=bool(self.ui.thoroughBox.checked),
                    further=self.session.furtherInputs,
                )
            except (VSSegmentationError, RuntimeError) as error:
                self.ui.statusLabel.text = str(error)
                return
            except OSError as error:
                self.ui.statusLabel.text = _(
                    "The scan could not be handed over: {reason}. Is there room on the disk?"
                ).format(reason=error.strerror)
                return
        self.ui.progressBar.value = 0
        self.ui.progressBar.visible = True
        self.ui.statusLabel.text = _("Starting …")
        self.update()
        self._askForDevices()

    def _onButton(self) -> None:
        if self.session.segmenter.isRunning:
            self.ui.statusLabel.text = _("Stopping …")
            enable(self.ui.segmentButton, _("The segmentation is being stopped."), "")
            self.session.segmenter.cancel()
        elif missingTorch():
            self.ui.statusLabel.text = installTorch()
            self.update()
        else:
            self.start(self._devices[self.ui.deviceBox.currentIndex])

    def _onCpu(self) -> None:
        self.ui.deviceBox.currentIndex = self._devices.index("cpu")
        self.start("cpu")

    def _onProgress(self, fraction: float, stage: str, seconds: float) -> None:
        self.ui.progressBar.value = round(100 * fraction)
        self.ui.statusLabel.text = _("{stage} … {seconds:.0f} s").format(stage=stage.capitalize(), seconds=seconds)

    def _onSuccess(self, _examination: Examination, sentence: str) -> None:
        logging.info("A scan was segmented.")
        self._ended(sentence)

    def _onFailure(self, failure: Failure) -> None:
        if failure.asks == "modality":
            self.session.askWeighting(failure.sentence)
        self._ended(failure.sentence)
        self.ui.statusLabel.toolTip = failure.details[-2000:]
        self.ui.cpuButton.visible = failure.exitCode == OUT_OF_MEMORY

    def _ended(self, sentence: str) -> None:
        self.ui.progressBar.visible = False
        self.ui.statusLabel.text = sentence
        self.ui.statusLabel.toolTip = ""
        self.update()

    def _fillModels(self) -> None:
        box = self.ui.modelBox
        chosen = box.currentData
        box.clear()
        try:
            box.addItem(_("Automatic: {name}").format(name=default_model("T2")), "")
            for entry in segmenters():
                box.addItem(f"{entry.card.name} ({entry.card.modality})", entry.card.name)
        except ModelError as error:
            self.ui.statusLabel.text = str(error)
        box.currentIndex = max(box.findData(chosen), 0) if chosen else 0
        self._onModel()

    def _onModel(self) -> None:
        """Tell which model is chosen: the scans that it takes are chosen elsewhere."""
        chosen = self.ui.modelBox.currentData
        card = next((entry.card for entry in segmenters() if entry.card.name == chosen), None) if chosen else None
        try:
            self.session.modelChosen.emit(card)
        except UsageError as error:
            self.ui.statusLabel.text = str(error)
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

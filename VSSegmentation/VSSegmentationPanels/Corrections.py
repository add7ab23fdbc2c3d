"""From a click to a corrected mask in the scene: clicks wait in a queue, the worker answers, one undo takes it back."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from slicer.i18n import tr as _

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.imageio import read_labelmap, write_image, write_segmentation
from VSSegmentationLib.imageio.placing import cut_to_labels, place_on_grid
from VSSegmentationLib.interaction import ClickQueue, Interaction, Question
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.volume import Volume
from VSSegmentationLib.worker import RefineResult
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.LiveNumbers import LiveNumbers
from VSSegmentationPanels.Signal import Signal
from VSSegmentationPanels.WorkerClient import Failure, Job, WorkerClient


class Corrections:
    """Corrects the examination at hand; a scan is handed to the worker once, so that it stays warm there."""

    def __init__(self, client: WorkerClient) -> None:
        self.changed = Signal()
        """With the labels before (Volume), whenever an answer has changed the mask."""
        self.told = Signal()
        """With a sentence: what is going on, or why nothing came of a click."""
        self.options: dict[str, str] = {"device": "auto"}
        """Of the worker's job: `device`, `precision`, `refiner`."""
        self._client = client
        self._queue = ClickQueue()
        self._live: LiveNumbers | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0

    @property
    def pending(self) -> int:
        """Clicks without an answer."""
        return len(self._queue.pending)

    def setLive(self, live: LiveNumbers | None) -> None:
        """Take another examination, or None; clicks on the one before are forgotten."""
        before = None if self._live is None else self._live.examination
        self._live = live
        if before is None or live is None or live.examination is not before:
            self.forget()

    def forget(self) -> None:
        """Drop clicks and the copy of the scan."""
        self._queue.forget()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def add(self, interaction: Interaction) -> None:
        """Take a click; it is answered as soon as those before it are."""
        if self._live is not None:
            self._queue.add(interaction)
            self._ask()

    def _ask(self) -> None:
        live = self._live
        if live is None or not live.examination.isAlive or not self._queue.pending:
            return
        live.takeUp()  # what was painted meanwhile counts
        question = self._queue.ask(live.examination.revision)
        if question is None:
            self.told.emit(_("{count} clicks wait for the one before.").format(count=self.pending - 1))
            return
        self.told.emit(_("Correcting …"))
        request = self._request(live.examination, question)
        done = lambda data: self._onResult(question, data)  # noqa: E731
        self._client.do(Job(request, done, lambda failure: self._onFailure(question, failure)))

    def _request(self, examination: Examination, question: Question) -> dict[str, Any]:
        """Write what the worker reads, and return what it is asked."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="vs_segmentation_", ignore_cleanup_errors=True)
            write_image(Path(self._folder.name) / "scan.nii", scenes.volume_of(examination.volumeNode))
        folder, labels = Path(self._folder.name), examination.task.label_set
        self._count += 1
        now, then = folder / f"now_{self._count}.nrrd", folder / f"then_{self._count}.nrrd"
        write_segmentation(now, cut_to_labels(examination.labelmap), labels)
        request: dict[str, Any] = {
            "do": "refine", "input": str(folder / "scan.nii"), "labelmap": str(now), "output": str(then),
            "task": examination.task.name, **self.options,
            "interactions": [to_plain(each) for each in question.interactions],
            "earlier": [to_plain(each.interaction) for each in examination.corrections],
        }  # fmt: skip
        if examination.painted.any():
            painted = folder / f"painted_{self._count}.nrrd"
            write_segmentation(painted, cut_to_labels(examination.labelmap.with_array(examination.painted)), labels)
            request["painted"] = str(painted)
        plane = examination.userPlane
        if isinstance(plane, MeatalPlane):
            request["plane"] = [*plane.origin_ras_mm, *plane.normal_ras]
        return request

    def _onResult(self, question: Question, data: Any) -> None:
        live = self._live
        if live is None or not live.examination.isAlive:
            return
        live.takeUp()
        if not self._queue.answered(question.number, live.examination.revision):
            self._ask()  # the mask was changed meanwhile: the clicks are asked again, on what is there now
            return
        result = from_plain(RefineResult, data, "result", complete=True)
        examination, before = live.examination, live.examination.labelmap
        labelmap = place_on_grid(
            read_labelmap(Path(result.labelmap), examination.task.label_set), before.shape, before.dhw_to_ras
        )
        if np.array_equal(labelmap.array, before.array):
            self.told.emit(_("Nothing changed: the mask is so already, or the model sees no more there."))
        else:
            self._apply(live, labelmap, result, before)
        self._ask()

    def _apply(self, live: LiveNumbers, labelmap: Volume, result: RefineResult, before: Volume) -> None:
        live.saveForUndo()
        live.examination.correct(labelmap, result.corrections, result.model)
        live.edited.emit()
        live.follow()
        added, removed = (
            sum(getattr(one, name) for one in result.corrections) for name in ("voxels_added", "voxels_removed")
        )
        self.told.emit(
            _("{added} voxels added, {removed} removed. Ctrl+Z takes mask and click back.").format(
                added=added, removed=removed
            )
        )
        self.changed.emit(before)

    def _onFailure(self, question: Question, failure: Failure) -> None:
        if self._live is not None and self._queue.answered(question.number, question.revision):
            self.told.emit(failure.sentence)
            self._ask()

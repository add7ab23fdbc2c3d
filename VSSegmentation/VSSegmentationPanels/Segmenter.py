"""From a click to nodes in the scene: the scan goes to the worker, and the answer comes back if all is still there."""

import json
import logging
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.frames import dhw_to_ras_from_ras
from VSSegmentationLib.imageio import read_labelmap, read_volume, write_image
from VSSegmentationLib.scene.places import local_ijk_to_ras
from VSSegmentationLib.scene.volumes import grid_of_node
from VSSegmentationLib.tasks import task_named
from VSSegmentationLib.volume import Volume
from VSSegmentationLib.worker import SegmentResult
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Examination import Examination, segmentationOf
from VSSegmentationPanels.MapWords import titleOf
from VSSegmentationPanels.Signal import Signal
from VSSegmentationPanels.WorkerClient import OUT_OF_MEMORY, Failure, Job, WorkerClient


class Segmenter:
    """One segmentation at a time. It knows nodes by their ids, since a node may be gone when the answer comes."""

    def __init__(self, client: WorkerClient) -> None:
        self.progress = Signal()
        """With fraction, stage and seconds so far."""
        self.succeeded = Signal()
        """With the new Examination and a sentence."""
        self.failed = Signal()
        """With a Failure."""
        self._client = client
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._begun = 0.0
        self._cameCold = False

    @property
    def isRunning(self) -> bool:
        """Whether a segmentation is under way."""
        return self._folder is not None

    def start(
        self,
        volumeNode: Any,
        *,
        model: str | None,
        device: str,
        modality: str,
        thorough: bool = False,
        further: Mapping[str, Any] | None = None,
        maps: bool = False,
        align: bool = False,
    ) -> None:
        """Begin to segment a scan.

        Args:
            volumeNode: The scan; the result is brought onto its grid.
            model: Name or file; None takes the embedded one.
            device: Of PyTorch.
            modality: Of the scan.
            thorough: Whether an ear with a finding is looked at again, in turned windows.
            further: Of a model that takes several scans, the others: node by name.
            maps: Keep what the network said of each voxel.
            align: Move the others onto the scan where they lie apart.

        Raises:
            RuntimeError: If another one is under way.
            VSSegmentationError: If the scan cannot be used.
            OSError: If there is no room for a temporary copy of it.
        """
        if self.isRunning:
            raise RuntimeError(_("A segmentation is running already; wait for it, or cancel it."))
        self._begun, self._cameCold = perf_counter(), not self._client.isWarm
        folder = tempfile.TemporaryDirectory(prefix="vs_segmentation_", ignore_cleanup_errors=True)
        scan = Path(folder.name) / "scan.nii"
        try:
            write_image(scan, scenes.volume_of(volumeNode))
            others = {name: scan.with_name(f"further_{n}.nii") for n, name in enumerate(further or {}, start=1)}
            for name, path in others.items():
                write_image(path, scenes.volume_of((further or {})[name]))
            self._folder = folder
            choices: dict[str, Any] = {"model": model, "device": device, "modality": modality, "thorough": thorough}
            if others:
                choices["further_inputs"] = {name: str(path) for name, path in others.items()}
                choices["align"] = align
            if maps:
                choices["maps"] = str(scan.with_name("maps"))
                scan.with_name("maps").mkdir()
            self._send(scan, volumeNode.GetID(), choices)
        except BaseException:
            self._folder = None
            folder.cleanup()
            raise

    def _send(self, scan: Path, volumeID: str, choices: dict[str, Any]) -> None:
        labelmap = scan.with_name("labelmap.nrrd")
        request = {"do": "segment", "input": str(scan), "output": str(labelmap), **choices}
        done = lambda data: self._onResult(data, volumeID, labelmap)  # noqa: E731
        self._client.do(Job(request, done, self._onFailure, self._onProgress))

    def cancel(self) -> None:
        """Stop; `failed` is told when that has happened."""
        self._client.cancel()

    def _onProgress(self, fraction: float, stage: str) -> None:
        self.progress.emit(fraction, stage, perf_counter() - self._begun)

    def _onResult(self, data: Any, volumeID: str, path: Path) -> None:
        volumeNode = slicer.mrmlScene.GetNodeByID(volumeID)
        if volumeNode is None:
            sentence = _("The scan was removed while it was segmented, so the result was thrown away.")
            self._end(lambda: self.failed.emit(Failure(sentence, 1)))
            return
        try:
            result = from_plain(SegmentResult, data, "result", complete=True)
            examination = addResult(volumeNode, read_labelmap(path, task_named(result.task).label_set), result)
            addMaps(examination, result)
        except Exception as error:
            logging.exception("The result of the segmentation could not be shown.")
            failure = Failure(_("The result could not be brought into the scene: {reason}").format(reason=error), 1)
            self._end(lambda: self.failed.emit(failure))
            return
        seconds = perf_counter() - self._begun
        start = _("first run, models loaded") if self._cameCold or not result.warm else _("models were loaded already")
        sentence = _("{findings} Done in {seconds:.1f} s ({start}).").format(
            findings=result.findings, seconds=seconds, start=start
        )
        self._end(lambda: self.succeeded.emit(examination, sentence))

    def _onFailure(self, failure: Failure) -> None:
        if failure.exitCode == OUT_OF_MEMORY:
            failure = Failure(
                _("{reason} The CPU needs no graphics memory.").format(reason=failure.sentence),
                OUT_OF_MEMORY,
                failure.details,
            )
        self._end(lambda: self.failed.emit(failure))

    def _end(self, tell: Callable[[], None]) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        tell()


def addResult(volumeNode: Any, labelmap: Volume, result: SegmentResult) -> Examination:
    """Put a model's answer into the scene: to edit, and hidden beside it untouched.

    A former result of the same scan goes, unless a person has edited it: then it stays, hidden, under another name.
    """
    scene = volumeNode.GetScene()
    labelmap = Volume(labelmap.array, grid_of_node(volumeNode).dhw_to_ras)  # a file rounds where voxels lie
    former = segmentationOf(volumeNode)
    if former is not None:
        _putAside(former)
    name = _("{scan} tumor").format(scan=volumeNode.GetName())
    node = scenes.add_segmentation(
        scene, labelmap, volumeNode, name=name, side=result.side, task=task_named(result.task)
    )
    kept = scenes.keep_automatic(node, labelmap, volumeNode)
    facts = SegmentationAttributes.Facts(
        findings=result.findings, side=result.side, modality=str(result.modality), candidates=result.candidates,
        warnings=result.warnings, doubts=result.doubts, provenance=json.loads(json.dumps(dict(result.provenance))),
    )  # fmt: skip
    SegmentationAttributes.writeFacts(node, facts)
    table = scenes.add_measurement_table(scene, result.measurements)
    SegmentationAttributes.setTableNode(node, table)
    scenes.place_beside(volumeNode, node, kept, table)
    return Examination(volumeNode, node)


def addMaps(examination: Examination, result: SegmentResult) -> None:
    """Put the maps of a result, if any were asked for, into the scene beside its segmentation."""
    scan, segmentation = examination.volumeNode, examination.segmentationNode
    ownPlace = dhw_to_ras_from_ras(local_ijk_to_ras(scan))
    nodes = []
    for name, path in result.maps.items():
        told = read_volume(Path(path))  # one at a time: each is as large as the scan
        nodes.append(scenes.add_map(Volume(told.array, ownPlace), name, titleOf(name), scan))
    SegmentationAttributes.setMaps(segmentation, nodes, result.no_attention)
    scenes.place_beside(scan, *nodes)


def _putAside(segmentationNode: Any) -> None:
    scene = segmentationNode.GetScene()
    if SegmentationAttributes.readLog(segmentationNode).edits:
        SegmentationAttributes.setReplaced(segmentationNode)
        return
    for node in (
        SegmentationAttributes.planeNode(segmentationNode), SegmentationAttributes.tableNode(segmentationNode),
        scenes.automatic_of(segmentationNode), *SegmentationAttributes.mapNodes(segmentationNode), segmentationNode,
    ):  # fmt: skip
        if node is not None:
            scene.RemoveNode(node)

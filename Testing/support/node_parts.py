"""Around a node: a tiny series, who sends it, an archive that takes results, and a child that makes small objects."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind, Verification

from Testing.support.dicom_files import MR, SeriesSpec, write_series
from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.node.config import NodeConfig
from VSSegmentationLib.node.service import Node
from VSSegmentationLib.warm_child import Answer, Bounds

CLASSES = {
    "dicom-seg": "1.2.840.10008.5.1.4.1.1.66.4",
    "dicom-sr": "1.2.840.10008.5.1.4.1.1.88.34",
    "dicom-sr-2d": "1.2.840.10008.5.1.4.1.1.88.33",
    "dicom-pdf": "1.2.840.10008.5.1.4.1.1.104.1",
    "dicom-key-image": "1.2.840.10008.5.1.4.1.1.7",
}
"""SOP classes of the objects of a result."""
PATIENT = "Planted^Marker"
T2_TAGS = {"ScanningSequence": "SE", "EchoTime": "140", "RepetitionTime": "3000"}


def series_spec(study: str = "", **changes: Any) -> SeriesSpec:
    tags = T2_TAGS | {"StudyInstanceUID": study or generate_uid(), "FrameOfReferenceUID": generate_uid()}
    spec = {"patient": PATIENT, "patient_id": "PLANTED-7", "tags": tags, "spacing_dhw_mm": (3.0, 2.0, 2.5), **changes}
    return SeriesSpec(**spec)


def write_small_series(folder: Path, count: int = 12, *, spec: SeriesSpec | None = None) -> list[Path]:
    """A series that the library takes for a T2 of a head; its files in the order of the slices."""
    voxels = np.random.default_rng(1).integers(1, 900, (count, 20, 16)).astype(np.int16)
    write_series(folder, voxels, spec or series_spec())
    return sorted(folder.iterdir())


def config(folder: Path, **changes: Any) -> NodeConfig:
    """A node on free ports of this machine; `changes` are keys of its file."""
    told: dict[str, Any] = {
        "folder": str(folder),
        "receive": {"port": 0},
        "peer": [{"name": "pacs", "ae_title": "PACS", "host": "127.0.0.1", "port": 1}],
        "rule": [{"name": "t2", "weighting": ["T2"]}],
        "wait": {"quiet_seconds": 30.0, "longest_seconds": 600.0},
        "send": {"objects": ["dicom-seg", "dicom-sr", "dicom-key-image"]},  # a PDF takes packages that may not be here
        "keep": {"free_gib": 0.0},
        "health": {"port": 0},
    }
    return from_plain(NodeConfig, told | changes, "configuration", quoting=True)


def settings_for(folder: Path, pacs: "Archive", peer: Mapping[str, Any] | None = None, **changes: Any) -> NodeConfig:
    """A node with one archive as its peer."""
    told = {"name": "pacs", "ae_title": "PACS", "host": "127.0.0.1", "port": pacs.port, **(peer or {})}
    return config(folder, peer=[told], **changes)


class Clock:
    """A time that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def running(settings: NodeConfig, child: Any, clock: Clock | None = None) -> Iterator[Node]:
    """A node at work, with one child for all slots."""
    node = Node(settings, make_child=lambda **_: child, now=clock or Clock())
    try:
        node.start()
        yield node
    finally:
        node.stop()


@dataclass
class StubChild:
    """Makes objects of the right kinds with the UIDs of an edition, without any model; or does what a test wants."""

    answers: list[Answer] = field(default_factory=list)
    """Given in turn in place of a result."""
    jobs: list[Mapping[str, Any]] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    """How many images each job saw."""
    before: Any = None
    """Called with each job before it is done."""
    ended: threading.Event = field(default_factory=threading.Event)

    def do(self, order: str, job: Mapping[str, Any], bounds: Bounds) -> Answer:
        assert (order, bounds.seconds) == ("case", 900.0)
        self.jobs.append(dict(job))
        images = sorted(Path(job["input"]).iterdir())
        self.files.append(len(images))
        if self.before is not None:
            self.before(job)
        if self.answers:
            return self.answers.pop(0)
        folder = Path(job["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        for name in job["formats"]:
            write_result(folder / FILE_NAMES[OutputFormat(name)], name, pydicom.dcmread(images[0]), job["edition"])
        return Answer(result={"formats": list(job["formats"]), "model": "stub 1"})

    def end(self) -> None:
        self.ended.set()


def write_result(path: Path, name: str, source: Dataset, edition: Mapping[str, Any]) -> None:
    made = Dataset()
    for each in ("PatientName", "PatientID", "StudyInstanceUID"):
        setattr(made, each, source.get(each))
    told = f"{name} {source.SeriesInstanceUID} {edition['options']}"
    made.SeriesInstanceUID = _uid(told)
    made.SOPInstanceUID, made.SOPClassUID = _uid(f"{told} {edition['number']}"), CLASSES[name]
    made.InstanceNumber, made.Manufacturer, made.Modality = edition["number"], "vs-segmentation", "OT"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.save_as(path, enforce_file_format=True)


def _uid(text: str) -> str:
    return f"2.25.{int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], 'big')}"


class Archive:
    """A peer that keeps what it is sent, as an archive does, and may count images."""

    def __init__(self, *, without: Sequence[str] = (), counts: int | None = None, tls: Any = None) -> None:
        self.objects: list[Dataset] = []
        self.status = 0x0000
        self.asked = 0
        """How many objects it was to keep."""
        self._counts, self._changed = counts, threading.Condition()
        entity = AE(ae_title="PACS")
        entity.require_called_aet = True
        entity.maximum_associations = 30
        entity.add_supported_context(Verification)
        entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
        for context in AllStoragePresentationContexts:
            if context.abstract_syntax not in without:
                entity.add_supported_context(context.abstract_syntax, ALL_TRANSFER_SYNTAXES)
        handlers = [(evt.EVT_C_STORE, self._store), (evt.EVT_C_FIND, self._find), (evt.EVT_C_ECHO, lambda _: 0)]
        self._server = entity.start_server(("127.0.0.1", 0), block=False, ssl_context=tls, evt_handlers=handlers)
        self.port = self._server.socket.getsockname()[1]

    def _store(self, event: evt.Event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        with self._changed:
            self.asked += 1
            if self.status == 0:
                self.objects.append(dataset)
            self._changed.notify_all()
            return self.status

    def _find(self, _event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        found = Dataset()
        found.NumberOfSeriesRelatedInstances = self._counts
        yield 0xFF00, found

    def set_status(self, status: int) -> None:
        with self._changed:
            self.status = status

    def wait_for(self, count: int, seconds: float = 60.0, clock: Clock | None = None) -> list[Dataset]:
        """Return what has come once there is so much of it; time goes on meanwhile, if its clock is given."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while len(self.objects) < count:
                assert time.monotonic() < deadline, len(self.objects)
                if not self._changed.wait(0.2) and clock is not None:
                    clock.seconds += 30
            return list(self.objects)

    def wait_until_asked(self, count: int, seconds: float = 60.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.asked >= count, seconds), self.asked

    def stop(self) -> None:
        self._server.shutdown()


@contextmanager
def archive(**options: Any) -> Iterator[Archive]:
    made = Archive(**options)
    try:
        yield made
    finally:
        made.stop()


def send(
    files: Sequence[Path], port: int, *, title: str = "PACS", called: str = "VSSEG", tls: Any = None
) -> list[int] | None:
    """Send files in one association; the status of each, or None where there was no association."""
    entity = AE(ae_title=title)
    datasets = [pydicom.dcmread(path) for path in files]
    kinds = {(each.SOPClassUID, each.file_meta.TransferSyntaxUID) for each in datasets} or {(MR, "1.2.840.10008.1.2")}
    contexts = [build_context(kind, syntax) for kind, syntax in sorted(kinds)]
    call = entity.associate("127.0.0.1", port, contexts=contexts, ae_title=called, tls_args=tls)
    if not call.is_established:
        return None
    try:
        return [int(call.send_c_store(each).get("Status", -1)) for each in datasets]
    finally:
        call.release()


def events(folder: Path) -> list[dict[str, Any]]:
    """The lines of the audit."""
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]


def wait_for_event(folder: Path, event: str, count: int = 1, seconds: float = 60.0) -> list[dict[str, Any]]:
    """Return the lines of an event once there are so many: the audit is on the disk before anything goes on."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while len(found := [each for each in events(folder) if each["event"] == event]) < count:
        assert time.monotonic() < deadline, events(folder)
        pause.wait(0.05)
    return found

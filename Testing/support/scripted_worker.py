"""In place of the worker process: answers as a test tells it to, through the same signals, without torch."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from VSSegmentationLib import outputs
from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.imageio import Modality, read_labelmap, read_scan, read_volume, write_segmentation
from VSSegmentationLib.imageio.placing import place_on_scan
from VSSegmentationLib.interaction import Interaction, near_any
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.models import EMBEDDED_FOLDER
from VSSegmentationLib.pipeline import MaskFacts, measure_labelmap
from VSSegmentationLib.reporting import Correction, ModelFacts, Provenance, ReportChoices, ReportContent
from VSSegmentationLib.tasks import DEFAULT_TASK
from VSSegmentationLib.volume import Volume
from VSSegmentationLib.worker import PROTOCOL, RefineResult, SegmentResult
from VSSegmentationLib.worker.case_told import case_result

SAMPLE = EMBEDDED_FOLDER / "sample"


@cache
def truth(number: int) -> Volume:
    """Return the tumor of an examination of the sample, without the cochleae that its truth holds, too."""
    found = read_labelmap(SAMPLE / f"exam{number}_truth.nii.gz")
    tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(found.array)
    return found.with_array(np.where(tumor, found.array, np.uint8(0)))


@dataclass
class ScriptedWorker:
    """Makes processes that answer from a script."""

    segment: str = "result"
    """`result`, `crash`, `hang`, or `error 5` with any exit code; `error 2 asks modality` asks for the weighting."""
    labelmap: Volume = field(default_factory=lambda: truth(1))
    protocol: int = PROTOCOL
    noise: tuple[str, ...] = ()
    """Lines that are no message."""
    doubts: tuple[str, ...] = ()
    """Why its results cannot be relied on."""
    attention_levels: int = 2
    """Of the model that it plays; 0 is one without attention."""
    cases_wait: bool = False
    """Whether cases come to their end only when `let_go` is called."""
    held: list[Callable[[], None]] = field(default_factory=list)
    refine: "Callable[[Volume, Interaction], Volume] | None" = None
    """How it answers a click; None adds or takes away a ball of 3 mm."""
    before_result: Callable[[], None] = lambda: None
    processes: list["ScriptedProcess"] = field(default_factory=list)

    def start(self) -> "ScriptedProcess":
        made = ScriptedProcess(self)
        self.processes.append(made)
        return made

    def let_go(self) -> None:
        """Let the case that is at work come to its end."""
        self.held.pop(0)()

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [request for process in self.processes for request in process.requests]


class ScriptedProcess:
    """One run of the script; later turns of the event loop bring the answers, as with a real process."""

    def __init__(self, worker: ScriptedWorker) -> None:
        import qt  # noqa: PLC0415 -- there once the host has started
        from VSSegmentationPanels.Signal import Signal  # noqa: PLC0415

        self.lineReceived, self.finished = Signal(), Signal()
        self.groupLeader: int | None = None
        self.errorText = "last line of standard error"
        self.requests: list[dict[str, Any]] = []
        self.is_killed = False
        self._worker, self._later = worker, qt.QTimer.singleShot
        self._say({"hello": worker.protocol, "pid": 4711, "version": "0"})

    def send(self, line: str) -> None:
        request = json.loads(line)
        self.requests.append(request)
        if request["do"] == "devices":
            cuda = {"name": "cuda:0", "text": "Toy GPU", "free_bytes": 6_000_000_000, "total_bytes": 8_000_000_000}
            self._say({"result": {"devices": [cuda]}, "id": request["id"]})
        elif request["do"] == "segment":
            self._segment(request)
        elif request["do"] in ("case", "compare"):
            self._do_case(request)
        elif request["do"] == "refine":
            self._later(5, lambda: self._refine(request))
        elif request["do"] == "cancel" and self._worker.segment == "wait for cancel":
            self._say({"error": "canceled; nothing was written", "exit_code": 130, "id": self.requests[0]["id"]})

    def kill(self) -> None:
        if not self.is_killed:
            self.is_killed = True
            self._later(0, lambda: self.finished.emit(-1))

    def waitForFinished(self, milliseconds: int) -> bool:  # noqa: N802
        return True

    def _segment(self, request: dict[str, Any]) -> None:
        for line in self._worker.noise:
            self._later(1, lambda line=line: self._emit(line))
        self._say({"progress": 0.4, "stage": "segmenting", "id": request["id"]})
        what = self._worker.segment
        if what == "crash":
            self._later(5, lambda: self.finished.emit(139))
        elif what.startswith("error"):
            code = int(what.split()[1])
            answer = {"error": "out of memory; use the CPU", "exit_code": code, "id": request["id"]}
            if what.endswith("asks modality"):
                answer |= {"error": "The weighting of the scan can't be told", "asks": "modality"}
            self._later(5, lambda: self._emit(answer))
        elif what == "result":
            self._later(5, lambda: self._finish(request))

    def _do_case(self, request: dict[str, Any]) -> None:
        """Make the folder of a case of the sample, or say what a comparison came to; by the file's name otherwise."""
        self._say({"progress": 0.5, "stage": "segmenting", "id": request["id"]})
        name = Path(request.get("input", "")).name
        if "refused" in name:
            self._later(5, lambda: self._emit({"error": "it shows no head", "exit_code": 3, "id": request["id"]}))
        elif "fatal" in name:
            self._later(5, lambda: self.finished.emit(139))
        else:
            end = lambda: self.is_killed or self._emit({"result": done_case(request), "id": request["id"]})  # noqa: E731
            self._worker.held.append(end) if self._worker.cases_wait else self._later(5, end)

    def _refine(self, request: dict[str, Any]) -> None:
        """Answer clicks as the script says: by default a ball of 3 mm at each of them."""
        before = place_on_scan(read_labelmap(Path(request["labelmap"])), read_volume(Path(request["input"])))
        labelmap, each = before, []
        for said in request["interactions"]:
            interaction = from_plain(Interaction, said, "interaction")
            after = (self._worker.refine or with_ball)(labelmap, interaction)
            was, now = labelmap.array > 0, after.array > 0
            added, removed = int((now & ~was).sum()), int((was & ~now).sum())
            each.append(Correction(interaction=interaction, voxels_added=added, voxels_removed=removed))
            labelmap = after
        write_segmentation(Path(request["output"]), labelmap)
        facts = ModelFacts(name="toy-refiner", version="1", sha256="0" * 64, modality="unknown")
        result = RefineResult(
            labelmap=request["output"], corrections=tuple(each), model=facts, seconds=0.1, warm=len(self.requests) > 2
        )
        self._emit({"result": to_plain(result), "id": request["id"]})

    def _finish(self, request: dict[str, Any]) -> None:
        if self.is_killed:
            return
        self._worker.before_result()
        labelmap = self._worker.labelmap
        write_segmentation(Path(request["output"]), labelmap)
        maps = written_maps(labelmap, Path(request["maps"]), self._worker.attention_levels) if "maps" in request else {}
        lacking = "The model 'toy' has no attention maps." if maps and not self._worker.attention_levels else ""
        result = SegmentResult(
            maps=maps, no_attention=lacking,
            task=DEFAULT_TASK.name, doubts=self._worker.doubts, modality=Modality.T2,
            labelmap=request["output"], findings="A tumor was found on the patient's left side.", side="left",
            measurements=measure(labelmap), candidates=(), warnings=("A warning of the model.",),
            provenance={"model": {"name": "toy", "version": "1", "sha256": "0" * 64}, "device": "cpu"},
            seconds=1.0, warm=len(self.requests) > 2,
        )  # fmt: skip
        self._emit({"result": to_plain(result), "id": request["id"]})

    def _say(self, message: dict[str, Any]) -> None:
        self._later(0, lambda: self._emit(message))

    def _emit(self, message: dict[str, Any] | str) -> None:
        self.lineReceived.emit(message if isinstance(message, str) else json.dumps(message))


@cache
def case_content(number: int) -> ReportContent:
    """What is known of an examination of the sample, with the labelmap it was made with."""
    scan = read_scan(SAMPLE / f"exam{number}_t2.nii.gz")
    facts = MaskFacts(
        side="left",
        provenance=Provenance(model=ModelFacts(name="toy", version="1", sha256="0" * 64, modality="T2"), device="cpu"),
    )
    return measure_labelmap(truth(number), scan, ReportChoices(), known=facts).content


def done_case(request: dict[str, Any]) -> Any:
    """Write a case as it was asked for, and return what it came to."""
    if request["do"] == "compare":
        days = request["days"]
        return {"days": days, "volumes_cm3": [1.0 for _ in days], "percent_since_previous": 0.0, "is_one_tumor": True}
    content = replace(case_content(2 if "exam2" in request["input"] else 1), case=request["case"])
    formats = tuple(OutputFormat(each) for each in request["formats"])
    outputs.write_outputs(content, Path(request["folder"]), formats=formats, force=True)
    return to_plain(case_result(content, formats, has_thumbnail=False, seconds=1.0, warm=True), "case")


def with_ball(labelmap: Volume, said: Interaction, radius_mm: float = 3.0) -> Volume:
    """The labelmap with a ball more, or less, round a click."""
    near = near_any([said], labelmap.shape, labelmap.dhw_to_ras, radius_mm)
    array = labelmap.array.copy()
    array[near] = np.where(array[near] > 0, array[near], Label.EXTRAMEATAL) if said.adds else 0
    return labelmap.with_array(array)


def written_maps(labelmap: Volume, folder: Path, levels: int) -> dict[str, str]:
    """Maps that can be told apart: 0.9 in the tumor and 0.1 in the 20 voxels round it, each level less by a tenth."""
    tumor = labelmap.array > 0
    near = np.zeros(labelmap.shape, bool)
    near[tuple(slice(max(n.min() - 20, 0), n.max() + 21) for n in np.nonzero(tumor))] = True
    probability = np.where(tumor, 0.9, np.where(near, 0.1, 0.0)).astype(np.float32)
    names = ("probability", *(f"attention_{n}" for n in range(1, levels + 1)))
    written = outputs.write_maps(
        folder, ((name, labelmap.with_array(probability * (1 - n / 10))) for n, name in enumerate(names))
    )
    return {name: str(path) for name, path in written.items()}


def shifted(labelmap: Volume, voxels: int) -> Volume:
    """The labelmap moved along its last axis: another tumor on the same grid."""
    return labelmap.with_array(np.roll(labelmap.array, voxels, axis=2))

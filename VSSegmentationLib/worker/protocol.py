"""What is said between the worker and its parent: one JSON object per line in each direction; see docs/worker.md."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from VSSegmentationLib.codec import from_plain, parse_json
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio.scan import Modality
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.worker.case_jobs import CaseJob, CompareJob
from VSSegmentationLib.worker.refine_jobs import RefineJob

PROTOCOL = 4
"""Rises with every change that a parent of the former number would not understand."""

Order = Literal["ping", "cancel", "quit", "devices", "segment", "refine", "case", "compare"]


_LABELMAP_SUFFIXES = (".nrrd", ".nii", ".nii.gz", ".mha")


@dataclass(frozen=True, kw_only=True)
class SegmentJob:
    """Segment the scan of a file and leave the labelmap in another one."""

    id: str
    """Chosen by the parent; every answer to this job carries it."""
    input: str
    """Path of a NIfTI, NRRD or MetaImage file that says where its voxels are."""
    output: str
    """Path for the labelmap: .nrrd, .seg.nrrd, .nii, .nii.gz or .mha. It appears once it is complete."""
    further_inputs: Mapping[str, str] = field(default_factory=dict)
    """Of a model that takes several scans: the others, path by name."""
    model: str | None = None
    """Name or file; None takes the embedded one for the modality."""
    device: str = "auto"
    flips: bool = False
    thorough: bool = False
    """Look again at an ear in which something was found, in turned windows."""
    modality: Modality = Modality.UNKNOWN
    """What the parent knows of the weighting: a file without acquisition tags does not tell it."""
    maps: str | None = None
    """Folder, which has to be there, for the network's output for tumor and its attention maps; None keeps none."""
    accept_resampling: bool = False
    accept_other_contrast: bool = False
    """Segment a T1 without contrast agent, too; what comes cannot be relied on."""
    align: bool = False
    """Move further scans that do not lie on the first onto it; else they are refused."""

    def __post_init__(self) -> None:
        if not self.output.lower().endswith(_LABELMAP_SUFFIXES):
            msg = f"the output must end in {', '.join(_LABELMAP_SUFFIXES)}"
            raise UsageError(msg)
        if any("\0" in path for path in (self.input, self.output, *self.further_inputs.values())):
            msg = "a path must not hold the character of number 0"
            raise UsageError(msg)


@dataclass(frozen=True, kw_only=True)
class SegmentResult:
    """What one job found out; the voxels are in the file."""

    labelmap: str
    """The path that the job named as its output: uint8 values of the labels of the task on the grid of the input."""
    task: str
    """What kind of tumor was looked for."""
    findings: str
    side: str | None
    """`left` or `right` of the patient; None where there is no tumor or no side."""
    measurements: tuple[Measurement, ...]
    candidates: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]
    doubts: tuple[str, ...]
    """Those of them for which the result cannot be relied on."""
    modality: Modality
    """What the scan was taken for."""
    provenance: Mapping[str, Any]
    seconds: float
    """From taking the job to having written the file."""
    maps: Mapping[str, str] = field(default_factory=dict)
    """Path of each map by its name, if any were asked for: `probability`, then `attention_1`, the finest, and so on;
    float32 from 0 to 1 on the grid of the input, not calibrated."""
    no_attention: str = ""
    """Why there are no attention maps among those asked for; empty where there are."""
    warm: bool
    """Whether every model was in memory already."""


AnyJob: TypeAlias = SegmentJob | RefineJob | CaseJob | CompareJob


@dataclass(frozen=True)
class Request:
    """One line from the parent."""

    order: Order
    id: str | None = None
    job: AnyJob | None = None
    """Set exactly for those of `JOBS`."""

    @property
    def takes_time(self) -> bool:
        """Whether it is a job, of which there is one at a time."""
        return self.order == "devices" or self.job is not None


JOBS: Mapping[Order, type[AnyJob]] = {
    "segment": SegmentJob,
    "refine": RefineJob,
    "case": CaseJob,
    "compare": CompareJob,
}
"""What has keys of its own."""


_PATHS = (
    "divider", "examinations", "folder", "further_inputs", "input", "maps", "mask", "model", "output", "previous",
    "thumbnail",
)  # fmt: skip
"""Keys of paths: names of files are any bytes, which Python carries in halves of characters; no other text is so."""


def read_object(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line.

    Raises:
        UsageError: If it is none.
    """
    try:
        data = parse_json(line, any_name=True)
        told = {key: value for key, value in data.items() if key not in _PATHS} if isinstance(data, dict) else None
        json.dumps(told, ensure_ascii=False).encode("utf-8")
    except ValueError as error:  # of which UnicodeDecodeError is a kind
        msg = "a line to the worker must be one JSON object in UTF-8"
        raise UsageError(msg) from error
    if not isinstance(data, dict):
        msg = f"a line to the worker must be one JSON object, got {type(data).__name__}"
        raise UsageError(msg)
    return data


def parse_request(data: Mapping[str, Any]) -> Request:
    """Return what an object asks for.

    Raises:
        UsageError: If it is not one of the orders with its own keys.
    """
    keys = dict(data)
    order = keys.pop("do", None)
    if order not in get_args(Order):
        msg = f"'do' must be one of {', '.join(get_args(Order))}"
        raise UsageError(msg)
    if order in JOBS:
        job = from_plain(JOBS[order], keys, order, error=UsageError)
        return Request(order, job.id, job)
    identity = keys.pop("id", None)
    if keys or not isinstance(identity, str | None):
        msg = f"'{order}' takes an 'id' that is a string, and no other keys"
        raise UsageError(msg)
    return Request(order, identity)

"""What a segmentation remembers of its editing: the number of the edit, the plane as set, the voxels painted by hand.

It is kept in tags of the segments. The Segment Editor's undo and redo bring tags back together with the voxels, and
they are saved with the scene: so one undo step takes back mask and plane at once, and nothing has to be kept in step
by hand.
"""

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import vtk
from numpy.typing import NDArray

from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.geometry import Shape
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.reporting import Correction, ModelFacts
from VSSegmentationLib.scene import task_of

_TAG = "VSSegmentation.EditState"


@dataclass(frozen=True, kw_only=True, eq=False)
class EditState:
    """One point in the history of edits."""

    number: int
    """Unlike that of every other point: a number other than the last one known means that undo or redo was pressed."""
    plane: MeatalPlane | None
    """The plane between the parts as a person set it; None while it is the one fitted to the division."""
    painted: NDArray[np.uint8]
    """(D, H, W) label of each voxel that was painted by hand, which no plane divides anew; 0 elsewhere."""
    corrections: tuple[Correction, ...] = ()
    """Clicks and scribbles that led here, which later ones obey."""
    correctedFromCm3: float = 0.0
    """All tumor voxels before the first of them."""
    correctedBy: ModelFacts | None = None
    """The network that answered the last of them."""


def readState(segmentationNode: Any, shape: Shape) -> EditState:
    """Return the state that a segmentation is in; number 0 and nothing painted where it has none for this grid."""
    for segment in _segments(segmentationNode):
        text = vtk.reference("")
        if segment.GetTag(_TAG, text):
            data = json.loads(zlib.decompress(base64.b64decode(str(text))))
            if tuple(data["shape"]) == shape:
                return _fromPlain(data, shape)
    return EditState(number=0, plane=None, painted=np.zeros(shape, np.uint8))


def writeState(segmentationNode: Any, state: EditState) -> None:
    """Keep a state in every segment of ours, so that it is still there when one of them is removed."""
    # Neither `:` nor `|` may be in a tag: the file format of segmentations separates tags by them.
    text = base64.b64encode(zlib.compress(json.dumps(_toPlain(state)).encode())).decode()
    for segment in _segments(segmentationNode):
        segment.SetTag(_TAG, text)


def _segments(segmentationNode: Any) -> list[Any]:
    """Return the segments of the labels of its task that are there."""
    segmentation, labels = segmentationNode.GetSegmentation(), task_of(segmentationNode).label_set
    found = [segmentation.GetSegment(labels.segment_id(entry)) for entry in labels.entries]
    return [segment for segment in found if segment is not None]


def _toPlain(state: EditState) -> dict[str, Any]:
    filled = np.flatnonzero(state.painted)
    return {
        "number": state.number,
        "shape": state.painted.shape,
        "plane": to_plain(state.plane),
        "where": _packed(filled.astype("<u4")),
        "labels": _packed(state.painted.ravel()[filled]),
        "correctedFromCm3": state.correctedFromCm3,
        "corrections": [to_plain(each) for each in state.corrections],
        "correctedBy": to_plain(state.correctedBy),
    }


def _fromPlain(data: dict[str, Any], shape: Shape) -> EditState:
    painted = np.zeros(shape, np.uint8)
    painted.ravel()[_unpacked(data["where"], "<u4")] = _unpacked(data["labels"], "u1")
    plane = None if data["plane"] is None else from_plain(MeatalPlane, data["plane"], "plane", complete=True)
    told = data.get("corrections", [])  # older scenes know no clicks
    corrections = tuple(from_plain(Correction, each, "correction", complete=True) for each in told)
    by = data.get("correctedBy")
    return EditState(
        number=data["number"], plane=plane, painted=painted, corrections=corrections,
        correctedFromCm3=data.get("correctedFromCm3", 0.0),
        correctedBy=None if by is None else from_plain(ModelFacts, by, "model", complete=True),
    )  # fmt: skip


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(array.tobytes())).decode()


def _unpacked(text: str, kind: str) -> NDArray[Any]:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), kind)

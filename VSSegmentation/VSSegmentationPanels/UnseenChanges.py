"""What changes in a segmentation while this module does not watch it, as in Slicer's own Segment Editor.

A fingerprint of the voxels as they were last looked at is kept with the segmentation. Where they are others, a person
has edited: that goes into the log, and takes away what was checked, as an edit under the module's eyes does.
"""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.reporting import Edit
from VSSegmentationLib.volume import Volume
from VSSegmentationPanels import SegmentationAttributes

TOOL = "a change outside the module"
FURTHER_SEGMENTS = "further segments, not measured"
Beside = NDArray[np.bool_] | None
"""(D, H, W), voxels of segments that are none of the labels; None where there is no such segment."""


def takeUpUnseen(segmentationNode: Any, volumeNode: Any, labelmap: Volume, beside: Beside) -> None:
    """Write into the log that something was changed while nobody looked, if it was."""
    seen = SegmentationAttributes.readSeen(segmentationNode)
    if seen is not None:
        changed = seen != _fingerprint(labelmap, beside)
    else:  # new, or of a version that kept no fingerprint: then the model's answer tells it, unless the log does
        log = SegmentationAttributes.readLog(segmentationNode)
        changed = not log.edits and _isNoAnswer(segmentationNode, volumeNode, labelmap, beside)
    if changed:
        edit = Edit(at_utc=datetime.now(UTC), tool=TOOL, segment="not known")
        log = SegmentationAttributes.readLog(segmentationNode)
        SegmentationAttributes.writeLog(segmentationNode, log.with_edit(edit))
        if SegmentationAttributes.readReview(segmentationNode) is not None:
            SegmentationAttributes.writeReview(segmentationNode, None)
    markSeen(segmentationNode, labelmap, beside)


def markSeen(segmentationNode: Any, labelmap: Volume, beside: Beside) -> None:
    """Keep with a segmentation what its voxels are now."""
    SegmentationAttributes.writeSeen(segmentationNode, _fingerprint(labelmap, beside))


def editBeside(tool: str, before: Beside, after: Beside) -> Edit | None:
    """Return the entry for the log where voxels of further segments came or went: a person may believe they count."""
    came, went = _count(after, before), _count(before, after)
    if not came and not went:
        return None
    return Edit(at_utc=datetime.now(UTC), tool=tool, segment=FURTHER_SEGMENTS, voxels_added=came, voxels_removed=went)


def _count(inside: Beside, outside: Beside) -> int:
    if inside is None:
        return 0
    return int(inside.sum() if outside is None else (inside & ~outside).sum())


def _isNoAnswer(segmentationNode: Any, volumeNode: Any, labelmap: Volume, beside: Beside) -> bool:
    """Tell whether there is more or other than the model gave."""
    node = scenes.automatic_of(segmentationNode)
    if node is None:
        return False
    answer = scenes.labelmap_of(node, volumeNode).array
    return not np.array_equal(answer, labelmap.array) or _count(beside, None) > 0


def _fingerprint(labelmap: Volume, beside: Beside) -> str:
    """Return what stands for all voxels; reckoned of slices that hold any, since each stroke waits for it."""
    digest = blake2b(str(labelmap.shape).encode(), digest_size=16)
    for name, array in (("labels", labelmap.array), ("beside", beside)):
        for index, plane in enumerate(() if array is None else array):
            if plane.any():
                digest.update(f"{name} {index}".encode())
                digest.update(np.ascontiguousarray(plane))
    return digest.hexdigest()

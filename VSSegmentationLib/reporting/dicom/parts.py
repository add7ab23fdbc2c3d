"""A labelmap as the segments of a DICOM segmentation: one for each part that is there, the measured tumor first."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.imageio.dicom.segmentation import OTHER_COMPONENT
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement.regions import find_tumor
from VSSegmentationLib.volume import Volume

Side = Literal["left", "right"]

_WHOLE_HEAD_MM = 120.0
"""A scan at least this wide shows both sides; its middle divides them, otherwise the scanner's middle does."""
_NEAR_MIDLINE_MM = 5.0


@dataclass(frozen=True, kw_only=True)
class Part:
    """One segment."""

    entry: LabelEntry
    side: Side | None
    """The patient's side; None within 5 mm of the middle, and where that of the measured tumor is not determined."""
    measured: bool
    """Whether the measurements are of this part: the largest connected tumor alone is measured."""

    @property
    def name(self) -> str:
        """What people read."""
        name = self.entry.name
        return name if self.measured or not self.entry.is_tumor else f"{name}{OTHER_COMPONENT}"


class Segments(NamedTuple):
    """Parts, and which voxels are theirs."""

    numbers: NDArray[np.uint8]
    """(D, H, W): 0 outside, n in the n-th part (counted from 1)."""
    parts: tuple[Part, ...]


def segments_of(labelmap: Volume, label_set: LabelSet, tumor_side: Side | None) -> Segments:
    """Divide a labelmap into parts that together hold each of its labeled voxels once.

    Components beside the measured tumor are parts of their own, one for each label and side, so that the volume in
    a report is that of the segment it refers to.

    Args:
        labelmap: (D, H, W) of values of the set.
        label_set: What the values mean.
        tumor_side: Of the measured tumor, None where it is not determined. Other parts are given the side they lie on
            only where the measured tumor, seen in the same way, lies on its own.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of the set.
    """
    index = np.argwhere(labelmap.array)
    labels = labelmap.array[tuple(index.T)]
    from_midline = geometry.transform_points(labelmap.dhw_to_ras, index)[:, 0] - _midline_r_mm(labelmap)
    measured = _is_measured(labelmap, label_set, index)
    numbers = np.zeros(labelmap.shape, np.uint8)
    parts: list[Part] = []
    are_sided = tumor_side is not None and _side(from_midline[measured]) == tumor_side
    halves = (from_midline > 0, from_midline <= 0) if are_sided else (np.ones(len(index), np.bool_),)

    def add(entry: LabelEntry, chosen: NDArray[np.bool_], side: Side | None, *, is_measured: bool) -> None:
        if chosen.any():
            parts.append(Part(entry=entry, side=side, measured=is_measured))
            numbers[tuple(index[chosen].T)] = len(parts)

    for entry in label_set.tumor:
        add(entry, measured & (labels == entry.value), tumor_side, is_measured=True)
    for entry in label_set.entries:
        for half in halves:
            chosen = half & (labels == entry.value) & ~measured
            add(entry, chosen, _side(from_midline[chosen]) if are_sided else None, is_measured=False)
    return Segments(numbers, tuple(parts))


def _is_measured(labelmap: Volume, label_set: LabelSet, index: NDArray[np.intp]) -> NDArray[np.bool_]:
    tumor = find_tumor(labelmap, label_set)
    if tumor is None:
        return np.zeros(len(index), np.bool_)
    here = index - tumor.start_dhw
    inside = ((here >= 0) & (here < tumor.labelmap.shape)).all(axis=1)
    measured = np.zeros(len(index), np.bool_)
    measured[inside] = tumor.labelmap.array[tuple(here[inside].T)] != 0
    return measured


def _midline_r_mm(labelmap: Volume) -> float:
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in labelmap.shape], indexing="ij")).reshape(3, -1).T
    across = geometry.transform_points(labelmap.dhw_to_ras, corners)[:, 0]
    return float(across.min() + across.max()) / 2 if np.ptp(across) >= _WHOLE_HEAD_MM else 0.0


def _side(from_midline_mm: NDArray[np.float64]) -> Side | None:
    if not from_midline_mm.size or abs(float(from_midline_mm.mean())) < _NEAR_MIDLINE_MM:
        return None
    return "right" if from_midline_mm.mean() > 0 else "left"

"""The DICOM series a scan was read from: what a segmentation object or a report written for it refers to."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.short_repr import short_repr


class SourceSlice(NamedTuple):
    """Where one slice of the series is stored."""

    path: Path
    """For reading only: never logged or written, since folders and file names may name a patient."""
    frame: int
    """Index in the file; 0 for classic objects, which hold one slice each."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DicomSource:
    """The slices of one series in the order of the scan's D axis, and the grid they lie on."""

    slices: tuple[SourceSlice, ...]
    shape: Shape
    dhw_to_ras: Affine
    frame_of_reference_uid: str
    """Empty when the series states none, or its slices differ in it."""
    resampled: bool
    """Whether the scan's voxels were interpolated onto another grid than the slices'; then no slice fits a labelmap."""

    __repr__ = short_repr

"""A DICOM segmentation: its segments on the grid of their frames, whatever their order and whichever are missing.

Source: DICOM PS3.3 A.51 and C.8.20 (Segmentation), A.94 (Label Map Segmentation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.imageio.dicom.headers import DAMAGE, silent_pydicom
from VSSegmentationLib.imageio.dicom.opening import opened_dicom, read_data_set
from VSSegmentationLib.imageio.dicom.segment_frames import FrameGrid, FramePlace, grid_of_frames
from VSSegmentationLib.imageio.dicom.segment_pixels import stored_frames
from VSSegmentationLib.imageio.dicom.segment_words import described_segment
from VSSegmentationLib.imageio.files.segments import Segment

OWN_MAKER = "vs-segmentation"
OTHER_COMPONENT = ", other component"
"""Ends the names that this software gives to tumor beside the one that is measured."""
_SEGMENTATION, _LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
_MOST_SEGMENTS = 500


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredSegmentation:
    """What a segmentation object holds, before its segments were given a meaning."""

    segments: tuple[Segment, ...]
    layers: tuple[NDArray[np.uint16], ...]
    """Each (D, H, W) of numbers of segments; more than one where segments overlap."""
    dhw_to_ras: Affine
    frame_of_reference_uid: str
    """Empty where the object states none."""
    is_reference_hidden: bool
    """Whether this software put another frame of reference in the place of the source's, to hide the patient."""
    notes: tuple[str, ...]
    """Full sentences about what was taken for what."""


class SegmentTold(NamedTuple):
    """A segment in numbers."""

    number: int
    name: str
    voxels: int


def describe_segmentation(path: Path) -> list[SegmentTold]:
    """Return what a segmentation object holds, in its order; segments without a voxel are left out.

    Raises:
        InputRefusedError: As `read_segmentation`.
    """
    stored = read_segmentation(path)
    return [
        SegmentTold(s.value, s.name, int(np.count_nonzero(stored.layers[s.layer] == s.value))) for s in stored.segments
    ]


class SegmentationTold(NamedTuple):
    """Who made a segmentation object, and what it calls its content."""

    is_own: bool
    content_label: str


def is_segmentation(path: Path) -> bool:
    """Return whether a DICOM file is a segmentation, as far as its header can be read."""
    with silent_pydicom():
        try:
            with opened_dicom(path) as file:
                return str(read_data_set(file, tags=["SOPClassUID"]).get("SOPClassUID")) in (_SEGMENTATION, _LABEL_MAP)
        except (InputRefusedError, *DAMAGE):
            return False


def segmentation_told(path: Path) -> SegmentationTold:
    """Return what the header of a segmentation object tells; of another DICOM file, nothing."""
    with silent_pydicom():
        try:
            with opened_dicom(path) as file:
                header = read_data_set(file, tags=["SOPClassUID", "Manufacturer", "ContentLabel"])
                if str(header.get("SOPClassUID")) not in (_SEGMENTATION, _LABEL_MAP):
                    return SegmentationTold(is_own=False, content_label="")
                return SegmentationTold(_is_own(header), str(header.get("ContentLabel") or ""))
        except (InputRefusedError, *DAMAGE):
            return SegmentationTold(is_own=False, content_label="")


def read_segmentation(path: Path) -> StoredSegmentation:
    """Read the segments of a segmentation object.

    Its frames tell where they lie. Slices without a frame hold nothing; one more is added at either end, since the
    object does not say how far the scan reaches.

    Raises:
        InputRefusedError: If it is no segmentation, damaged, or its frames do not lie on one grid.
    """
    with silent_pydicom():
        try:
            with opened_dicom(path) as file:
                dataset = read_data_set(file)
            _check_kind(dataset)
            return _stored(dataset)
        except InputRefusedError:
            raise
        except DAMAGE as error:
            msg = "The DICOM segmentation is damaged or truncated; copy or export it again"
            raise InputRefusedError(msg) from error


def _check_kind(dataset: Dataset) -> None:
    if str(dataset.get("SOPClassUID")) in (_SEGMENTATION, _LABEL_MAP):
        return
    if dataset.get("Modality") == "RTSTRUCT":
        msg = (
            "The file is an RTSTRUCT, whose contours need the scan they were drawn on: measure it first, with "
            "measure --image, and use the results"
        )
        raise InputRefusedError(msg)
    msg = "The DICOM file is no segmentation (SEG); give a SEG, a labelmap, or for measuring an RTSTRUCT"
    raise InputRefusedError(msg)


def _stored(dataset: Dataset) -> StoredSegmentation:
    kind = str(dataset.get("SegmentationType") or "")
    if kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
        msg = "The DICOM segmentation states no type that is known (BINARY, FRACTIONAL, LABELMAP); export it again"
        raise InputRefusedError(msg)
    described = [described_segment(each) for each in dataset.SegmentSequence]
    if kind == "LABELMAP":  # which may describe the background, too
        described = [each for each in described if each.value]
    if len({each.value for each in described}) < len(described) or len(described) > _MOST_SEGMENTS:
        msg = "The DICOM segmentation is damaged: its segments have no numbers of their own, or are too many"
        raise InputRefusedError(msg)
    frames = stored_frames(dataset)
    groups = dataset.PerFrameFunctionalGroupsSequence
    if len(groups) != len(frames):
        msg = "The DICOM segmentation is damaged: its frames and their descriptions differ in number; export it again"
        raise InputRefusedError(msg)
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    grid = grid_of_frames([FramePlace.of(own, shared) for own in groups], frames.shape[1:])
    segments, same = _own_joined(described) if _is_own(dataset) else (tuple(described), {})
    notes: tuple[str, ...] = ()
    if kind == "LABELMAP":
        layers = [_label_layer(frames, grid, {each.value for each in described}, same)]
    else:
        if kind == "FRACTIONAL":
            frames, notes = _as_masks(frames, dataset)
        numbers = [_segment_number(own, shared) for own in groups]
        layers = _layers(frames, [same.get(number, number) for number in numbers], grid)
    places = _places(segments, layers)
    return StoredSegmentation(
        segments=tuple(s._replace(layer=places.get(s.value, 0)) for s in segments if s.value in places),
        layers=tuple(layers),
        dhw_to_ras=grid.dhw_to_ras,
        frame_of_reference_uid=str(dataset.get("FrameOfReferenceUID") or ""),
        is_reference_hidden=_is_own(dataset) and dataset.get("PatientIdentityRemoved") == "YES",
        notes=notes,
    )


def _is_own(dataset: Dataset) -> bool:
    return str(dataset.get("Manufacturer") or "") == OWN_MAKER


def _segment_number(own: Dataset, shared: Dataset) -> int:
    for groups in (own, shared):
        if groups.get("SegmentIdentificationSequence"):
            return int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
    msg = "The DICOM segmentation is damaged: a frame does not say of which segment it is; export it again"
    raise InputRefusedError(msg)


def _own_joined(described: Sequence[Segment]) -> tuple[tuple[Segment, ...], Mapping[int, int]]:
    """Return the segments of an own object with the components of one label joined, and which number became which."""
    first: dict[str, Segment] = {}
    same = {}
    for each in described:
        name = each.name.removesuffix(OTHER_COMPONENT)
        same[each.value] = first.setdefault(name, each._replace(name=name)).value
    return tuple(first.values()), same


def _as_masks(frames: NDArray[Any], dataset: Dataset) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return fractions of at least one half as masks, and a sentence if there are any between nothing and all."""
    most = int(dataset.get("MaximumFractionalValue") or 0)
    if most < 1 or int(frames.max()) > most:
        msg = "The DICOM segmentation is damaged: it does not state its largest fraction; export it again"
        raise InputRefusedError(msg)
    between = int(np.count_nonzero((frames > 0) & (frames < most)))
    if not between:
        return frames > 0, ()
    meaning = "occupancy" if str(dataset.get("SegmentationFractionalType")) == "OCCUPANCY" else "probability"
    note = (
        f"The segmentation holds fractions ({meaning}) and is no mask: voxels of one half or more were taken for "
        f"inside. In {between} voxels it lies between 0 and 1, and another limit gives other numbers."
    )
    return frames >= -(-most // 2), (note,)


def _layers(frames: NDArray[Any], numbers: Sequence[int], grid: FrameGrid) -> list[NDArray[np.uint16]]:
    """Put each segment onto the first layer on which it overlaps no other."""
    layers: list[NDArray[np.uint16]] = []
    for number in sorted(set(numbers)):
        own = [i for i, each in enumerate(numbers) if each == number]
        mask = np.zeros(grid.shape, np.bool_)
        for i in own:
            mask[grid.slices[i]] |= frames[i] != 0
        free = next((layer for layer in layers if not layer[mask].any()), None)
        if free is None:
            free = np.zeros(grid.shape, np.uint16)
            layers.append(free)
        free[mask] = number
    return layers


def _label_layer(frames: NDArray[Any], grid: FrameGrid, known: set[int], same: Mapping[int, int]) -> NDArray[np.uint16]:
    layer = np.zeros(grid.shape, np.uint16)
    for frame, index in zip(frames, grid.slices, strict=True):
        layer[index] = frame
    stray = set(np.unique(layer).tolist()) - known - {0}
    if stray:
        msg = f"The DICOM segmentation is damaged: its value {min(stray)} is no segment; export it again"
        raise InputRefusedError(msg)
    for number, joined in same.items():
        if number != joined:
            layer[layer == number] = joined
    return layer


def _places(segments: Sequence[Segment], layers: Sequence[NDArray[np.uint16]]) -> dict[int, int]:
    """Return on which layer each segment is; those that hold no voxel are left out."""
    there = [set(np.unique(layer).tolist()) for layer in layers]
    return {s.value: k for s in segments for k, numbers in enumerate(there) if s.value in numbers}

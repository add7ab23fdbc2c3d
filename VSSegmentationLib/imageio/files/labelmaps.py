"""Reading labelmaps, ours and those of others, as far as it is certain what their values mean."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.files.reading import existing_file, file_kind, load_label_layers
from VSSegmentationLib.imageio.files.seg_nrrd import LABEL_SET_FIELD, segment_terminology
from VSSegmentationLib.imageio.terminology import label_of_terminology
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.volume import Volume

_MOST_HEADER_LINES = 10_000


class _Segment(NamedTuple):
    name: str
    terminology: str
    value: int
    layer: int


def read_labelmap(path: Path, label_set: LabelSet = VESTIBULAR_SCHWANNOMA_LABELS) -> Volume:
    """Read a labelmap from .nii, .nii.gz, .nrrd, .seg.nrrd or .mha.

    The segments of a .seg.nrrd are recognized by the names of the label set, else by its codes, any other by its label
    value. A file without segments has to hold the values of the set themselves.

    Args:
        path: The file.
        label_set: What its values mean.

    Returns:
        uint8 (D, H, W) on the grid of the file (Slicer may have cropped it).

    Raises:
        InputRefusedError: If the file is not a labelmap, or it is not certain what its values mean.
        UsageError: If there is no such file.
    """
    layers, dhw_to_ras, fields = load_label_layers(existing_file(path))
    for layer in layers:
        _check_whole_numbers(layer)
    _check_label_set(fields.get(LABEL_SET_FIELD, label_set.name), label_set)
    segments = _segments(fields)
    labelmap = _from_segments(layers, segments, label_set) if segments else _from_values(layers, label_set)
    return Volume(labelmap, dhw_to_ras)


def named_label_set(path: Path) -> str | None:
    """Return the name of the label set that the header of a labelmap file tells; None where it tells none.

    Raises:
        UsageError: If there is no such file.
    """
    if file_kind(existing_file(path)) != "NRRD":
        return None
    with path.open("rb") as file:
        header = itertools.takewhile(bytes.strip, itertools.islice(file, _MOST_HEADER_LINES))
        told = (line.decode("utf-8", "replace").partition(":=") for line in header)
        return next((value.strip() for key, _, value in told if key == LABEL_SET_FIELD), None)


def _check_label_set(told: str, label_set: LabelSet) -> None:
    if told != label_set.name:
        msg = f"The file holds the labels of {told}, and those of {label_set.name} are needed; give another labelmap"
        raise InputRefusedError(msg)


def as_labelmap(volume: Volume, label_set: LabelSet = VESTIBULAR_SCHWANNOMA_LABELS) -> Volume:
    """Return a volume that is in memory as a labelmap, uint8.

    Args:
        volume: (D, H, W) values of the set, of any number type; True stands for 1.
        label_set: What the values mean.

    Raises:
        InputRefusedError: If it is not a labelmap, or it is not certain what its values mean.
    """
    _check_whole_numbers(volume.array)
    return volume.with_array(_from_values((volume.array,), label_set))


def _check_whole_numbers(layer: NDArray[Any]) -> None:
    if np.issubdtype(layer.dtype, np.integer):
        return
    finite = np.isfinite(layer)
    if not finite.all() or (layer != np.round(layer)).any():
        msg = (
            "A labelmap must hold whole numbers, and this one holds fractions or numbers that are not finite; "
            "it may be an image or a probability map: give the labelmap instead"
        )
        raise InputRefusedError(msg)


def _from_values(layers: tuple[NDArray[Any], ...], label_set: LabelSet) -> NDArray[np.uint8]:
    if len(layers) > 1:
        msg = (
            f"The labelmap has {len(layers)} layers and no segments that would say what they are; "
            "save it from Slicer as .seg.nrrd or as one label image"
        )
        raise InputRefusedError(msg)
    try:
        label_set.check_array(layers[0])
    except InputRefusedError as error:
        msg = f"{error}; it may be an image: give the labelmap instead"
        raise InputRefusedError(msg) from error
    return layers[0].astype(np.uint8)


def _segments(fields: Mapping[str, str]) -> list[_Segment]:
    segments: list[_Segment] = []
    while f"Segment{len(segments)}_ID" in fields:
        prefix = f"Segment{len(segments)}_"
        try:
            value, layer = int(fields.get(prefix + "LabelValue", "1")), int(fields.get(prefix + "Layer", len(segments)))
        except ValueError as error:
            msg = (
                f"The header of segment {len(segments) + 1} is damaged: its value or layer is no number; save it again"
            )
            raise InputRefusedError(msg) from error
        terminology = segment_terminology(fields, len(segments))
        segments.append(_Segment(fields.get(prefix + "Name", ""), terminology, value, layer))
    return segments


def _from_segments(
    layers: tuple[NDArray[Any], ...], segments: list[_Segment], label_set: LabelSet
) -> NDArray[np.uint8]:
    labels = _labels_of(segments, label_set)
    labelmap = np.zeros(layers[0].shape, np.uint8)
    described = [np.zeros(layer.shape, np.bool_) for layer in layers]
    for number, (segment, label) in enumerate(zip(segments, labels, strict=True), 1):
        if not 0 <= segment.layer < len(layers):
            msg = f"The file is damaged: segment {number} has layer {segment.layer + 1} of {len(layers)}; save it again"
            raise InputRefusedError(msg)
        inside = layers[segment.layer] == segment.value
        described[segment.layer] |= inside
        shared = int(np.count_nonzero(labelmap[inside]))
        if shared:
            msg = f"Segment {number} overlaps another in {shared} voxels; make them disjoint in the segment editor"
            raise InputRefusedError(msg)
        labelmap[inside] = label.value
    stray = sum(int(np.count_nonzero(layer[~known])) for layer, known in zip(layers, described, strict=True))
    if stray:
        msg = f"The file holds {stray} voxels that belong to none of its {len(segments)} segments; save it again"
        raise InputRefusedError(msg)
    return labelmap


def _labels_of(segments: list[_Segment], label_set: LabelSet) -> list[LabelEntry]:
    named = [_named(segment, label_set) for segment in segments]
    labels: list[LabelEntry] = []
    for i, (segment, name) in enumerate(zip(segments, named, strict=True), 1):
        label = name
        if label is None and segment.value in label_set.values and label_set.of_value(segment.value) not in named:
            label = label_set.of_value(segment.value)
        if label is None or label in labels:
            names = ", ".join(entry.name for entry in label_set.entries)
            msg = f"It is not certain what segment {i} of {len(segments)} is; name each segment one of: {names}"
            raise InputRefusedError(msg)
        labels.append(label)
    return labels


def _named(segment: _Segment, label_set: LabelSet) -> LabelEntry | None:
    name = segment.name.strip().casefold()
    by_name = next((entry for entry in label_set.entries if entry.name.casefold() == name), None)
    return by_name or label_of_terminology(label_set, segment.terminology)

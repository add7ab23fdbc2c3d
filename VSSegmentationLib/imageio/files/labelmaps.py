"""Reading labelmaps, ours and those of others, as far as it is certain what their values mean."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.files.reading import existing_file, load_label_layers
from VSSegmentationLib.labels import LABEL_STYLES, Label
from VSSegmentationLib.volume import Volume

_LABEL_OF_NAME = {style.name.casefold(): label for label, style in LABEL_STYLES.items()}


class _Segment(NamedTuple):
    name: str
    value: int
    layer: int


def read_labelmap(path: Path) -> Volume:
    """Read a labelmap from .nii, .nii.gz, .nrrd, .seg.nrrd or .mha.

    The segments of a .seg.nrrd are recognized by the names in `LABEL_STYLES`, any other by its label value. A file
    without segments has to hold the values of `Label` themselves.

    Returns:
        uint8 (D, H, W) on the grid of the file (Slicer may have cropped it).

    Raises:
        InputRefusedError: If the file is not a labelmap, or it is not certain what its values mean.
        UsageError: If there is no such file.
    """
    layers, dhw_to_ras, fields = load_label_layers(existing_file(path))
    for layer in layers:
        _check_whole_numbers(layer)
    segments = _segments(fields)
    labelmap = _from_segments(layers, segments) if segments else _from_values(layers)
    return Volume(labelmap, dhw_to_ras)


def as_labelmap(volume: Volume) -> Volume:
    """Return a volume that is in memory as a labelmap, uint8.

    Args:
        volume: (D, H, W) values of `Label`, of any number type; True stands for 1.

    Raises:
        InputRefusedError: If it is not a labelmap, or it is not certain what its values mean.
    """
    _check_whole_numbers(volume.array)
    return volume.with_array(_from_values((volume.array,)))


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


def _from_values(layers: tuple[NDArray[Any], ...]) -> NDArray[np.uint8]:
    if len(layers) > 1:
        msg = (
            f"The labelmap has {len(layers)} layers and no segments that would say what they are; "
            "save it from Slicer as .seg.nrrd or as one label image"
        )
        raise InputRefusedError(msg)
    low, high = int(layers[0].min()), int(layers[0].max())
    if low < min(Label) or high > max(Label):
        meaning = ", ".join(f"{label.value} {style.name.lower()}" for label, style in sorted(LABEL_STYLES.items()))
        msg = (
            f"A labelmap may hold 0 for background, {meaning}, and this one holds values from {low} to {high}; "
            "it may be an image: give the labelmap, or map its values to these"
        )
        raise InputRefusedError(msg)
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
        segments.append(_Segment(fields.get(prefix + "Name", ""), value, layer))
    return segments


def _from_segments(layers: tuple[NDArray[Any], ...], segments: list[_Segment]) -> NDArray[np.uint8]:
    labels = _labels_of(segments)
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
        labelmap[inside] = label
    stray = sum(int(np.count_nonzero(layer[~known])) for layer, known in zip(layers, described, strict=True))
    if stray:
        msg = f"The file holds {stray} voxels that belong to none of its {len(segments)} segments; save it again"
        raise InputRefusedError(msg)
    return labelmap


def _labels_of(segments: list[_Segment]) -> list[Label]:
    named = {i: _LABEL_OF_NAME[s.name.strip().casefold()] for i, s in enumerate(segments) if _known(s)}
    labels = []
    for i, segment in enumerate(segments):
        label = named.get(i)
        if label is None and segment.value in LABEL_STYLES and segment.value not in named.values():
            label = Label(segment.value)
        if label is None or label in labels:
            names = ", ".join(style.name for style in LABEL_STYLES.values())
            msg = f"It is not certain what segment {i + 1} of {len(segments)} is; name each segment one of: {names}"
            raise InputRefusedError(msg)
        labels.append(label)
    return labels


def _known(segment: _Segment) -> bool:
    return segment.name.strip().casefold() in _LABEL_OF_NAME

"""Reading labelmaps, ours and those of others, as far as it is certain what their values mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.codec import shortened
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.imageio.files.drawing import Drawing, drawing_in
from VSSegmentationLib.imageio.files.label_meaning import Meaning, meaning_of_values
from VSSegmentationLib.imageio.files.nrrd import nrrd_header
from VSSegmentationLib.imageio.files.own_header import LABEL_SET_FIELD, Side, own_header
from VSSegmentationLib.imageio.files.reading import LabelLayers, file_kind, load_file, load_label_layers
from VSSegmentationLib.imageio.files.segments import Segment, meaning_of_segments, segments_in, side_told
from VSSegmentationLib.label_names import LabelValues
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume

_MOST_KINDS, _LARGEST_LABEL, _MOST_TOLD, _LONGEST_NAME = 20, 255, 20, 60
"""A scan has more gray values, whatever its type."""


@dataclass(frozen=True, kw_only=True)
class Labelmap:
    """A labelmap, and what has to be known of how it was read."""

    volume: Volume
    """uint8 (D, H, W) of values of the label set, on the grid of the file."""
    side: Side | None = None
    """Of the patient, on which the tumor is, where the file tells it."""
    notes: tuple[str, ...] = ()
    """Full sentences about what was taken for what."""
    is_assumed_whole: bool = False
    """Whether the only value was taken for the whole tumor, though nothing says so."""
    drawing: Drawing | None = None
    """The model that gave it, where the file tells one."""
    is_untouched: bool = False
    """Whether it still is what that model gave."""
    frame_of_reference_uid: str | None = None
    """Of a DICOM object, empty where it states none or hides it; None for files of other formats."""

    __repr__ = short_repr


def labelmap_of_layers(
    read: LabelLayers, segments: Sequence[Segment], label_set: LabelSet, *, values: LabelValues | None = None
) -> Labelmap:
    """Return a labelmap of what its file holds.

    Args:
        read: The voxels, and what the header says in fields of its writer's own.
        segments: That the header describes; none where it is not that of a segmentation.
        label_set: What the values are to mean.
        values: What somebody said that they mean, for what the file itself does not say.

    Raises:
        InputRefusedError: If it is not a labelmap, or one of another label set.
        UsageError: If it is not certain what its values mean; the message lists them.
    """
    for layer in read.layers:
        _check_whole_numbers(layer)
    header = own_header(read.fields)
    _check_label_set(header.label_set or label_set.name, label_set)
    if segments:
        meaning = meaning_of_segments(read.layers, segments, label_set, values=values, header=header)
    else:
        meaning = meaning_of_values(_only_layer(read), label_set, values=values, header=header)
    volume = Volume(meaning.array, read.dhw_to_ras, axes_assumed=read.axes_assumed or header.axes_assumed)
    drawing = drawing_in(read.fields)
    return Labelmap(
        volume=volume,
        side=header.side or side_told(segments, label_set),
        notes=meaning.notes,
        is_assumed_whole=meaning.is_assumed_whole,
        drawing=drawing,
        is_untouched=drawing is not None and drawing.is_untouched(volume),
    )


def load_labelmap_file(path: Path, label_set: LabelSet, *, values: LabelValues | None = None) -> Labelmap:
    """Read a labelmap of any format but DICOM; arguments and errors as for `labelmap_of_layers`."""
    read = load_label_layers(path)
    return labelmap_of_layers(read, segments_in(read.fields), label_set, values=values)


def label_set_named(path: Path) -> str | None:
    """Return the name of the label set that the header of a file tells, of any format but DICOM; else None.

    Raises:
        InputRefusedError: If it is a damaged file.
    """
    kind = file_kind(path)
    if kind == "NRRD":
        return nrrd_header(path, layers_allowed=True).fields.get(LABEL_SET_FIELD)
    return load_file(path, is_labelmap=True).fields.get(LABEL_SET_FIELD) if kind in ("NIfTI", "MetaImage") else None


class LabelsTold(NamedTuple):
    """What a labelmap file holds, in numbers and the names that its own header has."""

    file_format: str
    shape_dhw: Shape
    spacing_dhw_mm: Triplet
    labels: tuple[tuple[int, int, str], ...]
    """Value, voxels, and name; empty where the header has none."""


def labels_told(path: Path) -> LabelsTold | None:
    """Return what a file holds if it is a labelmap: by its header, or as whole numbers of few kinds are no scan.

    Raises:
        InputRefusedError: If it is damaged.
    """
    read = load_label_layers(path)
    segments, header = segments_in(read.fields), own_header(read.fields)
    kinds = [np.unique(layer) for layer in read.layers]
    by_header = bool(segments) or header.label_set is not None
    few = all(_are_labels(values) for values in kinds)
    if not by_header and not few:
        return None
    names = {(each.layer, each.value): each.name for each in segments}
    labels = tuple(
        (int(value), int(np.count_nonzero(layer == value)), names.get((number, int(value)), ""))
        for number, (layer, values) in enumerate(zip(read.layers, kinds, strict=True))
        for value in values[values != 0][:_MOST_TOLD]
    )
    spacing = geometry.spacing_dhw_mm(read.dhw_to_ras)
    return LabelsTold(file_kind(path), read.layers[0].shape, spacing, labels)


def _are_labels(values: NDArray[Any]) -> bool:
    whole = np.issubdtype(values.dtype, np.integer) or bool((np.isfinite(values) & (values == np.round(values))).all())
    return whole and len(values) <= _MOST_KINDS and values.min() >= 0 and values.max() <= _LARGEST_LABEL


def as_labelmap(
    volume: Volume, label_set: LabelSet = VESTIBULAR_SCHWANNOMA_LABELS, *, values: LabelValues | None = None
) -> Labelmap:
    """Return a volume that is in memory as a labelmap.

    Args:
        volume: (D, H, W) values of any number type; True stands for 1.
        label_set: What they are to mean.
        values: What they mean; without it, it is taken as of a file without a header.

    Raises:
        InputRefusedError: If it is not a labelmap.
        UsageError: If it is not certain what its values mean; the message lists them.
    """
    _check_whole_numbers(volume.array)
    meaning: Meaning = meaning_of_values(volume.array, label_set, values=values)
    return Labelmap(
        volume=volume.with_array(meaning.array), notes=meaning.notes, is_assumed_whole=meaning.is_assumed_whole
    )


def _check_label_set(told: str, label_set: LabelSet) -> None:
    if told != label_set.name:
        came = shortened(told, _LONGEST_NAME)
        msg = f"The file holds the labels of {came}, and those of {label_set.name} are needed; give another labelmap"
        raise InputRefusedError(msg)


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


def _only_layer(read: LabelLayers) -> NDArray[Any]:
    if len(read.layers) > 1:
        msg = (
            f"The labelmap has {len(read.layers)} layers and no segments that would say what they are; "
            "save it from Slicer as .seg.nrrd or as one label image"
        )
        raise InputRefusedError(msg)
    return read.layers[0]

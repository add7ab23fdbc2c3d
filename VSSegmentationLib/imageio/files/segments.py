"""What the segments of a Slicer segmentation are: by their names and codes; a value is storage and says nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio.files.label_meaning import Meaning
from VSSegmentationLib.imageio.files.own_header import SIDES, OwnHeader, Side
from VSSegmentationLib.imageio.files.seg_nrrd import segment_terminology
from VSSegmentationLib.imageio.files.stored_image import whole_number
from VSSegmentationLib.imageio.terminology import is_anatomy, label_of_terminology, side_of_terminology
from VSSegmentationLib.label_names import LabelValues, entry_named, plain_name
from VSSegmentationLib.label_set import LabelEntry, LabelSet

_NEIGHBORS = frozenset(
    ("brain", "brainstem", "brain stem", "cerebellum", "skull", "skin", "head", "pons", "csf", "facial nerve",
     "cochlear nerve", "vestibular nerve", "trigeminal nerve", "labyrinth", "vestibule", "semicircular canals",
     "internal auditory canal", "iac", "ventricle", "ventricles", "fourth ventricle")
)  # fmt: skip
"""Plain names of what is outlined beside tumors near the brain."""
_MOST_LISTED, _LONGEST_NAME = 10, 40
_NAMES_COUNT = "Segments that have names or codes of labels were read by these, not by what was said with --values."


class Segment(NamedTuple):
    """One segment as the header describes it."""

    identity: str
    name: str
    terminology: str
    value: int
    layer: int


def segments_in(fields: Mapping[str, str]) -> list[Segment]:
    """Return the segments that a header describes; none where it is not that of a segmentation.

    Raises:
        InputRefusedError: If the value or the layer of one is no number.
    """
    segments: list[Segment] = []
    while f"Segment{len(segments)}_ID" in fields:
        prefix = f"Segment{len(segments)}_"
        try:
            value = whole_number(fields.get(prefix + "LabelValue", "1"))
            layer = whole_number(fields.get(prefix + "Layer", str(len(segments))))
        except ValueError as error:
            msg = (
                f"The header of segment {len(segments) + 1} is damaged: its value or layer is no number; save it again"
            )
            raise InputRefusedError(msg) from error
        name, terminology = fields.get(prefix + "Name", ""), segment_terminology(fields, len(segments))
        segments.append(Segment(fields[prefix + "ID"], name, terminology, value, layer))
    return segments


def meaning_of_segments(
    layers: Sequence[NDArray[Any]],
    segments: Sequence[Segment],
    label_set: LabelSet,
    *,
    values: LabelValues | None = None,
    header: OwnHeader,
) -> Meaning:
    """Return the segments as one labelmap in the values of a label set.

    Args:
        layers: Each (D, H, W).
        segments: At least one.
        label_set: What the values are to become.
        values: What somebody said that segments are that have neither name nor code of a label, by their value, or by
            their number in the file where they share values.
        header: What the file says of itself.

    Raises:
        InputRefusedError: If segments overlap, or the file is damaged.
        UsageError: If it is not certain what a segment is; the message lists them.
    """
    labels = _labels_of(segments, label_set, values, header)
    labelmap = np.zeros(layers[0].shape, np.uint8)
    described = [np.zeros(layer.shape, np.bool_) for layer in layers]
    for number, (segment, label) in enumerate(zip(segments, labels.entries, strict=True), 1):
        if not 0 <= segment.layer < len(layers):
            msg = f"The file is damaged: segment {number} has layer {segment.layer + 1} of {len(layers)}; save it again"
            raise InputRefusedError(msg)
        inside = layers[segment.layer] == segment.value
        described[segment.layer] |= inside
        if label is None:
            continue
        shared = int(np.count_nonzero(labelmap[inside]))
        if shared:
            msg = f"Segment {number} overlaps another in {shared} voxels; make them disjoint in the segment editor"
            raise InputRefusedError(msg)
        labelmap[inside] = label.value
    stray = sum(int(np.count_nonzero(layer[~known])) for layer, known in zip(layers, described, strict=True))
    if stray:
        msg = f"The file holds {stray} voxels that belong to none of its {len(segments)} segments; save it again"
        raise InputRefusedError(msg)
    return Meaning(labelmap, labels.notes, labels.is_assumed_whole)


def side_told(segments: Sequence[Segment], label_set: LabelSet) -> Side | None:
    """Return the side that the codes of the tumor's segments tell; None if none does, or they differ."""
    tumor = [s for s in segments if (entry := _known(s, label_set)) is not None and entry.is_tumor]
    sides = {SIDES[side] for s in tumor if (side := side_of_terminology(s.terminology)) is not None}
    return sides.pop() if len(sides) == 1 else None


class _Labels(NamedTuple):
    """What segments are."""

    entries: list[LabelEntry | None]
    """None for a segment that is left out."""
    notes: tuple[str, ...]
    is_assumed_whole: bool = False


def _labels_of(
    segments: Sequence[Segment], label_set: LabelSet, values: LabelValues | None, header: OwnHeader
) -> _Labels:
    numbers = _numbers(segments)
    entries = [_known(segment, label_set, header) for segment in segments]
    told = [(values or {}).get(number) for number in numbers]
    notes = []
    if any(entry is not None and said not in (None, entry.value) for entry, said in zip(entries, told, strict=True)):
        notes.append(_NAMES_COUNT)
    unknown = [i for i, entry in enumerate(entries) if entry is None and told[i] is None]
    neighbors = [i for i in unknown if _is_neighbor(segments[i])]
    if len(segments) == len(unknown) == 1 and not neighbors and values is None:
        return _Labels([label_set.whole_tumor], (_only_one(segments[0], label_set),), is_assumed_whole=True)
    if len(neighbors) < len(unknown) or len(neighbors) == len(segments):
        raise UsageError(_uncertain(segments, numbers, label_set))
    for i, said in enumerate(told):
        if entries[i] is None and said:
            entries[i] = label_set.of_value(said)
    if neighbors:
        names = ", ".join(_shown(segments[i]) for i in neighbors)
        notes.append(f"Other structures of the file were left out: {names}.")
    _check_once(entries, segments, numbers, label_set)
    return _Labels(entries, tuple(notes))


def _known(segment: Segment, label_set: LabelSet, header: OwnHeader | None = None) -> LabelEntry | None:
    """Return the label by name, else by code, else by an identity of our own; None if it has none of them."""
    found = entry_named(label_set, segment.name) or label_of_terminology(label_set, segment.terminology)
    if found is None and header is not None and header.label_set == label_set.name:
        return next((each for each in label_set.entries if label_set.segment_id(each) == segment.identity), None)
    return found


def _is_neighbor(segment: Segment) -> bool:
    return is_neighbor_name(segment.name) or is_anatomy(segment.terminology)


def is_neighbor_name(name: str) -> bool:
    """Return whether something is called like a structure that lies beside tumors near the brain."""
    return plain_name(name) in _NEIGHBORS


def _numbers(segments: Sequence[Segment]) -> list[int]:
    values = [segment.value for segment in segments]
    return values if len(set(values)) == len(values) else list(range(1, len(segments) + 1))


def _check_once(
    labels: Sequence[LabelEntry | None], segments: Sequence[Segment], numbers: Sequence[int], label_set: LabelSet
) -> None:
    """See that only organs that are there on each side are outlined in several segments."""
    found = [label for label in labels if label is not None and not label.paired]
    if len({label.key for label in found}) < len(found):
        raise UsageError(_uncertain(segments, numbers, label_set))


def _only_one(segment: Segment, label_set: LabelSet) -> str:
    return (
        f"The only segment, {_shown(segment)}, was read as the whole tumor. If it is something else, name it so, or "
        f"say --values {segment.value}={label_set.tumor[0].key}."
    )


def _uncertain(segments: Sequence[Segment], numbers: Sequence[int], label_set: LabelSet) -> str:
    listed = [f"{number} {_shown(segment)}" for number, segment in zip(numbers, segments, strict=True)]
    more = f" and {len(listed) - _MOST_LISTED} more" if len(listed) > _MOST_LISTED else ""
    names = ", ".join(entry.key for entry in label_set.entries)
    pairs = ",".join(f"{number}=..." for number in numbers[:5])
    return (
        f"it is not certain what the segments of the file are: {', '.join(listed[:_MOST_LISTED])}{more}; name each one "
        f"of {names}, or say it with --values {pairs}, where none leaves one out"
    )


def _shown(segment: Segment) -> str:
    return f"'{segment.name[:_LONGEST_NAME]}'"

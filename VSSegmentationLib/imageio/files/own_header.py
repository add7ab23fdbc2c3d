"""What the header of a labelmap that this software wrote says: what its values mean, and on which side the tumor is.

Fields of an NRRD or MetaImage header, or lines `key:=value` of a comment that extends a NIfTI header. Other programs
pass over them, and some hand them on with voxels that they changed: the values written are among them for that reason,
so that a header that came along with other values says nothing of these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from VSSegmentationLib.label_set import LabelSet

Side = Literal["right", "left"]

LABEL_SET_FIELD = "VSSegmentation_LabelSet"
VALUES_FIELD = "VSSegmentation_Values"
SIDE_FIELD = "VSSegmentation_Side"
AXES_FIELD = "VSSegmentation_Axes"
_ASSUMED = "assumed"
_MOST_DIGITS = 5
"""Of a value of a labelmap, whose voxels have 16 bits at most."""
SIDES: Mapping[str, Side] = {"left": "left", "right": "right"}


@dataclass(frozen=True, kw_only=True)
class OwnHeader:
    """What was written into a header, as far as it is there."""

    label_set: str | None = None
    """Name of the label set."""
    values: frozenset[int] | None = None
    """Those that the labelmap held when it was written; 0 is not among them."""
    side: Side | None = None
    """Of the patient, on which the tumor is."""
    axes_assumed: bool = False
    """Whether the scan did not state how it lies in the patient, whatever this file states."""

    def tells_of(self, values: Iterable[int], label_set: LabelSet) -> bool:
        """Return whether it says that just these values, 0 aside, are labels of the set."""
        return self.label_set == label_set.name and self.values == frozenset(values)


def own_fields(
    values: Iterable[int], label_set: LabelSet, side: str | None, *, axes_assumed: bool = False
) -> dict[str, str]:
    """Return the fields that say what a labelmap is.

    Args:
        values: That it holds; 0 is passed over.
        label_set: What they mean.
        side: `left` or `right` of the patient; None where it is not determined.
        axes_assumed: Whether the scan does not state how it lies in the patient; every format written here states it.
    """
    told = {
        LABEL_SET_FIELD: label_set.name,
        VALUES_FIELD: " ".join(str(value) for value in sorted(set(values) - {0})),
    }
    axes = {AXES_FIELD: _ASSUMED} if axes_assumed else {}
    return {**told, **axes} if side is None else {**told, **axes, SIDE_FIELD: side}


def own_header(fields: Mapping[str, str]) -> OwnHeader:
    """Return what the fields of a header say; of what is missing or damaged, nothing."""
    words = fields[VALUES_FIELD].split() if VALUES_FIELD in fields else None
    return OwnHeader(
        label_set=fields.get(LABEL_SET_FIELD),
        values=frozenset(map(int, words)) if words is not None and all(map(_is_value, words)) else None,
        side=SIDES.get(fields.get(SIDE_FIELD, "").strip()),
        axes_assumed=fields.get(AXES_FIELD, "").strip() == _ASSUMED,
    )


def _is_value(word: str) -> bool:
    """Return whether a word is a value that a voxel of a labelmap can have."""
    return word.isdecimal() and len(word) <= _MOST_DIGITS


def as_comment(fields: Mapping[str, str]) -> bytes:
    """Return fields as the text of a comment."""
    return "".join(f"{key}:={value}\n" for key, value in fields.items()).encode()


def fields_of_comment(comment: bytes) -> dict[str, str]:
    """Return the fields in a comment, which anybody may have written; lines of another form are passed over."""
    lines = (line.partition(":=") for line in comment.rstrip(b"\0").decode("utf-8", "replace").splitlines())
    return {key.strip(): value.strip() for key, sign, value in lines if sign}

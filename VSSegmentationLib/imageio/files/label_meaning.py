"""What the values of a labelmap without segments mean: as its header says, as was said of it, or as is all but sure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.connected import number_pieces
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio.files.own_header import OwnHeader
from VSSegmentationLib.label_names import LabelValues
from VSSegmentationLib.label_set import LabelSet

_LARGEST = 255
_MOST_VALUES = 50
"""What holds more is rather an image."""
_LEAST_TOUCHING = 0.75
"""Of a part of a tumor, in pieces that touch the first part; the rest are specks."""


class Meaning(NamedTuple):
    """Voxels in the values of a label set."""

    array: NDArray[np.uint8]
    """(D, H, W)."""
    notes: tuple[str, ...] = ()
    """Full sentences about what was taken for what."""
    is_assumed_whole: bool = False
    """Whether the only value was taken for the whole tumor, though nothing says so."""


def meaning_of_values(
    array: NDArray[Any], label_set: LabelSet, *, values: LabelValues | None = None, header: OwnHeader | None = None
) -> Meaning:
    """Return a labelmap in the values of a label set.

    What its header says counts most, then what was said of it. Else one value alone is the whole tumor, and two parts
    of a tumor are read by the values of the set if they lie on each other, as parts of one tumor do.

    Args:
        array: (D, H, W) whole numbers, or True for 1.
        label_set: What the values are to become.
        values: What somebody said that they are.
        header: What the file says of itself.

    Raises:
        InputRefusedError: If it is no labelmap, or holds a value that `values` does not know.
        UsageError: If it is not certain what the values mean; the message lists them.
    """
    present = _present(array, label_set)
    if header is not None and header.tells_of(present, label_set):
        label_set.check(present)
        used = values is None or all(values.get(value, value) == value for value in present)
        return Meaning(array.astype(np.uint8), () if used else (_HEADER_COUNTS,))
    if values is not None:
        return Meaning(relabeled(array, values, label_set))
    if label_set.undivided is None or not present:
        label_set.check(present)
        return Meaning(array.astype(np.uint8))
    if len(present) == 1:
        return _only_value(array, present[0], label_set)
    return _documented(array, present, label_set)


def relabeled(array: NDArray[Any], values: LabelValues, label_set: LabelSet) -> NDArray[np.uint8]:
    """Return a labelmap in the values of a label set.

    Args:
        array: (D, H, W) whole numbers from 0 to 255.
        values: What each of them means; 0 is background, whatever this says.
        label_set: Whose values they become.

    Raises:
        InputRefusedError: If the labelmap holds a value that has no meaning.
    """
    meant = {**values, 0: 0}
    unknown = sorted(set(np.unique(array).tolist()) - meant.keys())
    if unknown:
        known = ", ".join(f"{value} {_key(label, label_set)}" for value, label in sorted(meant.items()))
        msg = f"the labelmap holds the value {unknown[0]}, which has no meaning here; known are {known}"
        raise InputRefusedError(msg)
    table = np.zeros(_LARGEST + 1, np.uint8)
    for value, label in meant.items():
        if value <= _LARGEST:
            table[value] = label
    return table[array.astype(np.uint8)]


def _key(label: int, label_set: LabelSet) -> str:
    return "background" if label == 0 else label_set.of_value(label).key


def _present(array: NDArray[Any], label_set: LabelSet) -> list[int]:
    """Return the values but 0 that a labelmap holds.

    Raises:
        InputRefusedError: If they are rather those of an image.
    """
    present = [int(value) for value in np.unique(array) if value]
    if len(present) > _MOST_VALUES or any(value not in range(_LARGEST + 1) for value in present):
        try:
            label_set.check_array(array.astype(np.int64))
        except InputRefusedError as error:
            msg = f"{error}; it may be an image: give the labelmap instead"
            raise InputRefusedError(msg) from error
    return present


def _only_value(array: NDArray[Any], value: int, label_set: LabelSet) -> Meaning:
    whole, known = label_set.whole_tumor, next((each for each in label_set.entries if each.value == value), None)
    if known is not None and not known.is_tumor:
        # Our own answer without a tumor holds this value alone, and other programs drop the header that says so.
        why = f"does not say whether that is a tumor or the {known.key}"
        raise UsageError(_uncertain([value], label_set, why))
    notes: tuple[str, ...] = ()
    if value != whole.value and array.dtype != np.bool_:
        other = known or label_set.tumor[0]
        note = (
            f"The labelmap holds the value {value} alone and does not say what it is: it was read as the whole tumor, "
            f"not divided. If it is something else, say so: --values {value}={other.key}."
        )
        notes = (note,)
    return Meaning(np.where(array, np.uint8(whole.value), np.uint8(0)), notes, is_assumed_whole=value != whole.value)


def _documented(array: NDArray[Any], present: Sequence[int], label_set: LabelSet) -> Meaning:
    parts = [entry.value for entry in label_set.tumor if not entry.undivided and entry.value in present]
    if len(parts) < 2 or not set(present) <= set(label_set.values):
        raise UsageError(_uncertain(present, label_set, "does not say what its values mean"))
    if not _touch(array, parts):
        why = f"has pieces of the value {parts[1]} that do not touch those of {parts[0]}, as parts of one tumor would"
        raise UsageError(_uncertain(present, label_set, why))
    meant = ",".join(f"{value}={label_set.of_value(value).key}" for value in present)
    note = (
        f"The labelmap does not say what its values mean: they were read as {meant}. If they mean something else, say "
        "so with --values."
    )
    return Meaning(array.astype(np.uint8), (note,))


def _touch(array: NDArray[Any], parts: Sequence[int]) -> bool:
    """Return whether all of every further part but specks is in pieces that touch the first one.

    A cochlea may touch the tumor, that of the other ear never does: of two organs much alike, half lies apart.
    """
    first, *others = parts
    for value in others:
        joined, _sizes = number_pieces((array == first) | (array == value))
        with_first = np.unique(joined[array == first])
        own = joined[array == value]
        if np.count_nonzero(np.isin(own, with_first)) < _LEAST_TOUCHING * own.size:
            return False
    return True


def _uncertain(present: Sequence[int], label_set: LabelSet, why: str) -> str:
    pairs = ",".join(f"{value}=..." for value in present[:5])
    names = ", ".join(entry.key for entry in label_set.entries)
    held = f"value {present[0]} alone" if len(present) == 1 else f"values {', '.join(map(str, present[:10]))}"
    return f"the labelmap holds the {held} and {why}; say it with --values {pairs}, each one of {names} or none"


_HEADER_COUNTS = (
    "The header of the labelmap says what its values mean, and that was followed, not what was said of them with "
    "--values."
)

"""A labelmap with the tumor of one side of the patient alone: by a midline, or by which of two ears lies more to it."""

from typing import Literal

import numpy as np

from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.measurement.regions import find_pieces
from VSSegmentationLib.volume import Volume

Side = Literal["right", "left"]
_LEAST_CM3 = 0.03
"""A smaller piece is rather a stray one than the tumor of another ear; a ball of 4 mm has as much."""
_EARS_APART_MM = 30.0
"""Tumors whose centers lie farther apart across the head are of two ears; the pori are about 50 mm from each other."""


def on_one_side(labelmap: Volume, side: Side, label_set: LabelSet, midline_r_mm: float = 0.0) -> Volume:
    """Return a labelmap without the tumor of the other side; organs stay.

    Args:
        labelmap: (D, H, W) of values of the set.
        side: Of the patient.
        label_set: What the values mean.
        midline_r_mm: R coordinate of the patient's midline; a connected tumor belongs to the side of its center.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of the set.
    """
    found = find_pieces(labelmap, label_set)
    if found is None:
        return labelmap
    other = [
        number
        for number, component in enumerate(found.components, start=1)
        if (component.center_ras_mm[0] > midline_r_mm) != (side == "right")
    ]
    window = tuple(slice(a, a + n) for a, n in zip(found.start_dhw, found.array.shape, strict=True))
    array = labelmap.array.copy()
    array[window][np.isin(found.array, other)] = 0
    return labelmap.with_array(array)


def of_one_ear(labelmap: Volume, side: Side, label_set: LabelSet) -> Volume | None:
    """Return a labelmap without the tumor of the other ear, where it holds tumors of two; None where it does not.

    Where the head lies in the grid does not matter, only which of the two is farther to that side.

    Args:
        labelmap: (D, H, W) of values of the set.
        side: Of the patient.
        label_set: What the values mean.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of the set.
    """
    middle = middle_between_ears(labelmap, label_set)
    return None if middle is None else on_one_side(labelmap, side, label_set, middle)


def middle_between_ears(labelmap: Volume, label_set: LabelSet) -> float | None:
    """Return the R coordinate in mm between the tumors of two ears; None where not both hold one.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of the set.
    """
    found = find_pieces(labelmap, label_set)
    pieces = [] if found is None else [each for each in found.components if each.volume_cm3 >= _LEAST_CM3]
    across = sorted(each.center_ras_mm[0] for each in pieces)
    if not across or across[-1] - across[0] < _EARS_APART_MM:
        return None
    gap = int(np.argmax(np.diff(across)))
    return (across[gap] + across[gap + 1]) / 2

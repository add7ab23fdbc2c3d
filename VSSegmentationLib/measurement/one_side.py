"""A labelmap with the tumor of one side of the patient alone."""

from typing import Literal

import numpy as np

from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.measurement.regions import find_pieces
from VSSegmentationLib.volume import Volume

Side = Literal["right", "left"]


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
    window = tuple(slice(a, a + n) for a, n in zip(found.start_dhw, found.array.shape, strict=True))
    other = [
        number
        for number, component in enumerate(found.components, start=1)
        if (component.center_ras_mm[0] > midline_r_mm) != (side == "right")
    ]
    array = labelmap.array.copy()
    array[window][np.isin(found.array, other)] = 0
    return labelmap.with_array(array)

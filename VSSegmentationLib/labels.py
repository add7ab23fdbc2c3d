"""What the numbers in a labelmap mean, everywhere in this library."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Label(IntEnum):
    """Values of a labelmap, in the order of crossMoDA 2023; 4 is this library's own."""

    BACKGROUND = 0
    EXTRAMEATAL = 1
    INTRAMEATAL = 2
    COCHLEA = 3
    UNDIVIDED_TUMOR = 4


TUMOR_LABELS = (Label.EXTRAMEATAL, Label.INTRAMEATAL, Label.UNDIVIDED_TUMOR)
"""Whole tumor = the union of these; it is always derived, never stored as a mask of its own."""


class LabelStyle(NamedTuple):
    """How a label is named and drawn; colors are told apart by color-blind readers too (Okabe and Ito 2008)."""

    name: str
    color_rgb: tuple[int, int, int]


LABEL_STYLES: dict[Label, LabelStyle] = {
    Label.EXTRAMEATAL: LabelStyle("Extrameatal tumor", (230, 159, 0)),
    Label.INTRAMEATAL: LabelStyle("Intrameatal tumor", (0, 158, 115)),
    Label.COCHLEA: LabelStyle("Cochlea", (86, 180, 233)),
    Label.UNDIVIDED_TUMOR: LabelStyle("Tumor (not divided)", (213, 94, 0)),
}


def tumor_mask(labelmap: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return True where any part of the tumor is.

    Args:
        labelmap: (D, H, W) uint8 of `Label` values.
    """
    return np.isin(labelmap, TUMOR_LABELS)

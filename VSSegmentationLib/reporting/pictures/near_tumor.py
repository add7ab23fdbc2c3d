"""The part of an examination that pictures can show: a whole head then costs no more than an ear."""

from typing import NamedTuple

import numpy as np

from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.measurement.axial import is_too_tilted
from VSSegmentationLib.measurement.regions import find_tumor
from VSSegmentationLib.reporting.pictures.section import MAX_WINDOW_MM
from VSSegmentationLib.volume import Volume, crop


class NearTumor(NamedTuple):
    """Scan and labelmap near the tumor, on one grid."""

    image: Volume | None
    """None where there is no scan."""
    labelmap: Volume


def near_tumor(image: Volume | None, labelmap: Volume, label_set: LabelSet) -> NearTumor | None:
    """Cut off what no picture shows; None without tumor.

    Args:
        image: The scan on the grid of the labelmap, if there is one.
        labelmap: uint8 of values of the set.
        label_set: What the values mean.
    """
    tumor = find_tumor(labelmap, label_set)
    if tumor is None:
        return None
    if is_too_tilted(labelmap.dhw_to_ras):  # resliced planes lie on a lattice through the scan's first voxel
        return NearTumor(image, labelmap)
    room = np.ceil(MAX_WINDOW_MM / np.array(labelmap.spacing_dhw_mm)).astype(int)
    low = np.maximum(np.array(tumor.start_dhw) - room, 0).tolist()
    high = np.minimum(np.array(tumor.start_dhw) + tumor.labelmap.shape + room, labelmap.shape).tolist()
    box = (low[0], low[1], low[2]), (high[0], high[1], high[2])
    return NearTumor(None if image is None else crop(image, *box), crop(labelmap, *box))

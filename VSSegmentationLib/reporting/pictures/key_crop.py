"""A small piece of the scan round the tumor, to show an examination again when its scan is not at hand.

It lies on the scan's own voxels, carries nothing but their place, and has 64 shades: a picture to look at, nothing to
measure on.
"""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.geometry import Shape
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.measurement.regions import find_tumor
from VSSegmentationLib.reporting.pictures.section import MAX_WINDOW_MM, WINDOW_MM
from VSSegmentationLib.volume import Volume, crop

_HALF_SIDES_MM = (WINDOW_MM / 2 + 4, 26.0)
"""Of the square in the plane, the widest first; what a picture shows, as far as it fits."""
_MARGIN_MM = 8.0
"""Round the tumor at least, in the plane."""
_SLICES_BEYOND = 2
_MAX_VOXELS = 450_000
"""So much makes about 300 kB when it is packed."""
_SHADES = 64
_STEP = 4
"""Between the stored values of neighboring shades; 0 stays free for what lies outside the crop."""


def key_crop(image: Volume, labelmap: Volume, label_set: LabelSet) -> Volume | None:
    """Return the scan near the largest tumor, None without a tumor.

    Args:
        image: The scan on the grid of the labelmap, (D, H, W).
        labelmap: uint8 of values of the set.
        label_set: What the values mean.

    Returns:
        uint8 (d, h, w), 1 to 253, on a part of the grid of the scan.
    """
    tumor = find_tumor(labelmap, label_set)
    if tumor is None:
        return None
    first = np.array(tumor.start_dhw, dtype=np.float64)
    last = first + tumor.labelmap.shape
    start, stop = _box(first, last, image)
    piece = crop(image, start, stop)
    return piece.with_array(_shades(piece.array))


def _box(first: NDArray[np.float64], last: NDArray[np.float64], image: Volume) -> tuple[Shape, Shape]:
    """Return the widest box whose voxels are few enough; the slices are the axis of the widest spacing."""
    spacing = np.array(image.spacing_dhw_mm)
    through = int(np.argmax(spacing))
    half_tumor = (last - first) / 2 * spacing
    needed = np.minimum(half_tumor + _MARGIN_MM, MAX_WINDOW_MM / 2)
    for half_side in (*_HALF_SIDES_MM, 0.0):
        half = np.maximum(needed, half_side) / spacing
        half[through] = half_tumor[through] / spacing[through] + _SLICES_BEYOND
        center = (first + last) / 2
        low = np.maximum(np.floor(center - half), 0).astype(int)
        high = np.minimum(np.ceil(center + half), image.shape).astype(int)
        if np.prod(high - low) <= _MAX_VOXELS:
            break
    d, h, w = low.tolist()
    to_d, to_h, to_w = high.tolist()
    return (d, h, w), (to_d, to_h, to_w)


def _shades(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    values = array.astype(np.float32)
    low, high = np.percentile(values, (0.5, 99.5))
    share = np.clip((values - low) / max(float(high - low), 1e-6), 0, 1)
    shades: NDArray[np.uint8] = (1 + _STEP * np.rint(share * (_SHADES - 1))).astype(np.uint8)
    return shades

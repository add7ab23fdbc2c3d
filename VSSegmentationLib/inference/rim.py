"""Whether a scan shows the head round the brain: in one whose skull was stripped, the canals may be cut away.

At the height of the pori there is no brain far lateral of them, but muscle, fat and skin: where nothing is brighter
there than the darkest of the scan, these were taken out, whatever was put in their place: zeros, noise, a soft edge.
"""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.inference.locating import Located

_SUPERIOR_MM, _ANTERIOR_MM, _LATERAL_MM = (-24.0, -6.0), (-18.0, 18.0), (27.0, 60.0)
"""Of the porus, where the soft tissue is."""
_BRAIN_MM = ((-12.0, 12.0), (-24.0, 0.0), (-36.0, -12.0))
_LEAST_SHARE = 0.5
"""How much of that place must lie in the field of view; a scan of the skull base alone does not reach so far."""
_BRIGHT_PERCENTILE, _NO_TISSUE = 85.0, 0.2
"""What soft tissue reaches at least, from the darkest (0) to brain (1)."""


def looks_skull_stripped(located: Located) -> bool:
    """Return whether there is no soft tissue on either side, as far as the field of view shows the place."""
    to_index = geometry.as_affine(np.linalg.inv(located.grid.dhw_to_ras))
    step_mm = geometry.spacing_dhw_mm(located.grid.dhw_to_ras)
    dark = float(np.percentile(located.array, 2))
    judged = []
    for center_ras_mm, lateral in ((located.pori.right_ras_mm, 1.0), (located.pori.left_ras_mm, -1.0)):
        if center_ras_mm is None:
            continue
        d, h, w = geometry.transform_points(to_index, np.array(center_ras_mm)).tolist()
        rim, share = _values(located.array, (d, h, w), step_mm, (_SUPERIOR_MM, _ANTERIOR_MM, _LATERAL_MM), lateral)
        brain, _ = _values(located.array, (d, h, w), step_mm, _BRAIN_MM, lateral)
        if share >= _LEAST_SHARE and brain.size:
            scale = float(np.median(brain)) - dark
            judged.append(scale > 0 and float(np.percentile(rim, _BRIGHT_PERCENTILE)) - dark < _NO_TISSUE * scale)
    return bool(judged) and all(judged)


def _values(
    array: NDArray[np.float32],
    center_dhw: Triplet,
    step_mm: Triplet,
    box_mm: tuple[tuple[float, float], ...],
    lateral: float,
) -> tuple[NDArray[np.float32], float]:
    """Return what lies in a box, seen from the porus, and how much of the box the field of view holds."""
    ranges, whole = [], 1
    for center, step, (low, high), sign, size in zip(
        center_dhw, step_mm, box_mm, (1.0, 1.0, lateral), array.shape, strict=True
    ):
        first, last = sorted((round(center + sign * low / step), round(center + sign * high / step)))
        whole *= last - first + 1
        ranges.append(slice(min(max(first, 0), size), max(min(last + 1, size), 0)))
    values = array[tuple(ranges)].ravel()
    return values, values.size / whole

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
_CANAL_MM = ((-9.0, 9.0), (-9.0, 9.0), (-9.0, 12.0))
"""Of the porus, where canal, bone, cistern and the border of the brainstem are: never nothing but dark."""
_LEAST_SHARE = 0.5
"""How much of that place must lie in the field of view; a scan of the skull base alone does not reach so far."""
_BRIGHT_PERCENTILE, _NO_TISSUE = 85.0, 0.2
"""What soft tissue reaches at least, from the darkest (0) to the usual tissue (1)."""
_CANAL_PERCENTILE, _VOID = 60.0, 0.1
"""What the surroundings of a porus reach at least."""


def looks_skull_stripped(located: Located) -> bool:
    """Return whether on either side there is no soft tissue, or nothing at all where the canal should be."""
    to_index = geometry.as_affine(np.linalg.inv(located.grid.dhw_to_ras))
    step_mm = geometry.spacing_dhw_mm(located.grid.dhw_to_ras)
    dark, bright = np.percentile(located.array, (2, 99))
    tissue = located.array[located.array > dark + 0.1 * (bright - dark)]
    scale = float(np.median(tissue) - dark) if tissue.size else 0.0
    judged = []
    for center_ras_mm, lateral in ((located.pori.right_ras_mm, 1.0), (located.pori.left_ras_mm, -1.0)):
        if center_ras_mm is None:
            continue
        d, h, w = geometry.transform_points(to_index, np.array(center_ras_mm)).tolist()
        rim, share = _values(located.array, (d, h, w), step_mm, (_SUPERIOR_MM, _ANTERIOR_MM, _LATERAL_MM), lateral)
        canal, _ = _values(located.array, (d, h, w), step_mm, _CANAL_MM, lateral)
        if share >= _LEAST_SHARE and canal.size and scale > 0:
            no_rim = float(np.percentile(rim, _BRIGHT_PERCENTILE) - dark) < _NO_TISSUE * scale
            judged.append(no_rim or float(np.percentile(canal, _CANAL_PERCENTILE) - dark) < _VOID * scale)
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

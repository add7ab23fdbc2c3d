"""Whether a scan shows the head round the brain: in one whose skull was stripped, the canals may be cut away.

At the height of the pori there is no brain far lateral of them, but muscle, fat and skin: where nothing is brighter
there than the darkest of the scan, these were taken out, whatever was put in their place: zeros, noise, a soft edge. A
slab or a crop may end before the skin. There the skull base itself is looked at: bone is dark, but full of marrow,
fluid and nerves, so that no place in it is far from all of them; in what was taken out there is such a place. And no
scanner gives the same gray to all voxels of a place, but a program that fills one does.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

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
_BASE_MM = ((-15.0, 15.0), (-20.0, 20.0), (-5.0, 40.0))
"""Of the porus, where the petrous bone and what lies round it is."""
_LEAST_BASE_SHARE = 0.3
_EMPTY_MM = 15.0
"""Radius of a ball in which there is nothing: what is larger than any air or dense bone there."""
_SAME_GRAY_MM, _SAME, _ABOVE_DARKEST = 9.0, 1e-3, 0.01
"""Radius of a ball of one gray: neither 0, as scanners fill, nor the darkest or brightest, which may be clipped; by how
much of usual tissue its voxels differ at most; and from which share of the range on a gray is not the darkest."""


def looks_skull_stripped(located: Located) -> bool:
    """Return whether the tissue round the brain, or the skull base round both pori, is nothing but empty."""
    dark, bright = np.percentile(located.array, (2, 99))
    tissue = located.array[located.array > dark + 0.1 * (bright - dark)]
    scale = float(np.median(tissue) - dark) if tissue.size else 0.0
    if scale <= 0:
        return False
    gray = (located.array - dark) / scale
    step_mm = geometry.spacing_dhw_mm(located.grid.dhw_to_ras)
    flat = _of_one_gray(gray)
    above_darkest = (gray - gray.min()) * scale > _ABOVE_DARKEST * (bright - located.array.min())
    is_fill = flat & above_darkest & (located.array != 0) & (gray < gray.max() - _SAME)
    if _radius_mm(is_fill, step_mm).max() >= _SAME_GRAY_MM:
        return True
    ears = _ears(located)
    empty_mm = np.maximum(_radius_mm(gray < _VOID, step_mm), _radius_mm(flat, step_mm))
    bases = [missing for ear in ears if (missing := _has_no_base(ear, gray, empty_mm)) is not None]
    if bases and all(bases):
        return True
    judged = [missing for ear in ears if (missing := _has_no_rim(ear, gray)) is not None]
    return bool(judged) and all(judged)


class _Ear(NamedTuple):
    center_dhw: Triplet
    """Index of the porus."""
    step_mm: Triplet
    lateral: float
    """1 where the last axis runs to lateral, else -1."""


_LATERAL = (1.0, -1.0)
"""Of the right and of the left ear."""


def _ears(located: Located) -> list[_Ear]:
    to_index = geometry.as_affine(np.linalg.inv(located.grid.dhw_to_ras))
    step_mm = geometry.spacing_dhw_mm(located.grid.dhw_to_ras)
    found = []
    for center_ras_mm, lateral in zip((located.pori.right_ras_mm, located.pori.left_ras_mm), _LATERAL, strict=True):
        if center_ras_mm is not None:
            d, h, w = geometry.transform_points(to_index, np.array(center_ras_mm)).tolist()
            found.append(_Ear((d, h, w), step_mm, lateral))
    return found


def _has_no_base(ear: _Ear, gray: NDArray[np.float32], empty_mm: NDArray[np.float32]) -> bool | None:
    """Return whether there is a place in the petrous bone that is far from all that shines there; None if not seen."""
    base, share = _values(empty_mm, ear, _BASE_MM)
    canal, _ = _values(gray, ear, _CANAL_MM)
    if share < _LEAST_BASE_SHARE or not canal.size or float(np.percentile(canal, _CANAL_PERCENTILE)) < _VOID:
        return None
    return float(base.max()) >= _EMPTY_MM


def _has_no_rim(ear: _Ear, gray: NDArray[np.float32]) -> bool | None:
    """Return whether soft tissue or the canal is missing; None where the field of view shows too little of them."""
    rim, share = _values(gray, ear, (_SUPERIOR_MM, _ANTERIOR_MM, _LATERAL_MM))
    canal, _ = _values(gray, ear, _CANAL_MM)
    if share < _LEAST_SHARE or not canal.size:
        return None
    no_rim = float(np.percentile(rim, _BRIGHT_PERCENTILE)) < _NO_TISSUE
    return no_rim or float(np.percentile(canal, _CANAL_PERCENTILE)) < _VOID


def _of_one_gray(gray: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which voxels have the same gray as all their neighbors, or lie beside one that has."""
    spread = ndimage.maximum_filter(gray, 3) - ndimage.minimum_filter(gray, 3)
    return np.asarray(ndimage.binary_dilation(spread <= _SAME, np.ones((3, 3, 3), np.bool_)))


def _radius_mm(mask: NDArray[np.bool_], step_mm: Triplet) -> NDArray[np.float32]:
    """Return how far each voxel of a mask is from all that is outside it; the end of the scan is no outside."""
    if mask.all():
        return np.full(mask.shape, np.inf, np.float32)
    return np.asarray(ndimage.distance_transform_edt(mask, sampling=step_mm), np.float32)


def _values(
    array: NDArray[np.float32], ear: _Ear, box_mm: tuple[tuple[float, float], ...]
) -> tuple[NDArray[np.float32], float]:
    """Return what lies in a box, seen from the porus, and how much of the box the field of view holds."""
    ranges, whole = [], 1
    for center, step, (low, high), sign, size in zip(
        ear.center_dhw, ear.step_mm, box_mm, (1.0, 1.0, ear.lateral), array.shape, strict=True
    ):
        first, last = sorted((round(center + sign * low / step), round(center + sign * high / step)))
        whole *= last - first + 1
        ranges.append(slice(min(max(first, 0), size), max(min(last + 1, size), 0)))
    values = array[tuple(ranges)].ravel()
    return values, values.size / whole

"""Numbers that describe how bright the tissues round a porus are, whatever the gain and the offset of the scan.

Zones lie where anatomy puts them, seen from the porus: the brainstem and cerebellum medial and behind, the cistern just
medial, the sigmoid sinus lateral and behind, the prepontine cistern with the basilar artery in front, the petrous bone
lateral. Bone is dark on every weighting; CSF is brighter than brain on T2 and darker on T1; what is brighter than
brain inside the skull of a T1 took up contrast agent, or is fat.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.geometry import Triplet

STEP_MM = 3.0
SHAPE_DHW = (16, 28, 28)
"""Voxels round the porus; the last axis runs to lateral."""


class _Zone(NamedTuple):
    superior_mm: tuple[float, float]
    anterior_mm: tuple[float, float]
    lateral_mm: tuple[float, float]
    percentiles: tuple[float, ...]
    least_share: float
    """How much of it must lie in the field of view to be looked at."""
    needed: bool = False
    """Whether nothing can be said without it."""


_ALL = _Zone((-24, 24), (-42, 33), (-42, 30), (2, 10, 25, 50, 75, 90, 97, 99.5), 0.45, needed=True)
_BRAIN = _Zone((-16, 16), (-30, 0), (-40, -12), (2, 10, 50, 90, 98), 0.5, needed=True)
_ZONES = (
    _ALL,
    _BRAIN,
    _Zone((-8, 8), (-8, 8), (-14, 2), (5, 25, 50, 75, 95), 0.7, needed=True),  # cerebellopontine cistern
    _Zone((-15, 15), (-42, -18), (-5, 25), (10, 50, 75, 90, 98), 0.25),  # sigmoid sinus
    _Zone((-16, 16), (0, 30), (-42, -15), (2, 25, 50, 75, 90, 98), 0.25),  # prepontine cistern
    _Zone((-12, 12), (-15, 20), (3, 30), (10, 50, 90, 98), 0.25),  # petrous bone
)
COUNT = sum(len(zone.percentiles) for zone in _ZONES)


def _inside(zone: _Zone) -> NDArray[np.bool_]:
    axes = [(np.arange(n) - (n - 1) / 2) * STEP_MM for n in SHAPE_DHW]
    along = [
        (axis >= low) & (axis <= high)
        for axis, (low, high) in zip(axes, (zone.superior_mm, zone.anterior_mm, zone.lateral_mm), strict=True)
    ]
    return along[0][:, None, None] & along[1][:, None] & along[2]


_MASKS = tuple(_inside(zone) for zone in _ZONES)


def porus_features(array: NDArray[np.float32], center_dhw: Triplet, *, is_left: bool) -> NDArray[np.float32] | None:
    """Return (COUNT,) float32, NaN for what is not seen, or None where the field of view shows too little.

    Args:
        array: (D, H, W) scan at 3 mm, axes to superior, anterior, right; NaN where there is no scan.
        center_dhw: Index of the porus.
        is_left: Whether it is the patient's left one, whose lateral is toward the start of the last axis.
    """
    patch = _patch(array, center_dhw, is_left=is_left)
    known = np.isfinite(patch)
    shares = [float(known[mask].mean()) for mask in _MASKS]
    seen = [share >= zone.least_share for share, zone in zip(shares, _ZONES, strict=True)]
    if not all(here for here, zone in zip(seen, _ZONES, strict=True) if zone.needed):
        return None
    values = patch[known & _MASKS[0]]
    dark, brain = float(np.percentile(values, 2)), float(np.median(patch[known & _MASKS[1]]))
    scale = max(brain - dark, 1e-3 * float(np.ptp(values)))
    if scale <= 0:
        return None
    found = [
        (np.percentile(patch[known & mask], zone.percentiles) - dark) / scale
        if here
        else np.full(len(zone.percentiles), np.nan)
        for zone, mask, here in zip(_ZONES, _MASKS, seen, strict=True)
    ]
    logarithms: NDArray[np.float32] = np.log1p(np.clip(np.concatenate(found), -0.5, 20)).astype(np.float32)
    return logarithms


def _patch(array: NDArray[np.float32], center_dhw: Triplet, *, is_left: bool) -> NDArray[np.float32]:
    """Return what lies round the porus, lateral at the end of the last axis; NaN outside."""
    patch = np.full(SHAPE_DHW, np.nan, np.float32)
    starts = [round(c - (n - 1) / 2) for c, n in zip(center_dhw, SHAPE_DHW, strict=True)]
    here, there = [], []
    for start, n, size in zip(starts, SHAPE_DHW, array.shape, strict=True):
        first, last = max(start, 0), min(start + n, size)
        here.append(slice(first - start, max(last, first) - start))
        there.append(slice(first, max(last, first)))
    patch[tuple(here)] = array[tuple(there)]
    return patch[..., ::-1] if is_left else patch

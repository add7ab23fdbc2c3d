"""Two examinations in two views: the same place of one head in both, as far as the heads can be laid on each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import Affine, Triplet
from VSSegmentationLib.preprocessing.registration import register_rigid
from VSSegmentationLib.volume import Volume

_ROOM = 2.5
"""How many tumors wide a view is."""
_LEAST_WIDTH_MM, _MOST_WIDTH_MM = 50.0, 160.0
_FARTHEST_APART_MM = 5.0
"""Between the boxes round both tumors once the heads are aligned: a tumor does not wander, so more is no alignment."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadAlignment:
    """How the head of an earlier examination lies against that of a later one."""

    earlier_to_later_ras: Affine | None
    """(4, 4), RAS to RAS in mm; None where the heads could not be aligned."""
    reason: str
    """Why not, as a clause; empty where they are."""


def align_heads(
    earlier: Volume, later: Volume, earlier_tumor: NDArray[np.float64], later_tumor: NDArray[np.float64]
) -> HeadAlignment:
    """Lay an earlier head on a later one, and look whether the tumor comes to lie on itself.

    Args:
        earlier: Scan, on any grid.
        later: Scan, on any grid.
        earlier_tumor: (n, 3) places of its voxels in the earlier world, RAS in mm; may be empty.
        later_tumor: (m, 3) the same in the later one.
    """
    try:
        move = register_rigid(later, earlier).moving_to_fixed_ras
    except GeometryError as error:
        return HeadAlignment(earlier_to_later_ras=None, reason=str(error).partition(";")[0])
    apart = _apart_mm(geometry.transform_points(move, earlier_tumor), later_tumor)
    if apart > _FARTHEST_APART_MM:
        reason = f"aligned by their heads, the two tumors would lie {apart:.0f} mm apart"
        return HeadAlignment(earlier_to_later_ras=None, reason=reason)
    return HeadAlignment(earlier_to_later_ras=move, reason="")


def width_for(*tumors: NDArray[np.float64]) -> float:
    """Return how wide views are, in mm, that show the largest of some tumors with room round it; the same for all.

    Args:
        tumors: (n, 3) places of the voxels of each.
    """
    largest = max((float(np.ptp(tumor, axis=0).max()) for tumor in tumors if len(tumor)), default=0.0)
    return float(np.clip(_ROOM * largest, _LEAST_WIDTH_MM, _MOST_WIDTH_MM))


def middle_of(tumor: NDArray[np.float64]) -> Triplet | None:
    """Return the middle of (n, 3) voxels; None where there are none."""
    if not len(tumor):
        return None
    r, a, s = tumor.mean(axis=0).tolist()
    return r, a, s


def _apart_mm(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the distance of two boxes with axes along R, A, S; 0 where they overlap or one holds nothing."""
    if not len(first) or not len(second):
        return 0.0
    gaps = np.maximum(first.min(axis=0) - second.max(axis=0), second.min(axis=0) - first.max(axis=0))
    return float(np.linalg.norm(np.maximum(gaps, 0)))

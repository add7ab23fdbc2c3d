"""Smoothing the outline of a mask without making it larger or smaller."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import NEIGHBORS_26, number_pieces
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Affine

Mask = NDArray[np.bool_]
SMOOTHING_MM = 0.7
"""Usual strength: edges of single voxels go, a canal of 2 mm stays open."""
MOST_SMOOTHING_MM = 3.0
_REACH = 3.0
"""Of the Gaussian, in standard deviations."""


def smoothed(
    mask: Mask,
    dhw_to_ras: Affine,
    strength_mm: float = SMOOTHING_MM,
    *,
    fixed: Mask | None = None,
    barred: Mask | None = None,
) -> Mask:
    """Return a mask with a smooth outline, in which every connected piece (26 neighbors) has as many voxels as before.

    The signed distance from the outline, in mm, is filtered by a Gaussian; the voxels that lie deepest then are taken,
    as many as there were. So spikes and dents go, and the volume stays exactly. Pieces never grow together.

    Args:
        mask: (D, H, W) bool.
        dhw_to_ras: Where the voxels are; a Gaussian along axes that are not at right angles is only nearly round.
        strength_mm: Standard deviation of the Gaussian.
        fixed: (D, H, W) True where a voxel stays what it is.
        barred: (D, H, W) True where nothing may come to be: organs.

    Raises:
        UsageError: If the strength is not above 0 and at most `MOST_SMOOTHING_MM`.
    """
    if not 0 < strength_mm <= MOST_SMOOTHING_MM:
        msg = f"the strength of smoothing must be above 0 and at most {MOST_SMOOTHING_MM} mm, got {strength_mm}"
        raise UsageError(msg)
    spacing = np.array(geometry.spacing_dhw_mm(dhw_to_ras))
    pieces, _counts = number_pieces(mask)
    after = mask.copy()
    margin = np.ceil(_REACH * strength_mm / spacing).astype(int) + 1
    for number, inner in enumerate(ndimage.find_objects(pieces), start=1):
        assert inner is not None  # every number has voxels
        box = tuple(slice(max(a.start - m, 0), a.stop + m) for a, m in zip(inner, margin.tolist(), strict=True))
        own, others = pieces[box] == number, mask[box] & (pieces[box] != number)
        shut = np.asarray(ndimage.binary_dilation(others, NEIGHBORS_26) & ~own)
        if barred is not None:
            shut |= barred[box] & ~own
        held = np.zeros_like(own) if fixed is None else fixed[box]
        after[box] = (after[box] & ~own) | _deepest(own, spacing, strength_mm, held=held, shut=shut)
    return after


def _deepest(own: Mask, spacing: NDArray[np.float64], strength_mm: float, *, held: Mask, shut: Mask) -> Mask:
    """Return as many voxels as a piece has, those that lie deepest once its signed distance is smooth."""
    inside = ndimage.distance_transform_edt(np.pad(own, 1), spacing)[1:-1, 1:-1, 1:-1]
    depth = ndimage.gaussian_filter(
        inside - ndimage.distance_transform_edt(~own, spacing), strength_mm / spacing, mode="nearest", truncate=_REACH
    )
    depth[held] = np.where(own[held], np.inf, -np.inf)
    depth[shut] = -np.inf
    count = int(own.sum())
    chosen = np.argpartition(depth.ravel(), depth.size - count)[depth.size - count :]
    taken = np.zeros(own.size, np.bool_)
    taken[chosen] = True
    return taken.reshape(own.shape)

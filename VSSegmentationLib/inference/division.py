"""The rules of a division: exactly the mask that came, two connected parts, each on its own side of the boundary."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import largest_piece
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.inference.config import DivisionConfig

_NEAR_MM = 4.0
"""So far from the other part a voxel has a say in where the boundary's plane lies: the canal is about as wide."""
_LEAST_VOXELS = 8
OUTER, INNER = 1, 2
"""Outputs of a divider: the part in front of the canal (of the porus, say) and the part inside it; 0 is background."""
_PARTS = (OUTER, INNER)


def divide(
    mask: NDArray[np.bool_], probabilities: NDArray[np.floating[Any]], dhw_to_ras: Affine, config: DivisionConfig
) -> NDArray[np.uint8]:
    """Return which part each voxel of a tumor belongs to.

    A voxel that the network calls background takes the label of the nearest voxel that it does not. Pieces apart from
    the largest one of their part go to the other, so do parts too small to be real, and what lies in front of the other
    part's side of the boundary. So both parts are connected, and either may be missing.

    Args:
        mask: (D, H, W) of one connected tumor; stays what it is.
        probabilities: (3, D, H, W) background, outer part, inner part.
        dhw_to_ras: Where the voxels are.
        config: What is too small, and what is too far on the wrong side.

    Returns:
        (D, H, W) of `OUTER` and `INNER` in the mask, 0 outside.
    """
    spacing = geometry.spacing_dhw_mm(dhw_to_ras)
    labels = connected(_voted(mask, probabilities, spacing))
    labels = _without_specks(labels, float(np.prod(spacing)), config.least_part_mm3)
    plane = _parting_plane(labels, dhw_to_ras)
    if plane is not None:
        labels = connected(_on_own_side(labels, plane, config.side_tolerance_mm))
    return labels


def _voted(
    mask: NDArray[np.bool_], probabilities: NDArray[np.floating[Any]], spacing: Sequence[float]
) -> NDArray[np.uint8]:
    vote = probabilities.argmax(axis=0).astype(np.uint8)
    known = mask & (vote != 0)
    if not known.any():
        vote = np.where(probabilities[INNER] > probabilities[OUTER], INNER, OUTER).astype(np.uint8)
    elif not known[mask].all():
        nearest = ndimage.distance_transform_edt(~known, spacing, return_distances=False, return_indices=True)
        vote = vote[tuple(nearest)]
    return np.where(mask, vote, np.uint8(0))


def connected(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give all pieces but the largest of each part to the other part.

    In a connected tumor a stray piece of one part touches nothing but the other, so one round for each is enough.
    """
    labels = labels.copy()
    for part, other in (_PARTS[::-1], _PARTS):
        mask = labels == part
        if mask.any():
            labels[mask & ~largest_piece(mask)] = other
    return labels


def _without_specks(labels: NDArray[np.uint8], voxel_mm3: float, least_mm3: float) -> NDArray[np.uint8]:
    """Give a part smaller than a speck to the other: the tumor is all on one side."""
    sizes = [float((labels == part).sum()) * voxel_mm3 for part in _PARTS]
    small, large = sorted((0, 1), key=lambda part: sizes[part])
    if sizes[small] < least_mm3 <= sizes[large]:
        return np.where(labels == _PARTS[small], np.uint8(_PARTS[large]), labels)
    return labels


class _Plane(NamedTuple):
    voxels: NDArray[np.intp]
    """(n, 3) of the tumor."""
    height_mm: NDArray[np.float64]
    """(n,) of each, positive on the outer side."""
    across_mm: NDArray[np.float64]
    """(n,) from the axis of the canal where it meets the plane."""


def _parting_plane(labels: NDArray[np.uint8], dhw_to_ras: Affine) -> _Plane | None:
    """Return the plane that parts the voxels near the interface best; None if there are too few on either side.

    Its normal is Fisher's discriminant and its place the one that leaves the fewest voxels on the wrong side, so that a
    thin tongue of one part in the other, which has much surface and little volume, does not turn it.
    """
    spacing = geometry.spacing_dhw_mm(dhw_to_ras)
    voxels = np.argwhere(labels > 0)
    points = geometry.transform_points(dhw_to_ras, voxels)
    outer = labels[tuple(voxels.T)] == OUTER
    away = [ndimage.distance_transform_edt(labels != part, spacing)[tuple(voxels.T)] for part in _PARTS]
    near = np.maximum(*away) <= _NEAR_MM
    sides = [points[near & outer], points[near & ~outer]]
    if min(map(len, sides)) < _LEAST_VOXELS:
        return None
    within = sum(np.cov(side.T) for side in sides) + np.eye(3) * 1e-3
    normal = np.linalg.solve(within, sides[0].mean(axis=0) - sides[1].mean(axis=0))
    normal /= np.linalg.norm(normal)
    heights = points @ normal
    heights -= _best_cut(heights[near], outer[near])
    axis = points[near & ~outer & (np.abs(heights) <= _NEAR_MM)]
    center = (axis if len(axis) else sides[1]).mean(axis=0)
    offset = points - center
    across = np.linalg.norm(offset - (offset @ normal)[:, None] * normal, axis=1)
    return _Plane(voxels, heights, across)


def _best_cut(heights: NDArray[np.float64], above: NDArray[np.bool_]) -> float:
    """Return the height that leaves the fewest on the wrong side: those that belong above it below, and the reverse."""
    order = np.argsort(heights, kind="stable")
    wrong = np.concatenate([[0], np.cumsum(np.where(above[order], 1, -1))])
    best = np.flatnonzero(wrong == wrong.min())
    cut = int(best[len(best) // 2])
    ordered = heights[order]
    return float((ordered[max(cut - 1, 0)] + ordered[min(cut, len(ordered) - 1)]) / 2)


def _on_own_side(labels: NDArray[np.uint8], plane: _Plane, tolerance_mm: float) -> NDArray[np.uint8]:
    """Give voxels beyond the tolerance on the wrong side of the boundary to the other part, as wide as the canal is.

    Beside the canal a large tumor may well hang over the edge of the porus, and is of the outer part there.
    """
    part = labels[tuple(plane.voxels.T)]
    inside = (part == INNER) & (np.abs(plane.height_mm) <= tolerance_mm)
    radius = float(plane.across_mm[inside].max()) if inside.any() else 0.0
    part[(part == INNER) & (plane.height_mm > tolerance_mm)] = OUTER
    in_canal = (plane.height_mm < -tolerance_mm) & (plane.across_mm <= radius)
    part[(part == OUTER) & in_canal] = INNER
    own = labels.copy()
    own[tuple(plane.voxels.T)] = part
    return own

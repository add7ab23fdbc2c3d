"""The rules of a division: exactly the mask that came, two connected parts, each on its own side of the boundary."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.inference.config import DivisionConfig
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import MeatalPlane, fit_meatal_plane
from VSSegmentationLib.volume import Volume

_ALL_NEIGHBORS = np.ones((3, 3, 3))
_PARTS = (Label.EXTRAMEATAL, Label.INTRAMEATAL)


def divide(
    mask: NDArray[np.bool_], probabilities: NDArray[np.floating[Any]], dhw_to_ras: Affine, config: DivisionConfig
) -> NDArray[np.uint8]:
    """Return which part each voxel of a tumor belongs to.

    A voxel that the network calls background takes the label of the nearest voxel that it does not. Pieces apart from
    the largest one of their part go to the other, so do parts too small to be real, and what lies in front of the other
    part's side of the boundary. So both parts are connected, and either may be missing.

    Args:
        mask: (D, H, W) of one connected tumor; stays what it is.
        probabilities: (3, D, H, W) background, extrameatal, intrameatal.
        dhw_to_ras: Where the voxels are.
        config: What is too small, and what is too far on the wrong side.

    Returns:
        (D, H, W) of `Label.EXTRAMEATAL` and `Label.INTRAMEATAL` in the mask, 0 outside.
    """
    spacing = geometry.spacing_dhw_mm(dhw_to_ras)
    labels = connected(_voted(mask, probabilities, spacing))
    labels = _without_specks(labels, float(np.prod(spacing)), config.least_part_mm3)
    plane = fit_meatal_plane(Volume(labels, dhw_to_ras))
    if isinstance(plane, MeatalPlane):
        labels = connected(_on_own_side(labels, plane, dhw_to_ras, config.side_tolerance_mm))
    return labels


def _voted(
    mask: NDArray[np.bool_], probabilities: NDArray[np.floating[Any]], spacing: Sequence[float]
) -> NDArray[np.uint8]:
    vote = probabilities.argmax(axis=0).astype(np.uint8)
    known = mask & (vote != Label.BACKGROUND)
    if not known.any():
        intrameatal = probabilities[Label.INTRAMEATAL] > probabilities[Label.EXTRAMEATAL]
        vote = np.where(intrameatal, Label.INTRAMEATAL, Label.EXTRAMEATAL).astype(np.uint8)
    elif not known[mask].all():
        nearest = ndimage.distance_transform_edt(~known, spacing, return_distances=False, return_indices=True)
        vote = vote[tuple(nearest)]
    return np.where(mask, vote, np.uint8(Label.BACKGROUND))


def connected(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give all pieces but the largest of each part to the other part.

    In a connected tumor a stray piece of one part touches nothing but the other, so one round for each is enough.
    """
    labels = labels.copy()
    for part, other in (_PARTS[::-1], _PARTS):
        pieces, count = ndimage.label(labels == part, _ALL_NEIGHBORS)
        if count > 1:
            sizes = np.bincount(pieces.ravel())
            sizes[0] = 0
            labels[(pieces > 0) & (pieces != int(sizes.argmax()))] = other
    return labels


def _without_specks(labels: NDArray[np.uint8], voxel_mm3: float, least_mm3: float) -> NDArray[np.uint8]:
    """Give a part smaller than a speck to the other: the tumor is all on one side."""
    sizes = [float((labels == part).sum()) * voxel_mm3 for part in _PARTS]
    small, large = (0, 1) if sizes[0] < sizes[1] else (1, 0)
    if 0 < sizes[small] < least_mm3 <= sizes[large]:
        return np.where(labels == _PARTS[small], np.uint8(_PARTS[large]), labels)
    return labels


def _on_own_side(
    labels: NDArray[np.uint8], plane: MeatalPlane, dhw_to_ras: Affine, tolerance_mm: float
) -> NDArray[np.uint8]:
    """Give voxels beyond the tolerance on the wrong side of the boundary to the other part, as wide as the canal is.

    Beside the canal a large tumor may well hang over the edge of the porus, and is extrameatal there.
    """
    voxels = np.argwhere(labels > 0)
    points = geometry.transform_points(dhw_to_ras, voxels)
    height = plane.height_mm(points)
    in_plane = points - np.array(plane.origin_ras_mm) - height[:, None] * np.array(plane.normal_ras)
    across = np.linalg.norm(in_plane, axis=1)
    part = labels[tuple(voxels.T)]
    near = np.abs(height) <= tolerance_mm
    interface = near & (part == Label.INTRAMEATAL)
    radius = float(across[interface].max()) if interface.any() else 0.0
    part[(part == Label.INTRAMEATAL) & (height > tolerance_mm)] = Label.EXTRAMEATAL
    part[(part == Label.EXTRAMEATAL) & (height < -tolerance_mm) & (across <= radius)] = Label.INTRAMEATAL
    own = labels.copy()
    own[tuple(voxels.T)] = part
    return own

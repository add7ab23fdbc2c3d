"""The meatal (porus) plane: fitted to where the two parts of a tumor meet, or set by a person; and the split by it."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement.extremes import true_indices
from VSSegmentationLib.measurement.plane import MeatalPlane, NoPlane
from VSSegmentationLib.measurement.reasons import NO_TUMOR
from VSSegmentationLib.measurement.regions import find_tumor, nearest_piece
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.volume import Volume

_FLAT = 1e-6
"""Relative to the longest extent of the interface: below it, points count as lying on one line."""
_MAX_DEPTH = 0.8
"""Of the narrower spread of the interface: a rounder one, as about an enclosed part, gives a direction by chance."""
_MIN_PARTING_COSINE = 0.17
"""A plane that parts two regions is crossed by the line between their centers at 10 degrees or more."""


def fit_meatal_plane(labelmap: Volume) -> MeatalPlane | NoPlane:
    """Fit a plane to the mid-points of the voxel faces shared by the intra- and the extrameatal part.

    The normal is the direction in which these points spread least, turned toward the extrameatal part. Only the largest
    connected tumor counts.

    Args:
        labelmap: (D, H, W) of `Label` values.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of `Label`.
    """
    tumor = find_tumor(labelmap, VESTIBULAR_SCHWANNOMA_LABELS)
    if tumor is None:
        return NoPlane(reason=NO_TUMOR)
    return plane_between(tumor.labelmap)


def plane_between(labelmap: Volume) -> MeatalPlane | NoPlane:
    """As `fit_meatal_plane`, for a labelmap that holds a single tumor."""
    extrameatal = labelmap.array == Label.EXTRAMEATAL
    intrameatal = labelmap.array == Label.INTRAMEATAL
    if not (extrameatal.any() and intrameatal.any()):
        return NoPlane(reason=_missing_part(labelmap.array))
    faces = _shared_faces(extrameatal, intrameatal)
    if len(faces) < 3:
        return NoPlane(reason=f"the two parts share {len(faces)} voxel faces; a plane needs 3 that are not in line")
    points = geometry.transform_points(labelmap.dhw_to_ras, faces)
    origin = points.mean(axis=0)
    _, spread, axes = np.linalg.svd(points - origin, full_matrices=False)
    if spread[1] <= _FLAT * spread[0]:
        return NoPlane(
            reason="the two parts meet along a line; a plane needs 3 shared voxel faces that are not in line"
        )
    if spread[2] > _MAX_DEPTH * spread[1]:
        return NoPlane(reason="the interface of the two parts is about as deep as it is wide and has no direction")
    normal = axes[2]
    centers = [
        geometry.transform_points(labelmap.dhw_to_ras, true_indices(m).mean(axis=0)) for m in (extrameatal, intrameatal)
    ]
    across = centers[0] - centers[1]
    cosine = float(across @ normal) / max(float(np.linalg.norm(across)), _FLAT)
    if abs(cosine) < _MIN_PARTING_COSINE:
        return NoPlane(reason="the interface of the two parts does not lie across the line between their centers")
    normal = normal * np.sign(cosine)
    heights = (points - origin) @ normal
    return MeatalPlane(
        origin_ras_mm=_triplet(origin),
        normal_ras=_triplet(normal),
        rms_mm=float(np.sqrt(np.mean(heights**2))),
        source="fit",
    )


def split_by_plane(labelmap: Volume, plane: MeatalPlane) -> Volume:
    """Divide a tumor at a plane: voxel centers with (x - origin) . normal > 0 become extrameatal, others intrameatal.

    Only the connected tumor nearest to the origin of the plane is divided, so that a tumor in the other ear keeps its
    own division. No voxel becomes tumor or stops being tumor.

    Args:
        labelmap: (D, H, W) of `Label` values.
        plane: Where to divide.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of `Label`.
    """
    piece = nearest_piece(labelmap, VESTIBULAR_SCHWANNOMA_LABELS, plane.origin_ras_mm)
    if not len(piece):
        return labelmap
    heights = plane.height_mm(geometry.transform_points(labelmap.dhw_to_ras, piece))
    array = labelmap.array.astype(np.uint8)
    array[tuple(piece.T)] = np.where(heights > 0, np.uint8(Label.EXTRAMEATAL), np.uint8(Label.INTRAMEATAL))
    return labelmap.with_array(array)


def _missing_part(array: NDArray[np.uint8]) -> str:
    if (array == Label.EXTRAMEATAL).any():
        return reasons.NO_INTRAMEATAL
    if (array == Label.INTRAMEATAL).any():
        return reasons.NO_EXTRAMEATAL
    return reasons.NOT_DIVIDED


def _shared_faces(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (n, 3), in array index, the mid-points of faces between a voxel of one mask and one of the other."""
    found = []
    for axis in range(3):
        low = tuple(slice(None, -1) if i == axis else slice(None) for i in range(3))
        high = tuple(slice(1, None) if i == axis else slice(None) for i in range(3))
        shared = (first[low] & second[high]) | (second[low] & first[high])
        found.append(true_indices(shared) + 0.5 * (np.arange(3) == axis))
    return np.concatenate(found)


def _triplet(point: NDArray[np.float64]) -> Triplet:
    r, a, s = point.tolist()
    return r, a, s

"""The meatal (porus) plane: fitted to where the two parts of a tumor meet, or set by a person; and the split by it."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import Mask
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement.extremes import true_indices
from VSSegmentationLib.measurement.plane import MeatalPlane, NoPlane
from VSSegmentationLib.measurement.reasons import NO_TUMOR
from VSSegmentationLib.measurement.regions import find_tumor, nearest_piece
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.volume import Volume

Points = NDArray[np.float64]

_FLAT = 1e-6
"""Relative to the longest extent of the interface: below it, points count as lying on one line."""
_MAX_DEPTH = 0.8
"""Of the narrower spread of the interface: a rounder one, as about an enclosed part, gives a direction by chance."""
_MIN_PARTING_COSINE = 0.17
"""A plane that parts two regions is crossed by the line between their centers at 10 degrees or more."""
_NOT_ACROSS = "the interface of the two parts does not lie across the line between their centers"
_LEAST_VOXELS = 8
_NEAR_MM = 4.0
"""So far from the other part a voxel has a say where the faces give no direction: the canal is about as wide."""
_MIN_PARTED = 0.9
"""Of the near voxels lie on their own side of a plane that parts the regions; about an enclosed part fewer do."""


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
    centers = [
        geometry.transform_points(labelmap.dhw_to_ras, true_indices(m).mean(axis=0)) for m in (extrameatal, intrameatal)
    ]
    across = (centers[0] - centers[1]) / max(float(np.linalg.norm(centers[0] - centers[1])), _FLAT)
    reason = _no_direction(axes[2], spread, across)
    normal = axes[2] if reason is None else _parting_normal(labelmap, extrameatal, intrameatal)
    if normal is None or abs(float(across @ normal)) < _MIN_PARTING_COSINE:
        return NoPlane(reason=reason or _NOT_ACROSS)
    normal = normal * np.sign(across @ normal)
    heights = (points - origin) @ normal
    return MeatalPlane(
        origin_ras_mm=_triplet(origin),
        normal_ras=_triplet(normal),
        rms_mm=float(np.sqrt(np.mean(heights**2))),
        source="fit",
    )


def _no_direction(normal: Points, spread: Points, across: Points) -> str | None:
    """Return why the shared faces tell no direction, else None."""
    if spread[1] <= _FLAT * spread[0]:
        return "the two parts meet along a line; a plane needs 3 shared voxel faces that are not in line"
    if spread[2] > _MAX_DEPTH * spread[1]:
        return "the interface of the two parts is about as deep as it is wide and has no direction"
    return _NOT_ACROSS if abs(float(across @ normal)) < _MIN_PARTING_COSINE else None


def _parting_normal(labelmap: Volume, first: Mask, second: Mask) -> Points | None:
    """Return the normal of the plane that parts the voxels near the interface best; None where none parts them.

    On slices of 3 mm an interface of 5 mm has few faces, most of them on the same two stairs. Fisher's discriminant
    takes the voxels on both sides instead.
    """
    spacing = labelmap.spacing_dhw_mm
    sides = []
    for own, other in ((first, second), (second, first)):
        near = own & (ndimage.distance_transform_edt(~other, spacing) <= _NEAR_MM)
        sides.append(geometry.transform_points(labelmap.dhw_to_ras, true_indices(near)))
    if min(map(len, sides)) < _LEAST_VOXELS:
        return None
    within = sum((np.cov(side.T) for side in sides), start=np.zeros((3, 3)))
    if np.linalg.eigvalsh(within)[0] < (min(spacing) / 4) ** 2:  # one voxel thin: any tilt about it parts as well
        return None
    apart = sides[0].mean(axis=0) - sides[1].mean(axis=0)
    if not apart.any():  # one lies round the other
        return None
    normal = np.linalg.solve(within, apart)
    normal /= np.linalg.norm(normal)
    above, below = (side @ normal for side in sides)
    cut = (np.percentile(above, 5) + np.percentile(below, 95)) / 2
    parted = (np.count_nonzero(above > cut) + np.count_nonzero(below <= cut)) / (len(above) + len(below))
    return np.asarray(normal) if parted >= _MIN_PARTED else None


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
    for axis in range(first.ndim):
        low = tuple(slice(None, -1) if i == axis else slice(None) for i in range(3))
        high = tuple(slice(1, None) if i == axis else slice(None) for i in range(3))
        shared = (first[low] & second[high]) | (second[low] & first[high])
        found.append(true_indices(shared) + 0.5 * (np.arange(3) == axis))
    return np.concatenate(found)


def _triplet(point: NDArray[np.float64]) -> Triplet:
    r, a, s = point.tolist()
    return r, a, s

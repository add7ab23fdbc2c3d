"""Which voxels are measured: the largest connected tumor and its parts; whatever is left out is listed."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import bounding_box, number_pieces
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.measurement.extent import crack_points
from VSSegmentationLib.measurement.extremes import true_indices
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume, crop


class Component(NamedTuple):
    """One connected piece of tumor."""

    voxel_count: int
    volume_cm3: float
    center_ras_mm: Triplet

    def __repr__(self) -> str:
        return short_repr(self)


class Tumor(NamedTuple):
    """The largest connected tumor of a labelmap, on a grid cropped to it."""

    labelmap: Volume
    """uint8; only this tumor's voxels are left."""
    start_dhw: tuple[int, int, int]
    """Where the cropped grid begins in the labelmap it came from."""
    components: tuple[Component, ...]
    """All connected pieces, this one first."""


class Pieces(NamedTuple):
    """The connected tumors of a labelmap."""

    array: NDArray[np.int32]
    """Number of the piece in every voxel of the box around all labels, 1 for the largest one; 0 outside."""
    start_dhw: tuple[int, int, int]
    """Where that box begins in the labelmap."""
    components: tuple[Component, ...]
    """Piece 1 first."""


class Cropped(NamedTuple):
    """The box around all labels of a labelmap."""

    volume: Volume
    """The labelmap itself where it holds none."""
    start_dhw: tuple[int, int, int]


def crop_to_labels(labelmap: Volume, label_set: LabelSet) -> Cropped:
    """Return the smallest box that holds every label, so that all that follows is quick.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of the set.
    """
    _check_array(labelmap)
    if labelmap.array.dtype.kind == "i":
        label_set.check_array(labelmap.array)  # negative values would be no label to the box
    occupied = bounding_box(labelmap.array)
    if occupied is None:
        return Cropped(labelmap, (0, 0, 0))
    around = crop(labelmap, *occupied)
    label_set.check_array(around.array)
    return Cropped(around, occupied[0])


def find_pieces(labelmap: Volume, label_set: LabelSet) -> Pieces | None:
    """Return the connected tumors (26 neighbors), largest first, of equal ones the first in array order; None if none.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of the set.
    """
    around, start = crop_to_labels(labelmap, label_set)
    mask = label_set.tumor_mask(around.array)
    found, counts = number_pieces(mask)
    number = len(counts)
    if number == 0:
        return None
    order = np.argsort(-counts, kind="stable")
    rank = np.zeros(number + 1, dtype=np.int32)
    rank[order + 1] = np.arange(1, number + 1)
    index = true_indices(mask)
    piece_of = found[mask]
    sums = [np.bincount(piece_of, weights=index[:, axis], minlength=number + 1)[1:] for axis in range(3)]
    centers = (np.stack(sums, axis=1) / counts[:, None])[order]
    centers_ras = geometry.transform_points(around.dhw_to_ras, centers)
    voxel_cm3 = geometry.voxel_volume_mm3(around.dhw_to_ras) / 1000
    components = tuple(
        Component(int(counts[i]), float(counts[i] * voxel_cm3), _triplet(center))
        for i, center in zip(order, centers_ras, strict=True)
    )
    return Pieces(rank[found], start, components)


def find_tumor(labelmap: Volume, label_set: LabelSet, start_dhw: tuple[int, int, int] = (0, 0, 0)) -> Tumor | None:
    """Return the largest connected tumor (26 neighbors; of equal ones the first in array order), None if there is none.

    Args:
        labelmap: (D, H, W) of values of the set.
        label_set: What the values mean; the union of its tumor parts is the tumor.
        start_dhw: Where it begins in the labelmap that `Tumor.start_dhw` is to speak of.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of the set.
    """
    found = find_pieces(labelmap, label_set)
    if found is None:
        return None
    occupied = bounding_box(found.array == 1)
    assert occupied is not None  # piece 1 has voxels
    first, last = occupied
    inner = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    start = _added(found.start_dhw, first)
    around = crop(labelmap, start, _added(found.start_dhw, last))
    own = np.where(found.array[inner] == 1, around.array, 0).astype(np.uint8)
    return Tumor(around.with_array(own), _added(start_dhw, start), found.components)


def is_same_tumor(before: Volume, after: Volume, label_set: LabelSet) -> bool:
    """Return whether the largest connected tumors of two labelmaps on one grid share a voxel, or neither holds one.

    Raises:
        InputRefusedError: If either holds anything but the values of the set.
    """
    first, second = (find_tumor(each, label_set) for each in (before, after))
    if first is None or second is None:
        return first is second
    inside = np.zeros(before.shape, dtype=bool)
    boxes = [
        tuple(slice(a, a + n) for a, n in zip(each.start_dhw, each.labelmap.shape, strict=True))
        for each in (first, second)
    ]
    inside[boxes[0]] = first.labelmap.array > 0
    return bool((inside[boxes[1]] & (second.labelmap.array > 0)).any())


def boundary_points(labelmap: Volume, values: Iterable[int]) -> NDArray[np.float64]:
    """Return (n, 3) boundary points of labels in RAS mm: mid-points of their voxel faces; (0, 3) if none is there."""
    mask = np.isin(labelmap.array, tuple(values))
    if not mask.any():
        return np.empty((0, 3))
    return geometry.transform_points(labelmap.dhw_to_ras, crack_points(mask))


def components(labelmap: Volume, label_set: LabelSet = VESTIBULAR_SCHWANNOMA_LABELS) -> tuple[Component, ...]:
    """Return every connected piece of tumor (26 neighbors), the largest first; empty if there is no tumor.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of the set.
    """
    tumor = find_tumor(labelmap, label_set)
    return () if tumor is None else tumor.components


def nearest_piece(labelmap: Volume, label_set: LabelSet, point_ras_mm: Triplet) -> NDArray[np.intp]:
    """Return (n, 3) array indices of the connected tumor (26 neighbors) that comes nearest to a point; (0, 3) if none.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of the set.
    """
    found = find_pieces(labelmap, label_set)
    if found is None:
        return np.empty((0, 3), dtype=np.intp)
    index = true_indices(found.array > 0)
    if len(found.components) > 1:
        piece_of = found.array[tuple(index.T)]
        apart = geometry.transform_points(labelmap.dhw_to_ras, index + found.start_dhw) - np.array(point_ras_mm)
        index = index[piece_of == piece_of[np.argmin((apart**2).sum(axis=1))]]
    return index + found.start_dhw


def _check_array(labelmap: Volume) -> None:
    if labelmap.array.dtype.kind not in "biu":
        msg = f"a labelmap must hold whole numbers, got {labelmap.array.dtype}; save it as an 8-bit label image"
        raise InputRefusedError(msg)
    if labelmap.array.size == 0:
        msg = f"a labelmap must hold voxels, got shape {labelmap.shape}"
        raise InputRefusedError(msg)


def _added(first: tuple[int, int, int], second: tuple[int, int, int]) -> tuple[int, int, int]:
    return first[0] + second[0], first[1] + second[1], first[2] + second[2]


def _triplet(point: NDArray[np.float64]) -> Triplet:
    x, y, z = point.tolist()
    return x, y, z

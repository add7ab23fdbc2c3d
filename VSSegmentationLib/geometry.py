"""Affine geometry of voxel grids. Points are RAS in mm; `dhw_to_ras` takes an array index (d, h, w) to the world."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import GeometryError

Triplet = tuple[float, float, float]
Shape = tuple[int, int, int]
Affine = NDArray[np.float64]

SUPERIOR = 2


class AxisOrder(NamedTuple):
    """How array axes are permuted and flipped to run along superior, anterior, right as closely as they can."""

    permutation: tuple[int, int, int]
    """Axis i of the reordered array is axis `permutation[i]` of the original."""
    flipped: tuple[bool, bool, bool]
    """Whether axis i of the reordered array runs against the original."""


def as_affine(matrix: NDArray[Any]) -> Affine:
    """Check a (4, 4) index-to-world matrix and return a read-only float64 copy.

    Raises:
        GeometryError: If it is not (4, 4), not finite, not affine, or flattens space.
    """
    affine = np.array(matrix, dtype=np.float64)
    if affine.shape != (4, 4):
        msg = f"dhw_to_ras must be a (4, 4) matrix, got shape {affine.shape}"
        raise GeometryError(msg)
    if not np.isfinite(affine).all():
        msg = "dhw_to_ras must be finite, got NaN or infinity"
        raise GeometryError(msg)
    if not np.array_equal(affine[3], (0, 0, 0, 1)):
        msg = f"the last row of dhw_to_ras must be 0 0 0 1, got {affine[3]}"
        raise GeometryError(msg)
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    if lengths.min() == 0 or abs(np.linalg.det(affine[:3, :3] / lengths)) < 1e-4:
        msg = f"the axes of dhw_to_ras must span space, got columns of {lengths} mm that do not"
        raise GeometryError(msg)
    affine.setflags(write=False)
    return affine


def axial_stack_affine(spacing_dhw_mm: Triplet) -> Affine:
    """Return the place of axial slices: D to superior, H to posterior, W to left, the first voxel at the origin.

    Raises:
        GeometryError: If the voxel size is not three numbers of mm above 0.
    """
    try:
        d, h, w = map(float, spacing_dhw_mm)
    except (TypeError, ValueError) as error:
        msg = f"spacing_dhw_mm must be three numbers, the voxel size along D, H, W, got {spacing_dhw_mm!r}"
        raise GeometryError(msg) from error
    if not (np.isfinite((d, h, w)).all() and min(d, h, w) > 0):
        msg = f"spacing_dhw_mm must be > 0, got {spacing_dhw_mm}"
        raise GeometryError(msg)
    return as_affine(np.array([[0, 0, -w, 0], [0, -h, 0, 0], [d, 0, 0, 0], [0, 0, 0, 1]]))


def spacing_dhw_mm(dhw_to_ras: Affine) -> Triplet:
    """Return the distance in mm between neighboring voxel centers along D, H and W."""
    d, h, w = np.linalg.norm(dhw_to_ras[:3, :3], axis=0).tolist()
    return d, h, w


def directions(dhw_to_ras: Affine) -> NDArray[np.float64]:
    """Return (3, 3): column i is the unit vector in RAS along which array axis i grows."""
    columns = dhw_to_ras[:3, :3]
    unit: NDArray[np.float64] = columns / np.linalg.norm(columns, axis=0)
    return unit


def transform_points(from_to: Affine, points: NDArray[Any]) -> NDArray[np.float64]:
    """Apply a (4, 4) affine to (..., 3) points."""
    return np.asarray(points, dtype=np.float64) @ from_to[:3, :3].T + from_to[:3, 3]


def voxel_volume_mm3(dhw_to_ras: Affine) -> float:
    """Return the volume of one voxel in mm3, also for sheared or left-handed grids."""
    return float(abs(np.linalg.det(dhw_to_ras[:3, :3])))


def axial_axis(dhw_to_ras: Affine) -> int:
    """Return the array axis that runs closest to inferior-superior: its planes are the most axial ones."""
    return int(np.argmax(np.abs(directions(dhw_to_ras)[SUPERIOR])))


def tilt_from_axial_deg(dhw_to_ras: Affine) -> float:
    """Return the angle in degrees between the normal of the most axial array planes and inferior-superior, 0 to 55."""
    dirs = directions(dhw_to_ras)
    axis = axial_axis(dhw_to_ras)
    normal = np.cross(dirs[:, (axis + 1) % 3], dirs[:, (axis + 2) % 3])
    cosine = abs(normal[SUPERIOR]) / np.linalg.norm(normal)
    return float(np.degrees(np.arccos(min(1.0, cosine))))


def shear_deg(dhw_to_ras: Affine) -> float:
    """Return how far, in degrees, the worst pair of axes is from a right angle; 0 for an ordinary grid."""
    dirs = directions(dhw_to_ras)
    cosines = np.abs((dirs.T @ dirs)[np.triu_indices(3, 1)])
    return float(np.degrees(np.arcsin(min(1.0, cosines.max()))))


def superior_anterior_right_order(dhw_to_ras: Affine) -> AxisOrder:
    """Return the permutation and flips that bring D to superior, H to anterior and W to right, as closely as can be.

    The assignment with the largest total alignment is chosen, so that an oblique grid never maps two axes to one.
    """
    dirs = directions(dhw_to_ras)
    rows = (2, 1, 0)  # superior, anterior, right
    candidates = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    best = max(candidates, key=lambda p: sum(abs(dirs[row, axis]) for row, axis in zip(rows, p, strict=True)))
    flips = [bool(dirs[row, axis] < 0) for row, axis in zip(rows, best, strict=True)]
    return AxisOrder(best, (flips[0], flips[1], flips[2]))


def axis_letters(dhw_to_ras: Affine) -> tuple[str, str, str]:
    """Return to where D, H and W grow, as closely as can be said: R or L, A or P, S or I."""
    order = superior_anterior_right_order(dhw_to_ras)
    letters, pairs = ["", "", ""], (("S", "I"), ("A", "P"), ("R", "L"))
    for axis, flip, (along, against) in zip(order.permutation, order.flipped, pairs, strict=True):
        letters[axis] = against if flip else along
    return letters[0], letters[1], letters[2]


def reordered_affine(dhw_to_ras: Affine, shape: Shape, order: AxisOrder) -> Affine:
    """Return the affine of an array of `shape` after its axes were permuted and flipped by `order`."""
    index_map = np.zeros((4, 4))  # reordered index -> original index
    index_map[3, 3] = 1
    for new_axis, (old_axis, flip) in enumerate(zip(order.permutation, order.flipped, strict=True)):
        index_map[old_axis, new_axis] = -1 if flip else 1
        if flip:
            index_map[old_axis, 3] = shape[old_axis] - 1
    return as_affine(dhw_to_ras @ index_map)

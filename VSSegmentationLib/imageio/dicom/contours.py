"""Closed contours on parallel planes as a mask on any grid.

Contours are drawn on planes that need not be those of the scan they are wanted on: in the published VS series they
lie between the slices. So each plane becomes a signed distance map, and a voxel asks the two planes it lies between. An
outermost plane stands for half the plane distance on its outer side, as planning systems count a contour's volume;
across a gap of more than one and a half plane distances nothing is filled in.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.volume import Volume

_SAME_PLANE_MM = 0.05
_WIDEST_GAP = 1.5
_MARGIN_PIXELS = 4


def mask_of_contours(contours: Sequence[NDArray[np.float64]], grid: Volume) -> Volume:
    """Return a bool mask, True for each voxel of the grid whose center lies inside the contours.

    Args:
        contours: Each (N, 3) RAS points in mm of a closed polygon; at least one.
        grid: Any volume in the same frame of reference, oblique and sheared ones included.

    Raises:
        InputRefusedError: If they enclose no area, or do not lie on parallel planes.
    """
    planes = _planes(contours, pixel_mm=0.5 * min(grid.spacing_dhw_mm))
    return grid.with_array(_inside(planes, grid))


class _Planes(NamedTuple):
    """Signed distance maps of parallel planes: negative inside."""

    ras_to_tvu: NDArray[np.float64]
    """(3, 3): rows are the normal and the two axes of the planes."""
    offsets_mm: NDArray[np.float64]
    """(K,) of the planes along the normal, ascending."""
    distance_mm: NDArray[np.float32]
    """(K, V, U)."""
    origin_vu_mm: NDArray[np.float64]
    pixel_mm: float


def _area_vector(points: NDArray[np.float64]) -> NDArray[np.float64]:
    centered = points - points.mean(axis=0)
    vector: NDArray[np.float64] = 0.5 * np.cross(centered, np.roll(centered, -1, axis=0)).sum(axis=0)
    return vector


def _planes(contours: Sequence[NDArray[np.float64]], pixel_mm: float) -> _Planes:
    largest = max((_area_vector(c) for c in contours), key=lambda v: float(np.linalg.norm(v)))
    if np.linalg.norm(largest) == 0:
        msg = "The contours of the structure enclose no area; choose another"
        raise InputRefusedError(msg)
    normal = largest / np.linalg.norm(largest)
    along_v = np.cross(normal, np.eye(3)[np.argmin(np.abs(normal))])
    along_v /= np.linalg.norm(along_v)
    ras_to_tvu = np.stack([normal, along_v, np.cross(normal, along_v)])
    turned = sorted((contour @ ras_to_tvu.T for contour in contours), key=lambda c: float(c[:, 0].mean()))
    if max(float(np.ptp(c[:, 0])) for c in turned) > 2 * _SAME_PLANE_MM:
        msg = "The contours of the structure do not lie on parallel planes; export them again"
        raise InputRefusedError(msg)
    every_point = np.concatenate(turned)[:, 1:]
    origin = every_point.min(axis=0) - _MARGIN_PIXELS * pixel_mm
    count = np.ceil((every_point.max(axis=0) - origin) / pixel_mm).astype(int) + _MARGIN_PIXELS
    heights = np.array([c[:, 0].mean() for c in turned])
    first_of_plane = np.flatnonzero(np.diff(heights, prepend=-np.inf) > _SAME_PLANE_MM)
    maps = []
    for members in np.split(np.arange(len(turned)), first_of_plane[1:]):
        filled = [_filled((turned[i][:, 1:] - origin) / pixel_mm, (int(count[0]), int(count[1]))) for i in members]
        maps.append(_signed_distance(_even_odd(filled)) * np.float32(pixel_mm))
    return _Planes(ras_to_tvu, heights[first_of_plane], np.stack(maps), origin, pixel_mm)


def _even_odd(filled: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Join the contours of one plane: one inside another cuts a hole, one drawn twice counts once."""
    inside = np.zeros_like(filled[0])
    for i, mask in enumerate(filled):
        if not any(_nearly_same(mask, earlier) for earlier in filled[:i]):
            inside ^= mask
    return inside


def _nearly_same(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    return bool((one & other).sum() > 0.95 * (one | other).sum())


def _filled(polygon: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixel centers lie inside a polygon of (N, 2) points (row, column), by the even-odd rule."""
    inside = np.zeros(shape, np.bool_)
    start, stop = polygon, np.roll(polygon, -1, axis=0)
    columns = np.arange(shape[1])
    for row in range(max(0, int(polygon[:, 0].min())), min(shape[0], int(polygon[:, 0].max()) + 2)):
        crosses = (start[:, 0] <= row) != (stop[:, 0] <= row)
        a, b = start[crosses], stop[crosses]
        at = a[:, 1] + (row - a[:, 0]) / (b[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
        inside[row] = np.searchsorted(np.sort(at), columns) % 2 == 1
    return inside


def _signed_distance(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the distance to the outline in pixels, negative inside; the outline runs between pixels."""
    outside: NDArray[np.float64] = ndimage.distance_transform_edt(~inside)
    within: NDArray[np.float64] = ndimage.distance_transform_edt(inside)
    return np.where(inside, 0.5 - within, outside - 0.5).astype(np.float32)


def _box(planes: _Planes, usual_mm: float, grid: Volume) -> tuple[slice, slice, slice]:
    """Return the part of the grid that the planes can reach."""
    low = np.append(planes.offsets_mm[0] - usual_mm, planes.origin_vu_mm)
    extent = np.multiply(planes.distance_mm.shape[1:], planes.pixel_mm)
    high = np.append(planes.offsets_mm[-1] + usual_mm, planes.origin_vu_mm + extent)
    corners = np.array(np.meshgrid(*zip(low, high, strict=True), indexing="ij")).reshape(3, -1).T @ planes.ras_to_tvu
    index = geometry.transform_points(geometry.as_affine(np.linalg.inv(grid.dhw_to_ras)), corners)
    first = np.clip(np.floor(index.min(axis=0)).astype(int), 0, grid.shape)
    last = np.clip(np.ceil(index.max(axis=0)).astype(int) + 1, first, grid.shape)
    d, h, w = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return d, h, w


def _inside(planes: _Planes, grid: Volume) -> NDArray[np.bool_]:
    offsets = planes.offsets_mm
    steps = np.diff(offsets)
    normal_step = float(np.abs(planes.ras_to_tvu[0] @ grid.dhw_to_ras[:3, :3]).max())
    usual = float(np.median(steps)) if steps.size else normal_step
    bridged = np.append(steps <= _WIDEST_GAP * usual, False)  # by the plane below; nothing lies above the last
    mask = np.zeros(grid.shape, np.bool_)
    box = _box(planes, usual, grid)
    part = mask[box]  # a view: writing to it writes to the mask
    start = np.array([axis.start for axis in box])
    in_plane = np.indices(part.shape[1:]).reshape(2, -1).T + start[1:]
    for d in range(part.shape[0]):
        index = np.column_stack([np.full(len(in_plane), d + start[0]), in_plane])
        t, v, u = (geometry.transform_points(grid.dhw_to_ras, index) @ planes.ras_to_tvu.T).T
        place = np.interp(t, offsets, np.arange(len(offsets)))
        nearest = np.rint(place).astype(np.intp)
        place = np.where(bridged[place.astype(np.intp)], place, nearest)
        held = (np.abs(t - offsets[nearest]) <= usual / 2) | (place != nearest)
        pixel = (np.stack([v, u]) - planes.origin_vu_mm[:, None]) / planes.pixel_mm
        distance = ndimage.map_coordinates(planes.distance_mm, [place, *pixel], order=1, mode="constant", cval=1e6)
        part[d] = (held & (distance <= 0)).reshape(part.shape[1:])
    return mask

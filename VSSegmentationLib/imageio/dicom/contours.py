"""Closed contours on parallel planes as a mask on any grid.

Contours are drawn on planes that need not be those of the scan they are wanted on: in the published VS series they
lie between the slices. So each plane becomes a signed distance map, and a voxel asks the two planes it lies between. An
outermost plane stands for half the plane distance on its outer side, as planning systems count a contour's volume.
A few planes that are missing between two that overlap are filled in and counted; across a wider gap nothing is.
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
"""In usual plane distances: up to here two planes are neighbors."""
_WIDEST_BRIDGE = 4.5
"""Up to here planes are missing between them, if they overlap: what was drawn goes on."""
_WITHIN, _SAME = 0.9, 0.95
_LEAST_AREA_MM2 = 1e-6
_MOST_PIXELS = 4096


class Contour(NamedTuple):
    """One closed polygon."""

    points: NDArray[np.float64]
    """(N, 3) RAS in mm."""
    exclusive: bool = False
    """Of the kind that is combined with its like by exclusive or (CLOSEDPLANAR_XOR)."""


class DrawnMask(NamedTuple):
    """What contours enclose, and how much had to be filled in."""

    mask: Volume
    """bool (D, H, W)."""
    filled_planes: int = 0
    """Planes that are missing between others and were filled in between their shapes."""


def mask_of_contours(contours: Sequence[NDArray[np.float64]], grid: Volume) -> Volume:
    """Return a bool mask, True for each voxel of the grid whose center lies inside the contours.

    Args:
        contours: Each (N, 3) RAS points in mm of a closed polygon; at least one.
        grid: Any volume in the same frame of reference, oblique and sheared ones included.

    Raises:
        InputRefusedError: If they enclose no area, or do not lie on parallel planes.
    """
    return draw_contours([Contour(points) for points in contours], grid).mask


def draw_contours(contours: Sequence[Contour], grid: Volume) -> DrawnMask:
    """Return what contours enclose on a grid, as `mask_of_contours`.

    Of the contours of one plane, one inside another cuts a hole, those that overlap in part are joined, and one drawn
    twice counts once; those of the exclusive kind are combined by exclusive or, as DICOM PS3.3 C.8.8.6.3 defines it.

    Raises:
        InputRefusedError: If they enclose no area, or do not lie on parallel planes.
    """
    planes = _planes(contours, pixel_mm=0.5 * min(grid.spacing_dhw_mm))
    steps = np.diff(planes.offsets_mm)
    usual = float(np.median(steps)) if steps.size else _step_across(planes, grid)
    in_mask = planes.distance_mm < 0
    overlap = (in_mask[:-1] & in_mask[1:]).any(axis=(1, 2))
    bridged = (steps <= _WIDEST_GAP * usual) | ((steps <= _WIDEST_BRIDGE * usual) & overlap)
    filled = np.rint(steps[bridged] / usual - 1).clip(min=0).sum()
    return DrawnMask(grid.with_array(_inside(planes, grid, usual, bridged)), int(filled))


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


def _planes(contours: Sequence[Contour], pixel_mm: float) -> _Planes:
    largest = max((_area_vector(c.points) for c in contours), key=lambda v: float(np.linalg.norm(v)))
    if np.linalg.norm(largest) < _LEAST_AREA_MM2:
        msg = "The contours of the structure enclose no area; choose another"
        raise InputRefusedError(msg)
    normal = largest / np.linalg.norm(largest)
    along_v = np.cross(normal, np.eye(3)[np.argmin(np.abs(normal))])
    along_v /= np.linalg.norm(along_v)
    ras_to_tvu = np.stack([normal, along_v, np.cross(normal, along_v)])
    both = sorted(((c.points @ ras_to_tvu.T, c.exclusive) for c in contours), key=lambda c: float(c[0][:, 0].mean()))
    turned = [points for points, _ in both]
    if max(float(np.ptp(c[:, 0])) for c in turned) > 2 * _SAME_PLANE_MM:
        msg = "The contours of the structure do not lie on parallel planes; export them again"
        raise InputRefusedError(msg)
    every_point = np.concatenate(turned)[:, 1:]
    origin = every_point.min(axis=0) - pixel_mm  # one pixel outside, as at the other end
    last = np.ceil((every_point.max(axis=0) - origin) / pixel_mm) + 1
    if not last.max() < _MOST_PIXELS:  # also where a coordinate is not finite
        msg = "The contours of the structure reach farther than any part of a head; export them again"
        raise InputRefusedError(msg)
    heights = np.array([c[:, 0].mean() for c in turned])
    first_of_plane = np.flatnonzero(np.diff(heights, prepend=-np.inf) > _SAME_PLANE_MM)
    shape = int(last[0]) + 1, int(last[1]) + 1
    maps = []
    for members in np.split(np.arange(len(turned)), first_of_plane[1:]):
        filled = [(_filled((turned[i][:, 1:] - origin) / pixel_mm, shape), both[i][1]) for i in members]
        inside = _joined([mask for mask, exclusive in filled if not exclusive], shape)
        inside |= _exclusive_or([mask for mask, exclusive in filled if exclusive], shape)
        maps.append(_signed_distance(inside) * np.float32(pixel_mm))
    return _Planes(ras_to_tvu, heights[first_of_plane], np.stack(maps), origin, pixel_mm)


def _joined(filled: list[NDArray[np.bool_]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Join the contours of one plane: a contour within another is a hole in it, one within that an island again."""
    single: list[NDArray[np.bool_]] = []
    for mask in sorted(filled, key=np.count_nonzero, reverse=True):
        if not any(_nearly_same(mask, earlier) for earlier in single):
            single.append(mask)
    inside = np.zeros(shape, np.bool_)
    for i, mask in enumerate(single):
        around = sum((mask & other).sum() >= _WITHIN * mask.sum() for other in single[:i])
        inside = inside & ~mask if around % 2 else inside | mask
    return inside


def _exclusive_or(filled: list[NDArray[np.bool_]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    inside = np.zeros(shape, np.bool_)
    for mask in filled:
        inside ^= mask
    return inside


def _nearly_same(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    return bool((one & other).sum() > _SAME * (one | other).sum())


def _filled(polygon: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixel centers lie inside a polygon of (N, 2) points (row, column), by the even-odd rule."""
    inside = np.zeros(shape, np.bool_)
    start, stop = polygon, np.roll(polygon, -1, axis=0)
    columns = np.arange(shape[1])
    for row in range(max(0, int(polygon[:, 0].min())), min(shape[0], int(polygon[:, 0].max()) + 1)):
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


def _step_across(planes: _Planes, grid: Volume) -> float:
    """Return how far the planes of the grid that lie most along those of the contours are apart, in mm."""
    return float(np.abs(planes.ras_to_tvu[0] @ grid.dhw_to_ras[:3, :3]).max())


def _inside(planes: _Planes, grid: Volume, usual: float, between: NDArray[np.bool_]) -> NDArray[np.bool_]:
    offsets = planes.offsets_mm
    bridged = np.append(between, False)  # by the plane below; nothing lies above the last
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
        distance = ndimage.map_coordinates(planes.distance_mm, [place, *pixel], order=1, mode="constant", cval=np.inf)
        part[d] = (held & (distance <= 0)).reshape(part.shape[1:])
    return mask

"""The tumor as a solid body: both parts, smoothed for the eye, lit, and seen from two sides.

Only numpy and scipy are needed: each pixel is the first point along its ray where the smoothed mask is more inside than
outside. Volumes and diameters never come from here.
"""

from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement.axial import Grid, sample
from VSSegmentationLib.measurement.regions import find_tumor
from VSSegmentationLib.volume import Volume

Field = NDArray[np.float32]

_VOXELS = 80
_FINER = 2
"""Pixels of the picture along a voxel of the cube: it is smooth enough to be interpolated."""
_MARGIN = 1.25
"""The picture is this much wider than the tumor."""
_MIN_SIDE_MM = 16.0
_SMOOTHING_MM = 0.6
_LIGHT = np.array((-0.80, -0.45, -0.40))
"""Where light comes from, along the ray, down and across the page: from the viewer, above and left."""
_AMBIENT = 0.3
_SEAM = 0.25
"""How dark the border between two parts is drawn, so that gray prints show it."""
_SOFT_EDGE = 0.12


class _Look(NamedTuple):
    words: str
    axes: tuple[int, int, int]
    """What runs along the ray, down and across the page: 0 superior, 1 anterior, 2 right."""
    against: tuple[bool, bool, bool]
    """Whether the ray, down and across run against superior, anterior, right."""
    left_right_top_bottom: str


class Side(Enum):
    """Where the viewer is; the patient's right is on the left, as in the coronal and the axial plane."""

    FRONT = _Look("the front", (1, 0, 2), (True, True, True), "RLSI")
    BELOW = _Look("below", (0, 1, 2), (False, True, True), "RLAP")


class Solid(NamedTuple):
    """Smoothed parts of a tumor in a cube whose axes run to superior, anterior, right."""

    parts: dict[LabelEntry, Field]
    """(n, n, n) each, 0 to 1; together the tumor."""
    level: float
    """What counts as inside."""
    side_mm: float


def make_solid(labelmap: Volume, label_set: LabelSet) -> Solid:
    """Smooth the largest tumor of a labelmap, on any grid, for looking at it.

    Raises:
        EmptyMaskError: If there is no tumor.
    """
    tumor = find_tumor(labelmap, label_set)
    if tumor is None:
        msg = "make_solid: the labelmap holds no tumor to be shown"
        raise EmptyMaskError(msg)
    cropped = tumor.labelmap
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in cropped.shape], indexing="ij")).reshape(3, -1).T
    points = geometry.transform_points(cropped.dhw_to_ras, corners)
    low, high = points.min(axis=0), points.max(axis=0)
    side_mm = max(float((high - low).max()) * _MARGIN, _MIN_SIDE_MM)
    grid = _cube((low + high) / 2, side_mm)
    sigma_mm = max(_SMOOTHING_MM, max(cropped.spacing_dhw_mm) / 2)
    parts = {
        entry: _smooth(cropped.with_array(cropped.array == entry.value), grid, sigma_mm)
        for entry in label_set.tumor
        if (cropped.array == entry.value).any()
    }
    # A tumor of few voxels never reaches 0.5 once it is smoothed.
    level = 0.5 * min(1.0, float(np.sum(list(parts.values()), axis=0).max()))
    return Solid(parts, level, side_mm)


def look_at(solid: Solid, side: Side) -> NDArray[np.uint8]:
    """Return (rows, columns, 3) RGB, black where there is no tumor."""
    parts = {entry: _turned(field, side) for entry, field in solid.parts.items()}
    total = np.sum(list(parts.values()), axis=0)
    inside = total > solid.level
    hit = inside.any(axis=0)
    points = _surface_points(total, inside, solid.level)  # (3, rows, columns)
    owner = np.argmax([ndimage.map_coordinates(field, points, order=1) for field in parts.values()], axis=0)
    colors = np.array([entry.color_rgb for entry in parts], dtype=np.float64)
    light = np.where(_seams(owner, hit), _SEAM, _lambert(total, points))
    cover = np.clip((total.max(axis=0) - solid.level) / (_SOFT_EDGE * solid.level / 0.5), 0, 1)
    return np.asarray(colors[owner] * (light * cover)[..., None]).round().clip(0, 255).astype(np.uint8)


def _cube(center_ras_mm: NDArray[np.float64], side_mm: float) -> Grid:
    step = side_mm / _VOXELS
    affine = np.zeros((4, 4))
    affine[(2, 1, 0), (0, 1, 2)] = step
    affine[:3, 3] = center_ras_mm - (side_mm - step) / 2
    affine[3, 3] = 1
    return Grid((_VOXELS, _VOXELS, _VOXELS), geometry.as_affine(affine))


def _smooth(mask: Volume, grid: Grid, sigma_mm: float) -> Field:
    sigma = sigma_mm / grid.dhw_to_ras[2, 0]
    return np.asarray(ndimage.gaussian_filter(sample(mask, grid).array, sigma, truncate=3.0), dtype=np.float32)


def _turned(field: Field, side: Side) -> Field:
    """Return a field with the ray first, and finer along the page."""
    turned = np.transpose(field, side.value.axes)
    turned = turned[tuple(slice(None, None, -1 if against else 1) for against in side.value.against)]
    return np.asarray(ndimage.zoom(turned, (1, _FINER, _FINER), order=1, mode="nearest", grid_mode=True))


def _surface_points(total: Field, inside: NDArray[np.bool_], level: float) -> NDArray[np.float64]:
    """Return where each ray enters, between the last voxel outside and the first inside; of a miss, any point."""
    rows, columns = np.indices(inside.shape[1:])
    first = inside.argmax(axis=0)
    before = np.maximum(first - 1, 0)
    outer, inner = total[before, rows, columns], total[first, rows, columns]
    share = np.clip((level - outer) / np.maximum(inner - outer, 1e-6), 0, 1)
    return np.array((before + share, rows, columns), dtype=np.float64)


def _lambert(total: Field, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the brightness 0 to 1 of the surface at points: ambient light plus Lambert's cosine law."""
    gradient = []
    for axis in range(3):
        step = np.zeros((3, 1, 1))
        step[axis] = 1.0 if axis == 0 else _FINER  # one voxel of the cube along each axis
        ahead, behind = (ndimage.map_coordinates(total, points + s, order=1, mode="nearest") for s in (step, -step))
        gradient.append(ahead - behind)
    outward = -np.array(gradient, dtype=np.float64)
    outward /= np.maximum(np.linalg.norm(outward, axis=0), 1e-6)
    cosine = np.tensordot(_LIGHT / np.linalg.norm(_LIGHT), outward, axes=1)
    return np.asarray(_AMBIENT + (1 - _AMBIENT) * np.maximum(cosine, 0))


def _seams(owner: NDArray[np.int64], hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels whose right or lower neighbor shows another part."""
    seams = np.zeros(hit.shape, dtype=np.bool_)
    across = (owner[:, 1:] != owner[:, :-1]) & hit[:, 1:] & hit[:, :-1]
    down = (owner[1:] != owner[:-1]) & hit[1:] & hit[:-1]
    seams[:, :-1] |= across
    seams[:-1] |= down
    return seams

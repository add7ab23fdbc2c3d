"""A click or a scribble: "here is tumor" or "here is none", at places in the patient."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Affine, Shape, Triplet

Sign = Literal["add", "remove"]
SIGNS: tuple[Sign, ...] = get_args(Sign)


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """What a person said of one place."""

    sign: Sign
    """`add`: tumor is missing here; `remove`: what is here is no tumor."""
    points_ras_mm: tuple[Triplet, ...]
    """One point is a click; more are a scribble, a line from point to point."""

    def __post_init__(self) -> None:
        if self.sign not in SIGNS:
            msg = f"an interaction must be one of {', '.join(SIGNS)}, got {self.sign!r}"
            raise UsageError(msg)
        points = np.asarray(self.points_ras_mm, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not len(points) or not np.isfinite(points).all():
            msg = f"an interaction needs points of three finite numbers (R, A, S in mm), got {self.points_ras_mm!r}"
            raise UsageError(msg)

    @property
    def adds(self) -> bool:
        """Whether it says that tumor is missing."""
        return self.sign == "add"

    @property
    def words(self) -> str:
        """What a log says of it: what and where, the middle of a scribble."""
        points = np.asarray(self.points_ras_mm, dtype=np.float64)
        r, a, s = (round(float(points[:, axis].mean()), 1) + 0.0 for axis in range(3))  # no minus before a zero
        return f"{self.sign} here (R {r:.1f}, A {a:.1f}, S {s:.1f} mm)"

    def along(self, step_mm: float) -> NDArray[np.float64]:
        """Return (n, 3) points in RAS mm on the line, neighbors at most `step_mm` apart, its own points among them."""
        points = np.asarray(self.points_ras_mm, dtype=np.float64)
        pieces = [points[:1]]
        for start, stop in pairwise(points):
            count = max(1, int(np.ceil(np.linalg.norm(stop - start) / step_mm - 1e-9)))
            pieces.append(start + (stop - start) * (np.arange(1, count + 1) / count)[:, None])
        return np.concatenate(pieces)

    def voxels(self, shape: Shape, dhw_to_ras: Affine) -> NDArray[np.intp]:
        """Return (n, 3) indices of the voxels of a grid that hold a point of it, each once; (0, 3) if none does."""
        step_mm = min(geometry.spacing_dhw_mm(dhw_to_ras)) / 2
        index = geometry.transform_points(geometry.as_affine(np.linalg.inv(dhw_to_ras)), self.along(step_mm))
        rounded = np.unique(np.floor(index + 0.5).astype(np.intp), axis=0)
        inside = ((rounded >= 0) & (rounded < np.array(shape))).all(axis=1)
        return np.asarray(rounded[inside], dtype=np.intp)


def squared_distance_mm2(shape: Shape, dhw_to_ras: Affine, points_ras_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (D, H, W) squared distance in mm2 of each voxel center from the nearest of (n, 3) points.

    Exact on any affine grid, sheared ones too: the square is a quadratic form of the index. Infinite without points.
    """
    columns = dhw_to_ras[:3, :3]
    form = columns.T @ columns
    nearest = np.full(shape, np.inf, dtype=np.float32)
    for center in geometry.transform_points(geometry.as_affine(np.linalg.inv(dhw_to_ras)), points_ras_mm):
        d, h, w = (a - c for a, c in zip(np.ogrid[: shape[0], : shape[1], : shape[2]], center, strict=True))
        plane = form[1, 1] * h * h + form[2, 2] * w * w + 2 * form[1, 2] * h * w
        square = plane + (form[0, 0] * d * d + 2 * d * (form[0, 1] * h + form[0, 2] * w))
        np.minimum(nearest, square.astype(np.float32), out=nearest)
    return np.maximum(nearest, 0)


def near_any(
    interactions: Iterable[Interaction], shape: Shape, dhw_to_ras: Affine, radius_mm: float
) -> NDArray[np.bool_]:
    """Return (D, H, W) True where a voxel's center lies within a radius of any of the interactions."""
    points = points_of(interactions, min(geometry.spacing_dhw_mm(dhw_to_ras)))
    return np.asarray(squared_distance_mm2(shape, dhw_to_ras, points) <= radius_mm**2)


def points_of(interactions: Iterable[Interaction], step_mm: float) -> NDArray[np.float64]:
    """Return (n, 3) points of all interactions, scribbles taken every `step_mm`."""
    return np.concatenate([np.empty((0, 3)), *(each.along(step_mm) for each in interactions)])

"""Bodies of known diameter in random poses, on random places of a grid."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.volume import Volume

KINDS = ("ball", "ellipsoid", "cone")


class Body(NamedTuple):
    """A solid round the origin."""

    holds: Callable[[NDArray[np.float64]], NDArray[np.bool_]]
    """Of (n, 3) points in mm: which are inside."""
    diameter_mm: float
    """Its longest straight line."""
    reach_mm: float
    """From the origin to its farthest point."""


def random_body(kind: str, rng: np.random.Generator) -> Body:
    """Return a ball, an ellipsoid, or an ice-cream cone: a ball with a canal of 3 to 5.6 mm width that ends round."""
    turn = Rotation.random(random_state=int(rng.integers(2**31))).as_matrix()
    if kind == "ball":
        radius = float(rng.uniform(2.5, 15))
        return Body(lambda points: (points**2).sum(axis=1) <= radius**2, 2 * radius, radius)
    if kind == "ellipsoid":
        axes = np.sort(rng.uniform(2.5, 15, 3))
        return Body(lambda points: (((points @ turn) / axes) ** 2).sum(axis=1) <= 1, 2 * axes[2], axes[2])
    radius, canal, length = rng.uniform(4, 12), rng.uniform(1.5, 2.8), rng.uniform(6, 11)

    def holds(points: NDArray[np.float64]) -> NDArray[np.bool_]:
        own = points @ turn
        along = np.clip(own[:, 2], 0, radius + length - canal)
        beside = own[:, 0] ** 2 + own[:, 1] ** 2 + (own[:, 2] - along) ** 2
        return ((own**2).sum(axis=1) <= radius**2) | (beside <= canal**2)

    return Body(holds, 2 * radius + length, radius + length)


def voxelized(
    body: Body,
    spacing_dhw_mm: Triplet,
    rng: np.random.Generator,
    *,
    at_least_tilted_deg: float = 0.0,
) -> Volume:
    """Return the bool mask of the voxels whose centers a body holds, on a grid turned and shifted at random."""
    affine = np.eye(4)
    while True:
        turn = Rotation.random(random_state=int(rng.integers(2**31)))
        affine[:3, :3] = turn.as_matrix() * np.array(spacing_dhw_mm)
        if geometry.tilt_from_axial_deg(affine) >= at_least_tilted_deg:
            break
    half = np.ceil((body.reach_mm + 2) / np.array(spacing_dhw_mm)).astype(int)
    affine[:3, 3] = affine[:3, :3] @ (rng.uniform(-0.5, 0.5, 3) - half)
    shape = tuple(int(n) for n in 2 * half + 1)
    index = np.stack(np.unravel_index(np.arange(np.prod(shape)), shape), axis=1)
    return Volume(body.holds(geometry.transform_points(affine, index)).reshape(shape), affine)

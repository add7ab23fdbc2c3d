"""Geodesic distance from points, by sweeps of whole layers."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine


def geodesic_distance(
    image: NDArray[np.float32], points_ras_mm: NDArray[np.float64], dhw_to_ras: Affine, weight: float, sweeps: int = 1
) -> NDArray[np.float32]:
    """Return the length of the shortest path from any of the points to each voxel.

    A step between neighbors (26) costs sqrt((1 - weight) step^2 + weight difference^2), its length in mm and the
    difference of normalized intensities: that of DeepIGeoS (Wang et al., TPAMI 2019, arXiv:1707.00652), where the
    ratio of the two units is a choice. Each plane takes from its neighbor plane, in both senses of all three axes; one
    round is exact where shortest paths are nearly straight, and too long at most, never too short.

    Args:
        image: (D, H, W), normalized.
        points_ras_mm: (n, 3).
        dhw_to_ras: Where the voxels are.
        weight: 0 to 1.
        sweeps: Rounds.

    Returns:
        (D, H, W); infinite where no point lies on the grid.
    """
    index = np.floor(
        geometry.transform_points(geometry.as_affine(np.linalg.inv(dhw_to_ras)), points_ras_mm) + 0.5
    ).astype(int)
    index = index[((index >= 0) & (index < np.array(image.shape))).all(axis=1)]
    distance = np.full(image.shape, np.inf, dtype=np.float32)
    distance[tuple(index.T)] = 0
    columns = dhw_to_ras[:3, :3]
    for _ in range(sweeps):
        for axis in range(3):
            along = np.moveaxis(distance, axis, 0)
            gray = np.moveaxis(image, axis, 0)
            steps = columns[:, [axis, *(other for other in range(3) if other != axis)]]
            _sweep(along, gray, steps, weight)
            _sweep(along[::-1], gray[::-1], steps * np.array([-1, 1, 1]), weight)
    return distance


def _sweep(
    distance: NDArray[np.float32], image: NDArray[np.float32], steps: NDArray[np.float64], weight: float
) -> None:
    """Let each plane take from the one before it, by the 9 neighbors there; `distance` is changed in place."""
    padded_gray = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="edge")
    for number in range(1, len(distance)):
        before = np.pad(distance[number - 1], 1, constant_values=np.inf)
        gray = padded_gray[number - 1]
        rows, columns = distance.shape[1:]
        for row, column in product(range(3), range(3)):
            step = steps @ np.array([1, 1 - row, 1 - column])
            there = slice(row, row + rows), slice(column, column + columns)
            difference = image[number] - gray[there]
            cost = np.sqrt((1 - weight) * float(step @ step) + weight * difference * difference)
            np.minimum(distance[number], before[there] + cost, out=distance[number])

"""Mending an irregular grid, when the caller accepted that: by linear interpolation, and never silently."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Shape, as_affine
from VSSegmentationLib.volume import Volume


def to_regular_slices(
    slices: NDArray[np.float32], distances_mm: NDArray[np.float64], step_mm: float
) -> NDArray[np.float32]:
    """Interpolate slices at any distances linearly onto slices `step_mm` apart, from the first to the last.

    Args:
        slices: (D, H, W).
        distances_mm: (D,) ascending from 0.
        step_mm: Distance of the new slices.

    Returns:
        (D', H, W); the last slice lies at most one step before the last one given.
    """
    count = int(distances_mm[-1] / step_mm + 1e-6) + 1
    places = np.interp(np.arange(count) * step_mm, distances_mm, np.arange(len(distances_mm)))
    below = np.minimum(places.astype(np.intp), len(distances_mm) - 2)
    result = np.empty((count, *slices.shape[1:]), np.float32)
    for index, (first, place) in enumerate(zip(below, places, strict=True)):
        share = place - first
        result[index] = (1 - share) * slices[first] + share * slices[first + 1]
    return result


def to_right_angles(volume: Volume) -> Volume:
    """Resample a sheared volume linearly onto the smallest grid with right angles that holds all of it.

    Rows keep their direction and spacing, the planes theirs; slices are stacked along the normal of the planes. What
    lies outside the original gets its lowest value.
    """
    old = volume.dhw_to_ras
    spacing = volume.spacing_dhw_mm
    along_w = geometry.directions(old)[:, 2]
    along_h = old[:3, 1] - (old[:3, 1] @ along_w) * along_w
    along_h /= np.linalg.norm(along_h)
    along_d = np.cross(along_w, along_h)
    along_d *= np.sign(along_d @ old[:3, 0])
    axes = np.stack([along_d, along_h, along_w], axis=1)
    steps = np.array([abs(along_d @ old[:3, 0]), along_h @ old[:3, 1], spacing[2]])
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in volume.shape], indexing="ij")).reshape(3, -1).T
    placed = geometry.transform_points(old, corners) @ axes / steps
    first = placed.min(axis=0)
    count = np.ceil(np.ptp(placed, axis=0) - 1e-6).astype(int) + 1
    affine = np.eye(4)
    affine[:3, :3] = axes * steps
    affine[:3, 3] = axes @ (first * steps)
    shape: Shape = (int(count[0]), int(count[1]), int(count[2]))
    new_to_old = np.linalg.inv(old) @ affine
    array = ndimage.affine_transform(
        volume.array,
        new_to_old[:-1],
        output_shape=shape,
        order=1,
        mode="constant",
        cval=float(volume.array.min()),
    )
    return Volume(array, as_affine(affine))

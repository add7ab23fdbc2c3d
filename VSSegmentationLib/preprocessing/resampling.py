"""Linear resampling between grids with the same axes, in bounded memory.

Along each axis resampling is a small matrix: a Gaussian where the new grid is coarser, then linear interpolation. The
matrices are applied slice by slice, and only to slices that are needed.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.preprocessing.grid import Grid, grid_of
from VSSegmentationLib.volume import Volume

_FWHM_PER_SIGMA = 2 * np.sqrt(2 * np.log(2))


class AxisOperators(NamedTuple):
    """One matrix per axis: row i holds the weights of the source voxels in target voxel i. float32, rows sum to 1."""

    depth: NDArray[np.float32]
    height: NDArray[np.float32]
    width: NDArray[np.float32]


class Slab(NamedTuple):
    """Some neighboring slices of a stack of channels."""

    start: int
    """Index of the first slice."""
    array: NDArray[np.float32]
    """(K, d, H, W)."""


def operators_between(source: Grid, target: Grid) -> AxisOperators:
    """Return the matrices that resample from `source` to `target`.

    Where the target is coarser by a factor f, the source is first smoothed by a Gaussian of
    sigma = sqrt(f^2 - 1) / 2.355 source voxels, which turns a point spread as wide as a source voxel (full width at
    half maximum) into one as wide as a target voxel. Beyond the outermost centers the outermost value is used.

    Raises:
        GeometryError: If the axes of the two do not run the same way.

    Source: Cardoso et al., "Scale factor point spread function matching", MICCAI 2015,
    doi:10.1007/978-3-319-24571-3_81.
    """
    index_map = np.linalg.inv(source.dhw_to_ras) @ target.dhw_to_ras
    scale = np.diag(index_map)[:3]
    if np.abs(index_map[:3, :3] - np.diag(scale)).max() > 1e-5 * scale.max() or scale.min() <= 0:
        msg = "resampling is between grids whose axes run the same way; these do not"
        raise GeometryError(msg)
    return AxisOperators(*(_operator(source.shape[i], target.shape[i], scale[i], index_map[i, 3]) for i in range(3)))


def _operator(source_count: int, target_count: int, scale: float, offset: float) -> NDArray[np.float32]:
    position = np.clip(scale * np.arange(target_count) + offset, 0, source_count - 1)
    lower = np.minimum(position.astype(int), max(0, source_count - 2))
    upper = np.minimum(lower + 1, source_count - 1)
    share = (position - lower)[:, None]
    weights = np.eye(source_count)
    if scale > 1 + 1e-6:
        sigma = np.sqrt(scale * scale - 1) / _FWHM_PER_SIGMA
        weights = ndimage.gaussian_filter1d(weights, sigma, axis=0, mode="nearest")
    operator: NDArray[np.float32] = ((1 - share) * weights[lower] + share * weights[upper]).astype(np.float32)
    return operator


def resample(volume: Volume, target: Grid) -> Volume:
    """Return a float32 volume on another grid with the same axes; only the part of the scan that it needs is read.

    Raises:
        GeometryError: If the axes of the two do not run the same way.
    """
    operators = operators_between(grid_of(volume), target)
    (d, h, w), (depth, height, width) = (_support(o) for o in operators), operators
    planes = [
        height[:, h] @ (np.ascontiguousarray(volume.array[index, h, w], dtype=np.float32) @ width[:, w].T)
        for index in range(d.start, d.stop)
    ]
    array = np.tensordot(depth[:, d], np.stack(planes), axes=1)
    return Volume(array, target.dhw_to_ras)


def _support(operator: NDArray[Any]) -> slice:
    used = np.flatnonzero(operator.any(axis=0))
    return slice(int(used[0]), int(used[-1]) + 1)


def resample_slabs(slabs: Iterable[Slab], operators: AxisOperators) -> Iterator[Slab]:
    """Resample a stack of channels that comes in slabs, and give each target slice as soon as it can be known.

    Args:
        slabs: Neighboring slabs (K, d, H, W) of the source, together all of its slices, from the first one on.
        operators: From the grid of the source to the target grid.

    Yields:
        Neighboring slabs of the target, one slice each, in order.
    """
    first = np.argmax(operators.depth != 0, axis=1)
    last = operators.depth.shape[1] - 1 - np.argmax(operators.depth[:, ::-1] != 0, axis=1)
    target, held, held_from = 0, None, 0
    for slab in slabs:
        held = slab.array if held is None else np.concatenate([held, slab.array], axis=1)
        known = held_from + held.shape[1]
        while target < len(last) and last[target] < known:
            yield Slab(target, _one_slice(held, held_from, target, operators))
            target += 1
        keep_from = min(int(first[target]), known) if target < len(last) else known
        held, held_from = held[:, keep_from - held_from :], keep_from


def _one_slice(held: NDArray[np.float32], held_from: int, target: int, operators: AxisOperators) -> NDArray[np.float32]:
    used = _support(operators.depth[target : target + 1])
    weights = operators.depth[target, used]
    block = held[:, used.start - held_from : used.stop - held_from]
    plane = np.einsum("d,kdhw->khw", weights, block)
    array: NDArray[np.float32] = operators.height @ (plane @ operators.width.T)
    return array[:, None]

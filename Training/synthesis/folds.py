"""The surface of the brain: folia of the cerebellum, sulci of the temporal lobe, and how far it has shrunk.

Folia are level sets of a phase that runs along the surface: on real scans CSF lines repeat every 2.8 to 5.8 mm along
the petrous face, 0.5 to 1 mm wide and 2 to 6 deep, bundled in three to six parallel lines per lobule with wider main
fissures between.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from Training.synthesis.noise import smooth_field
from Training.synthesis.tissues import BRAIN, Tissue
from VSSegmentationLib.tensors import array_of, tensor_of

_CEREBELLUM = (Tissue.CEREBELLAR_GRAY, Tissue.CEREBELLAR_WHITE)
_CEREBRUM = (Tissue.CEREBRAL_GRAY, Tissue.CEREBRAL_WHITE)
_CORTEX_MM = 1.0
_MAIN_DEEPER, _MAIN_WIDER = 1.7, 1.4
_COARSE = 2
"""Depths and phases are smooth: they are worked out on every second voxel."""


@dataclass(frozen=True, kw_only=True)
class Folding:
    """How one kind of cortex is folded; lengths in mm."""

    tissues: tuple[Tissue, Tissue]
    """Gray and white."""
    lobule_mm: float
    """Distance between the middles of lobules, each of which has a direction, period and depth of its own."""
    period_mm: tuple[float, float]
    depth_mm: tuple[float, float]
    width_mm: tuple[float, float]
    main_every: int
    """Each so-manieth line is a main fissure, deeper and wider."""
    warp_mm: float
    """By how much the lines wander."""


def foldings(atrophy: float) -> tuple[Folding, Folding]:
    """Return how cerebellum and temporal lobe are folded; `atrophy`, 0 to 1, widens every line."""
    return (
        Folding(
            tissues=_CEREBELLUM, lobule_mm=15.0, period_mm=(3.0, 5.5), depth_mm=(2.0, 6.0),
            width_mm=(0.4 + 0.2 * atrophy, 0.6 + 0.5 * atrophy), main_every=4, warp_mm=1.5,
        ),
        Folding(
            tissues=_CEREBRUM, lobule_mm=26.0, period_mm=(9.0, 15.0), depth_mm=(5.0, 13.0),
            width_mm=(0.4 + 0.4 * atrophy, 0.7 + 0.8 * atrophy), main_every=3, warp_mm=5.0,
        ),
    )  # fmt: skip


def fold_brain(
    rng: np.random.Generator,
    tissues: NDArray[np.uint8],
    spacing_mm: float,
    poruses: NDArray[np.float64],
    atrophy: float,
) -> None:
    """Fold and shrink the brain of a fine tissue map, in place.

    Args:
        rng: Draws lines and where they wander.
        tissues: (D, H, W) `Tissue` values.
        spacing_mm: Voxel size, isotropic.
        poruses: (ears, 3) in mm: near them the cistern is wider by up to 3 mm.
        atrophy: 0 to 1.
    """
    _shrink(rng, tissues, spacing_mm, poruses, atrophy)
    for folding in foldings(atrophy):
        _fold(rng, tissues, spacing_mm, folding)


def _shrink(
    rng: np.random.Generator,
    tissues: NDArray[np.uint8],
    spacing_mm: float,
    poruses: NDArray[np.float64],
    atrophy: float,
) -> None:
    """Turn the brain's outermost layer to CSF: more with age, most at the cerebellopontine angles."""
    coarse = tissues[::_COARSE, ::_COARSE, ::_COARSE]
    mm = spacing_mm * _COARSE
    depth = _depth(coarse, mm)
    places = [np.arange(n, dtype=np.float32) * np.float32(mm) for n in coarse.shape]
    loss = np.full(coarse.shape, 0.7 * atrophy, dtype=np.float32)
    for porus in poruses:
        d, h, w = np.ix_(*[(p - np.float32(c)) ** 2 for p, c in zip(places, porus, strict=True)])
        loss += np.float32(2.3 * atrophy**1.5) * np.exp(-(d + h + w) / np.float32(2 * 11.0**2))
    loss *= np.clip(1 + 0.5 * smooth_field(rng, coarse.shape, 12 / mm), 0, 2)
    lost = _fine(depth - loss, tissues.shape) < 0
    lost &= np.isin(tissues, BRAIN) & (tissues != Tissue.BRAINSTEM)
    tissues[lost] = Tissue.CSF


def _fold(rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, folding: Folding) -> None:
    """Carve the lines of one kind of cortex, and make what lies beside them gray, in place."""
    gray, white = folding.tissues
    cortex = np.isin(tissues, folding.tissues)
    rough = np.argwhere(ndimage.binary_opening(cortex[::4, ::4, ::4]))
    if len(rough) == 0:
        return
    box = tuple(
        slice(max(0, 4 * (a - 2)), 4 * (b + 3)) for a, b in zip(rough.min(axis=0), rough.max(axis=0), strict=True)
    )
    region, cortex = tissues[box], cortex[box]
    coarse = region[::_COARSE, ::_COARSE, ::_COARSE]
    depth = _depth(coarse, spacing_mm * _COARSE)
    lobules = _draw_lobules(rng, coarse, depth, spacing_mm * _COARSE, folding)
    if lobules is None:
        return
    deep = _fine(depth, region.shape)
    voxels = np.nonzero(cortex & (deep < _MAIN_DEEPER * folding.depth_mm[1]))
    deep = deep[voxels]
    own = lobules.nearest[tuple(v // _COARSE for v in voxels)]
    phase = lobules.phase[own]
    for axis, index in enumerate(voxels):
        period = folding.period_mm[1] / (spacing_mm * _COARSE)
        wander = folding.warp_mm * smooth_field(rng, coarse.shape, 3 * period)
        wander += 0.35 * folding.warp_mm * smooth_field(rng, coarse.shape, period)
        place = index * np.float32(spacing_mm) + _fine(wander, region.shape)[voxels]
        phase += place * lobules.rate_per_mm[own, axis]
    line = np.round(phase)
    off = np.abs(phase - line) / np.linalg.norm(lobules.rate_per_mm, axis=1)[own]  # mm from its middle
    main = line.astype(np.int64) % folding.main_every == 0
    reach = np.where(main, _MAIN_DEEPER, 1.0) * lobules.depth_mm[own]
    half = np.where(main, _MAIN_WIDER, 1.0) * lobules.width_mm[own] / 2
    half = half * np.sqrt(np.clip(1 - deep / reach, 0, 1))  # it narrows towards its end
    values = region[voxels]
    values[(values == white) & (off < half + _CORTEX_MM) & (deep < reach + _CORTEX_MM)] = gray
    values[off < half] = Tissue.CSF
    region[voxels] = values


@dataclass(frozen=True, eq=False)
class _Lobules:
    """Arrays over lobules, and which of them each coarse voxel belongs to."""

    nearest: NDArray[np.int64]
    rate_per_mm: NDArray[np.float32]
    """(lobules, 3): along which direction phase grows, and by how many lines a millimeter."""
    phase: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    width_mm: NDArray[np.float32]


def _draw_lobules(
    rng: np.random.Generator, coarse: NDArray[np.uint8], depth: NDArray[np.float32], mm: float, folding: Folding
) -> _Lobules | None:
    surface = np.argwhere((depth > 0) & (depth <= 1.5 * mm) & np.isin(coarse, folding.tissues))
    if len(surface) == 0:
        return None
    count = int(np.clip(len(surface) * mm**2 / folding.lobule_mm**2, 1, 400))
    seeds = surface[rng.choice(len(surface), count, replace=False)]
    smooth = ndimage.gaussian_filter(np.minimum(depth, 8.0), 2.0)
    slopes = np.stack([axis[tuple(seeds.T)] for axis in np.gradient(smooth)], axis=1)
    normals = slopes / np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-6)
    directions = rng.normal(0, 1, (count, 3))  # lines repeat along the surface and go inward across it
    directions -= (directions * normals).sum(axis=1, keepdims=True) * normals
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-6)
    nearest = np.zeros(coarse.shape, dtype=np.int64)
    near = depth > 0
    nearest[near] = cKDTree(seeds).query(np.argwhere(near))[1]
    return _Lobules(
        nearest=nearest,
        rate_per_mm=(directions / rng.uniform(*folding.period_mm, (count, 1))).astype(np.float32),
        phase=rng.uniform(0, 100, count).astype(np.float32),
        depth_mm=rng.uniform(*folding.depth_mm, count).astype(np.float32),
        width_mm=rng.uniform(*folding.width_mm, count).astype(np.float32),
    )


def _depth(tissues: NDArray[np.uint8], mm: float) -> NDArray[np.float32]:
    """Return how deep in the brain each voxel lies, in mm, 0 outside it."""
    brain = np.isin(tissues, BRAIN)
    return np.asarray(ndimage.distance_transform_edt(brain, mm) - 0.5 * mm * brain, dtype=np.float32)


def _fine(coarse: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a field on every voxel, from one on every second, straight between."""
    with torch.inference_mode():
        size = [_COARSE * n - 1 for n in coarse.shape]
        whole = torch.nn.functional.interpolate(
            tensor_of(np.ascontiguousarray(coarse))[None, None], size=size, mode="trilinear", align_corners=True
        )
        whole = torch.nn.functional.pad(whole, (0, 1, 0, 1, 0, 1), mode="replicate")[0, 0]
        return np.asarray(array_of(whole)[tuple(slice(0, n) for n in shape)])

"""Masks with the errors that models make: lobes, caps and slices missing, leaks into what looks alike, islands."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.recipes.interaction import ErrorRanges

Mask = NDArray[np.bool_]
_LEAST_VOXELS = 20


def with_errors(
    mask: Mask,
    image: NDArray[np.float32],
    spacing_dhw_mm: Sequence[float],
    rng: np.random.Generator,
    ranges: ErrorRanges,
) -> Mask:
    """Return a mask with gross errors, each drawn for itself; empty where the tumor is missed altogether.

    Args:
        mask: (D, H, W) of a tumor.
        image: (D, H, W), normalized.
        spacing_dhw_mm: Voxel size.
        rng: Draws everything.
        ranges: How often and how large.
    """
    if rng.random() < ranges.missed_share:
        return np.zeros_like(mask)
    spacing = np.asarray(spacing_dhw_mm, dtype=np.float64)
    for share, change in (
        (ranges.lobe_share, without_lobe),
        (ranges.cap_share, without_cap),
        (ranges.slices_share, with_other_slices),
    ):
        if rng.random() < share:
            changed = change(mask, spacing, rng, ranges)
            mask = changed if changed.sum() >= _LEAST_VOXELS else mask
    if rng.random() < ranges.leak_share:
        mask = mask | leak(mask, image, spacing, rng, ranges, beside=True)
    if rng.random() < ranges.island_share:
        mask = mask | leak(mask, image, spacing, rng, ranges, beside=False)
    return mask


def without_lobe(mask: Mask, spacing: NDArray[np.float64], rng: np.random.Generator, ranges: ErrorRanges) -> Mask:
    """Return a mask without what lies in a ball round a place of its outline."""
    center = _any_of(rng, mask & ~ndimage.binary_erosion(mask))
    return mask if center is None else mask & ~_ball(mask.shape, center, spacing, rng.uniform(*ranges.lobe_mm))


def without_cap(mask: Mask, spacing: NDArray[np.float64], rng: np.random.Generator, ranges: ErrorRanges) -> Mask:
    """Return a mask cut off by a plane, a part of its extent along a direction drawn at random."""
    direction = rng.standard_normal(3)
    places = np.argwhere(mask) * spacing
    if not len(places):
        return mask
    along = places @ (direction / np.linalg.norm(direction))
    kept = along <= along.max() - rng.uniform(*ranges.cap_part) * (along.max() - along.min())
    cut = np.zeros_like(mask)
    cut[mask] = kept
    return cut


def with_other_slices(mask: Mask, _spacing: NDArray[np.float64], rng: np.random.Generator, ranges: ErrorRanges) -> Mask:
    """Return a mask that ends some slices too early, or goes on as its last slice is for some more."""
    filled = np.flatnonzero(mask.any(axis=(1, 2)))
    if not len(filled):
        return mask
    count, upper = int(rng.integers(ranges.slices[0], ranges.slices[1] + 1)), rng.random() < 0.5
    changed = mask.copy()
    if rng.random() < 0.5:
        changed[filled[-count:] if upper else filled[:count]] = False
        return changed
    end, step = (filled[-1], 1) if upper else (filled[0], -1)
    for number in range(1, count + 1):
        if 0 <= end + step * number < len(mask):
            changed[end + step * number] = ndimage.binary_erosion(mask[end], iterations=number)
    return changed


def leak(
    mask: Mask,
    image: NDArray[np.float32],
    spacing: NDArray[np.float64],
    rng: np.random.Generator,
    ranges: ErrorRanges,
    *,
    beside: bool,
) -> Mask:
    """Return what looks like a place beside the tumor, or apart from it, and is connected with that place."""
    away = ndimage.distance_transform_edt(~mask, spacing) if mask.any() else np.full(mask.shape, 10.0)
    seed = _any_of(rng, (away > 0) & (away <= 1.5) if beside else (away > 5) & (away < 20))
    if seed is None:
        return np.zeros_like(mask)
    smooth = ndimage.gaussian_filter(image, 0.8 / spacing)
    tolerance, radius = rng.uniform(*ranges.leak_tolerance), rng.uniform(*ranges.leak_mm)
    alike = (np.abs(smooth - smooth[seed]) <= tolerance) & _ball(mask.shape, seed, spacing, radius) & ~mask
    pieces, _ = ndimage.label(alike)
    if not pieces[seed]:
        return np.zeros_like(mask)
    return np.asarray(ndimage.binary_opening(pieces == pieces[seed], np.ones((1, 2, 2), np.bool_)))


def _any_of(rng: np.random.Generator, mask: Mask) -> tuple[int, ...] | None:
    places = np.flatnonzero(mask)
    return tuple(int(i) for i in np.unravel_index(int(rng.choice(places)), mask.shape)) if len(places) else None


def _ball(shape: tuple[int, ...], center: Sequence[int], spacing: NDArray[np.float64], radius_mm: float) -> Mask:
    places = np.ogrid[tuple(slice(n) for n in shape)]
    square = sum(((place - c) * s) ** 2 for place, c, s in zip(places, center, spacing, strict=True))
    return np.asarray(square <= radius_mm**2)

"""True masks made to look like predictions: outlines that wander, canals filled too short, leaks into the cistern."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.recipes.masks import PerturbationRanges
from VSSegmentationLib.connected import largest_piece
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label

Mask = NDArray[np.bool_]


def perturbed(
    labels: NDArray[np.uint8], spacing_dhw_mm: Sequence[float], rng: np.random.Generator, ranges: PerturbationRanges
) -> Mask:
    """Return a mask like one that a network predicts for this tumor.

    The signed distance to the outline is moved by a constant and by smooth noise; then the deep end of the canal may be
    cut off, and a ball at the outline be added or taken away. The largest piece is kept, without holes.

    Args:
        labels: (D, H, W) of `Label` values, with a tumor.
        spacing_dhw_mm: Voxel size.
        rng: Draws everything.
        ranges: How far.

    Returns:
        (D, H, W); the true mask if nothing would be left.
    """
    tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
    spacing = np.array(spacing_dhw_mm, dtype=np.float64)
    inward = ndimage.distance_transform_edt(tumor, spacing) - ndimage.distance_transform_edt(~tumor, spacing)
    # Half a voxel is counted on either side, so 0 is the outline.
    moved = inward + rng.normal(0, ranges.shift_sd_mm) + _wander(rng, tumor.shape, spacing, ranges)
    mask = np.asarray(moved > 0)
    if rng.random() < ranges.short_canal_share:
        mask &= ~_deep_end(labels, spacing, rng.uniform(*ranges.short_canal_mm))
    if rng.random() < ranges.leak_share:
        ball = _ball_at_outline(rng, tumor, spacing, rng.uniform(*ranges.leak_radius_mm))
        mask = mask | ball if rng.random() < 0.5 else mask & ~ball
    return largest_piece_filled(mask) if mask.any() else tumor


def largest_piece_filled(mask: Mask) -> Mask:
    """Return the largest connected piece of a (D, H, W) mask that has at least one voxel, its holes filled."""
    return np.asarray(ndimage.binary_fill_holes(largest_piece(mask)))


def _wander(
    rng: np.random.Generator, shape: tuple[int, ...], spacing: NDArray[np.float64], ranges: PerturbationRanges
) -> NDArray[np.float64]:
    sigma = rng.uniform(*ranges.wander_length_mm) / spacing
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), sigma, mode="wrap")
    return np.asarray(noise / max(float(noise.std()), 1e-9) * rng.uniform(*ranges.wander_mm))


def _deep_end(labels: NDArray[np.uint8], spacing: NDArray[np.float64], length_mm: float) -> Mask:
    """Return the voxels within `length_mm` of the end of the intrameatal part that lies farthest from the other."""
    inside = labels == Label.INTRAMEATAL
    outside = labels == Label.EXTRAMEATAL
    if not inside.any() or not outside.any():
        return np.zeros(labels.shape, np.bool_)
    depth = ndimage.distance_transform_edt(~outside, spacing)
    return np.asarray(depth > depth[inside].max() - length_mm) & ndimage.binary_dilation(inside, iterations=2)


def _ball_at_outline(rng: np.random.Generator, tumor: Mask, spacing: NDArray[np.float64], radius_mm: float) -> Mask:
    outline = np.argwhere(tumor & ~ndimage.binary_erosion(tumor))
    center = outline[int(rng.integers(len(outline)))]
    places = np.ogrid[tuple(slice(n) for n in tumor.shape)]
    square = sum(((place - c) * s) ** 2 for place, c, s in zip(places, center, spacing, strict=True))
    return np.asarray(square <= radius_mm**2)

"""From a scan to what a network of nnU-Net sees, and its logits back: the same voxels to the last digit that matters.

nnU-Net resamples with scikit-image's `resize`, which is scipy's `zoom` on voxel edges and a clip; so is this.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import expit

from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.inference.nnunet.plans import ChannelPlan, NnUNetPlans
from VSSegmentationLib.preprocessing import Box

_ANISOTROPIC = 3.0
"""A voxel longer than this many times its shortest side is resampled slice by slice."""


_Slices = tuple[slice, slice, slice]


class Prepared(NamedTuple):
    """Input of the network, and the way back."""

    data: NDArray[np.float32]
    """(C, D, H, W) in nnU-Net's axes, cropped, normalized, resampled."""
    box: _Slices
    """Of what is not zero, in nnU-Net's axes."""
    spacing_mm: Triplet
    """Of the scan, in nnU-Net's axes."""
    shape: Shape
    """Of the scan, in nnU-Net's axes."""


def prepare(
    channels: NDArray[np.float32], spacing_dhw_mm: Triplet, plans: NnUNetPlans, part: Box | None = None
) -> Prepared:
    """Transpose, crop to what is not zero, normalize, crop to a part if only that is looked at, resample.

    Args:
        channels: (C, D, H, W), slices first.
        spacing_dhw_mm: Voxel size.
        plans: Of the model.
        part: In the axes of `channels`; None is everything.
    """
    data = channels.transpose(0, *(axis + 1 for axis in plans.transpose_forward)).astype(np.float32)
    a, b, c = (spacing_dhw_mm[axis] for axis in plans.transpose_forward)
    inside = ndimage.binary_fill_holes((data != 0).any(axis=0))
    found = ndimage.find_objects(inside.astype(np.uint8))
    own = found[0] if found else None
    box = (slice(None), slice(None), slice(None)) if own is None else (own[0], own[1], own[2])
    cropped, mask = data[:, *box], inside[box]
    normalized = np.stack(
        [_normalized(channel, mask, plan) for channel, plan in zip(cropped, plans.channels, strict=True)]
    )
    if part is not None:
        looked_at = [slice(part.start[axis], part.stop[axis]) for axis in plans.transpose_forward]
        inner, box = _both(box, looked_at, data.shape[1:])
        normalized = normalized[:, *inner]
    wanted = new_shape(normalized.shape[1:], (a, b, c), plans.spacing_mm)
    axis = slices_of((a, b, c), plans.spacing_mm, plans.separate_z)
    resampled = resized(normalized, wanted, plans.orders[0], axis).astype(np.float32)
    d, h, w = data.shape[1:]
    return Prepared(resampled, box, (a, b, c), (d, h, w))


def _both(box: _Slices, looked_at: Sequence[slice], shape: Sequence[int]) -> tuple[_Slices, _Slices]:
    """Return what two boxes share, within the first and by itself; where they share nothing, one voxel of the first."""
    inner, own = [], []
    for first, second, count in zip(box, looked_at, shape, strict=True):
        low, high, _ = first.indices(count)
        start = min(max(low, second.start), high - 1)
        stop = max(min(high, second.stop), start + 1)
        own.append(slice(start, stop))
        inner.append(slice(start - low, stop - low))
    return (inner[0], inner[1], inner[2]), (own[0], own[1], own[2])


def restore(logits: NDArray[np.float16], prepared: Prepared, plans: NnUNetPlans) -> NDArray[np.float32]:
    """Return probabilities of `plans.meanings` (K, D, H, W) on the scan's voxels; outside of the crop is background.

    Logits stay in half precision when they are resampled, as nnU-Net's do.
    """
    d, h, w = (
        n if part == slice(None) else part.stop - part.start
        for part, n in zip(prepared.box, prepared.shape, strict=True)
    )
    axis = slices_of(plans.spacing_mm, prepared.spacing_mm, plans.separate_z)
    back = resized(logits, (d, h, w), plans.orders[1], axis).astype(np.float16).astype(np.float32)
    whole = np.zeros((len(plans.meanings), *prepared.shape), np.float32)
    whole[0] = 1
    whole[:, *prepared.box] = _of_regions(back) if plans.nested else _softmax(back)
    backward = np.argsort(plans.transpose_forward)
    return np.ascontiguousarray(whole.transpose(0, *(axis + 1 for axis in backward)))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted = np.exp(logits - logits.max(axis=0))
    return np.asarray(shifted / shifted.sum(axis=0))


def _of_regions(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities (K + 1, D, H, W) of what lies in no region, then in each and in none inside it.

    nnU-Net writes one region over the other, so what is inside one is inside those round it: a region is at least as
    likely as the likeliest inside it.
    """
    alone = expit(logits)
    likely = np.maximum.accumulate(alone[::-1], axis=0)[::-1]
    outer = np.concatenate([np.ones_like(likely[:1]), likely])
    inner = np.concatenate([likely, np.zeros_like(likely[:1])])
    return np.asarray(outer - inner)


def _normalized(channel: NDArray[np.float32], inside: NDArray[np.bool_], plan: ChannelPlan) -> NDArray[np.float32]:
    if plan.normalization == "NoNormalization":
        return channel
    if plan.normalization == "RescaleTo01Normalization":
        shifted = channel - channel.min()
        return np.asarray(shifted / np.clip(shifted.max(), 1e-8, None), np.float32)
    if plan.normalization == "CTNormalization" and plan.statistics is not None:
        known = plan.statistics
        clipped = np.clip(channel, known["percentile_00_5"], known["percentile_99_5"])
        return np.asarray((clipped - np.float32(known["mean"])) / max(known["std"], 1e-8), np.float32)
    if not plan.inside_only:
        return np.asarray((channel - channel.mean()) / max(float(channel.std()), 1e-8), np.float32)
    changed = channel.copy()
    values = channel[inside]
    changed[inside] = (values - values.mean()) / max(float(values.std()), 1e-8)
    return changed


def new_shape(shape: Sequence[int], spacing_mm: Sequence[float], wanted_mm: Sequence[float]) -> Shape:
    """Return the number of voxels of another size in the same box, rounded as nnU-Net does."""
    d, h, w = (round(s / t * n) for s, t, n in zip(spacing_mm, wanted_mm, shape, strict=True))
    return d, h, w


def slices_of(spacing_mm: Triplet, wanted_mm: Triplet, separate: bool | None) -> int | None:
    """Return the axis along which slices are resampled by themselves, if either grid is that anisotropic."""
    if separate is False:
        return None
    for each in (spacing_mm, wanted_mm):
        if separate or max(each) / min(each) > _ANISOTROPIC:
            longest = [axis for axis in range(3) if each[axis] == max(each)]
            return longest[0] if len(longest) == 1 else None
    return None


def resized(data: NDArray[np.floating[Any]], shape: Shape, order: int, slices: int | None) -> NDArray[np.floating[Any]]:
    """Resize (C, D, H, W) by splines of an order; along the axis of `slices` the nearest slice is taken."""
    if data.shape[1:] == tuple(shape):
        return data
    return np.stack([_resized(channel, shape, order, slices) for channel in data])


def _resized(channel: NDArray[np.floating[Any]], shape: Shape, order: int, slices: int | None) -> NDArray[np.float64]:
    if slices is None:
        return _zoomed(channel.astype(np.float64), shape, order)
    flat = [n for axis, n in enumerate(shape) if axis != slices]
    planes = [_zoomed(plane.astype(np.float64), flat, order) for plane in np.moveaxis(channel, slices, 0)]
    stack = np.stack(planes)
    if len(stack) != shape[slices]:
        places = len(stack) / shape[slices] * (np.arange(shape[slices]) + 0.5) - 0.5
        stack = stack[np.clip(np.floor(places + 0.5).astype(int), 0, len(stack) - 1)]
    return np.moveaxis(stack, 0, slices)


def _zoomed(array: NDArray[np.float64], shape: Sequence[int], order: int) -> NDArray[np.float64]:
    if array.shape == tuple(shape):
        return array
    factors = [new / old for new, old in zip(shape, array.shape, strict=True)]
    zoomed: NDArray[np.float64] = ndimage.zoom(array, factors, order=order, mode="nearest", grid_mode=True)  # type: ignore[call-overload]
    return np.clip(zoomed, array.min(), array.max())

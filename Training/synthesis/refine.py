"""From the 1 mm labels of a head to a fine tissue map whose edges are smooth, without the stairs of the label map."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.tissues import HEAD_TISSUES, Tissue
from Training.synthesis.warp import Places
from VSSegmentationLib.tensors import array_of, tensor_of

_SMOOTH_MM = 0.85
"""Standard deviation of the vote round each place: the label map's stairs are 1 mm high."""
_THIN = {Tissue.CSF: 1.15, Tissue.ARTERY: 1.25}
"""Sheets and tubes of a voxel's width lose a fair vote between their neighbors; so their own counts more."""


def sample_head(tissues: NDArray[np.uint8], places: Places) -> NDArray[np.float32]:
    """Return (tissue, D, H, W): how much of each head tissue there is at these places of a 1 mm head.

    Every tissue is smoothed on the head's own grid and read between its voxels, so that neither the label map's stairs
    nor the places' rounding show.
    """
    low = np.clip(np.floor(places.reshape(3, -1).min(axis=1)).astype(int) - 4, 0, np.array(tissues.shape) - 1)
    high = np.clip(np.ceil(places.reshape(3, -1).max(axis=1)).astype(int) + 5, low + 1, tissues.shape)
    near = tissues[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    votes = np.zeros((len(HEAD_TISSUES), *places.shape[1:]), dtype=np.float32)
    extent = np.maximum(np.array(near.shape) - 1, 1).astype(np.float32)
    grid = np.stack([2 * (places[axis] - low[axis]) / extent[axis] - 1 for axis in (2, 1, 0)], axis=-1)
    with torch.inference_mode():
        lookup = tensor_of(np.ascontiguousarray(grid, dtype=np.float32))[None]
        for tissue in HEAD_TISSUES:
            here = near == tissue
            if not here.any():
                continue
            smooth = ndimage.gaussian_filter(here.astype(np.float32), _SMOOTH_MM, truncate=3, mode="nearest")
            read = torch.nn.functional.grid_sample(
                tensor_of(smooth)[None, None], lookup, padding_mode="border", align_corners=True
            )
            votes[tissue] = array_of(read[0, 0]) * np.float32(_THIN.get(tissue, 1.0))
    return votes


def to_fine(votes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the tissue that prevails at each point of the 0.5 mm grid, from (tissue, D, H, W) at 1 mm."""
    with torch.inference_mode():
        # Spacing halves: sample points sit at 0, 0.5, 1 ... mm, so index 2k of the result is index k of the source.
        full = tensor_of(votes)[None]
        size = [2 * n - 1 for n in full.shape[2:]]
        fine = torch.nn.functional.interpolate(full, size=size, mode="trilinear", align_corners=True)
        fine = torch.nn.functional.pad(fine, (0, 1, 0, 1, 0, 1), mode="replicate")
        return np.asarray(array_of(fine[0].argmax(dim=0).to(torch.uint8)))

"""What the 3D network sees: the image resampled to cubes of 0.4 mm, as the paper has it."""

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from Training.experiments.patches import SPACING_DHW_MM
from Training.sources import ImageAndLabels, SampleSource
from VSSegmentationLib.geometry import as_affine
from VSSegmentationLib.preprocessing import Grid, operators_between
from VSSegmentationLib.tensors import array_of, tensor_of

CUBE_MM = 0.4
_MULTIPLE = 16
"""Of what a network with four poolings along each axis takes."""
Shape = tuple[int, int, int]


class Isotropic:
    """Another source's samples on cubes; a cube's label is that of the slice it lies in."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def sample(self, index: int) -> ImageAndLabels:
        """Return image (C, D, H, W) and labels (D, H, W) on cubes, round them 0: the mean, and no label."""
        image, labels = self._source.sample(index)
        on_cubes = array_of(_padded(to_cubes(tensor_of(image)[None]))[0])
        places = np.ix_(*(_nearest(*each) for each in zip(labels.shape, SPACING_DHW_MM, strict=True)))
        return on_cubes, np.ascontiguousarray(array_of(_padded(tensor_of(labels[places])[None, None]))[0, 0])


def to_cubes(image: Tensor) -> Tensor:
    """Return (B, C, d, h, w) on cubes of 0.4 mm of (B, C, D, H, W) on the patches' grid: linear between voxels."""
    shape = _shape(image)
    return _applied(image, _operators(shape, back=False))


def through_cubes(predict: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return a prediction of logits on the slices from one on cubes, smoothed as the slices are thicker."""

    def predicted(image: Tensor) -> Tensor:
        cubes = to_cubes(image)
        d, h, w = cubes.shape[2:]
        logits = predict(_padded(cubes))[:, :, :d, :h, :w]
        return _applied(logits, _operators(_shape(image), back=True))

    return predicted


def labels_of(logits: Tensor) -> NDArray[np.uint8]:
    """Return (D, H, W) uint8, the class with the largest logit, of (1, K, D, H, W)."""
    return array_of(logits.argmax(dim=1)[0]).astype(np.uint8)


def _shape(image: Tensor) -> Shape:
    d, h, w = image.shape[2:]
    return d, h, w


def _count(voxels: int, spacing_mm: float) -> int:
    """Return how many cubes an extent holds; a part of one more is left out."""
    return int(voxels * spacing_mm / CUBE_MM + 1e-6)


def _nearest(voxels: int, spacing_mm: float) -> NDArray[np.intp]:
    """Return the voxel that the middle of every cube lies in, along one axis."""
    middles = (np.arange(_count(voxels, spacing_mm)) + 0.5) * CUBE_MM
    return np.minimum((middles / spacing_mm).astype(np.intp), voxels - 1)


@cache
def _operators(shape: Shape, *, back: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return the matrices along D, H, W from the patch to its cubes, or back; both begin at the same edge."""
    patch = Grid(shape, _affine(SPACING_DHW_MM))
    cubes = Grid(tuple(map(_count, shape, SPACING_DHW_MM)), _affine((CUBE_MM,) * 3))  # type: ignore[arg-type]
    depth, height, width = operators_between(*((cubes, patch) if back else (patch, cubes)))
    return tensor_of(depth), tensor_of(height), tensor_of(width)


def _affine(spacing_dhw_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return where voxels are whose first one has a corner at 0."""
    affine = np.diag([*spacing_dhw_mm, 1.0])[[2, 1, 0, 3]]  # D to superior, H to anterior, W to right
    affine[:3, 3] = np.array(spacing_dhw_mm)[::-1] / 2
    return as_affine(affine)


def _applied(image: Tensor, operators: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    depth, height, width = operators
    return torch.einsum("bcdhw,xd,yh,zw->bcxyz", image.float(), depth, height, width)


def _padded(image: Tensor) -> Tensor:
    missing = [-n % _MULTIPLE for n in image.shape[2:]]
    return F.pad(image, (0, missing[2], 0, missing[1], 0, missing[0]))

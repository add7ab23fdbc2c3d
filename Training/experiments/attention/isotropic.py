"""Slices made as thin as pixels are wide, and predictions brought back: what the paper does for its 3D network."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from Training.experiments.patches import SPACING_DHW_MM
from Training.sources import ImageAndLabels, SampleSource
from VSSegmentationLib.tensors import array_of, tensor_of

FACTOR = round(SPACING_DHW_MM[0] / SPACING_DHW_MM[1])
"""Thin slices per slice."""


class Isotropic:
    """Another source's samples, in cubes of half a millimeter."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def sample(self, index: int) -> ImageAndLabels:
        """Return image (1, 3 D, H, W), linear between slices, and labels (3 D, H, W), each slice three times."""
        image, labels = self._source.sample(index)
        return array_of(thinned(tensor_of(image)[None])[0]), np.repeat(labels, FACTOR, axis=0)


def thinned(image: Tensor) -> Tensor:
    """Return (B, C, 3 D, H, W) of (B, C, D, H, W): linear between the middles of slices, constant beyond the outer."""
    depth, height, width = image.shape[2:]
    return F.interpolate(image, size=(depth * FACTOR, height, width), mode="trilinear", align_corners=False)


def through_cubes(predict: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return a prediction of logits on the slices from one on cubes: the mean over the thin slices of each."""

    def predicted(image: Tensor) -> Tensor:
        logits = predict(thinned(image))
        return F.avg_pool3d(logits, (FACTOR, 1, 1))

    return predicted


def labels_of(logits: Tensor) -> NDArray[np.uint8]:
    """Return (D, H, W) uint8, the class with the largest logit, of (1, K, D, H, W)."""
    return array_of(logits.argmax(dim=1)[0]).astype(np.uint8)

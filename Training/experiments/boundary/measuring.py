"""What is measured of the division of the test patches: Dice of the parts, and the distance of the boundaries."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from Training.experiments.boundary.arms import BoundaryArm
from Training.experiments.patches import SPACING_DHW_MM, Patches
from Training.masks import largest_piece_filled
from VSSegmentationLib.evaluation import boundary_distances, dice
from VSSegmentationLib.geometry import as_affine
from VSSegmentationLib.inference import DivisionConfig, divide
from VSSegmentationLib.labels import Label
from VSSegmentationLib.networks import logits_of
from VSSegmentationLib.tensors import array_of, tensor_of

Cases = list[dict[str, float | None]]


def measure(network: nn.Module, arm: BoundaryArm, patches: Patches, masks: NDArray[np.bool_]) -> Cases:
    """Return Dice of background, both parts and the whole, and the boundary's ASSD, of every test patch.

    Args:
        network: Takes one channel for the baseline, else image and mask.
        arm: Whose network it is.
        patches: Whose test patches are measured.
        masks: (N, D, H, W) for stage 2; inside them the output rules decide, outside all is background.
    """
    predict: Callable[[NDArray[np.float32], NDArray[np.bool_]], NDArray[np.uint8]]
    predict = partial(_one_stage, network) if arm.mask == "none" else partial(_two_stages, network)
    pairs = zip(patches.images["test"], patches.labels["test"], masks, strict=True)
    return [_compared(predict(image, mask), truth) for image, truth, mask in pairs]


@torch.inference_mode()
def _one_stage(network: nn.Module, image: NDArray[np.float32], _mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    logits = logits_of(network)(tensor_of(image)[None, None])
    labels: NDArray[np.uint8] = array_of(logits.argmax(1)[0]).astype(np.uint8)
    if not labels.any():
        return labels
    return np.where(largest_piece_filled(labels > 0), labels, np.uint8(0))  # as stage 1's mask is one piece


@torch.inference_mode()
def _two_stages(network: nn.Module, image: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    if not mask.any():
        return np.zeros(mask.shape, np.uint8)
    both = np.stack([image, mask.astype(np.float32)])
    found = array_of(torch.softmax(logits_of(network)(tensor_of(both)[None])[0].float(), 0))
    affine = as_affine(np.diag([*SPACING_DHW_MM, 1.0])[[2, 1, 0, 3]])  # D to superior, H to anterior, W to right
    return divide(mask, found, affine, DivisionConfig())


def _compared(found: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[str, float | None]:
    values: dict[str, float | None] = {
        "background": dice(found == Label.BACKGROUND, truth == Label.BACKGROUND),
        "whole": dice(found > 0, truth > 0),
    }
    for name, label in (("extra", Label.EXTRAMEATAL), ("intra", Label.INTRAMEATAL)):
        values[name] = dice(found == label, truth == label) if (truth == label).any() else None
    if None not in (values["extra"], values["intra"]):
        distance = boundary_distances(found, truth, SPACING_DHW_MM).mean_of_directed_means_mm
        values["boundary_mm"] = distance if np.isfinite(distance) else None
        values["boundary_missing"] = float(not np.isfinite(distance))
    return values

"""Stage 1, once for all arms, with masks of patches that the network which predicts them was not trained on.

As in the paper, stage 1 is one network for all arms. Two more, each trained on half of the training patches, predict
the masks of the other half: a network's masks of what it was trained on are too good to learn from.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from Training.experiments.boundary.options import BoundaryOptions, recipe_of
from Training.experiments.boundary.patches import MaskedPatches
from Training.experiments.jobs import Job
from Training.experiments.patches import load_patches
from Training.experiments.study import RunPlaces
from Training.experiments.trained import finished, trained
from Training.masks import largest_piece_filled
from Training.sources import ImageAndLabels, SampleSource
from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.networks import logits_of
from VSSegmentationLib.tensors import array_of, tensor_of

_FOLDER = "stage_1"
_PARTS = ("whole", "even", "odd")


def stage_1_jobs(places: RunPlaces, options: BoundaryOptions) -> list[Job]:
    """Return the jobs that train the three networks and keep their masks."""
    return [
        Job(
            title=f"stage 1, {part}",
            result=places.folder / _FOLDER / f"{part}.npz",
            do=partial(finished, partial(_stage_1, part, places, options)),
        )
        for part in _PARTS
    ]


def _stage_1(part: str, places: RunPlaces, options: BoundaryOptions) -> None:
    """Train on all training patches, or on the even or odd ones, and keep the masks of test and training patches."""
    patches, folder = load_patches(places.patches), places.folder / _FOLDER
    count = len(patches.images["training"])
    kept = None if part == "whole" else np.arange({"even": 0, "odd": 1}[part], count, 2)
    source = _Whole(MaskedPatches(patches, "training", 0, kept=kept))
    recipe = recipe_of(None, 0, options, steps=options.warm_up + options.steps)
    held_out = _Whole(MaskedPatches(patches, "validation", 0))
    network = trained(recipe, source, held_out, folder / part, sitting_minutes=places.sitting_minutes).network
    masks = {split: _masks(network, patches.images[split]) for split in ("training", "test")}
    write_atomically(folder / f"{part}.npz", lambda file: np.savez_compressed(file, allow_pickle=False, **masks))


def predicted_masks(folder: Path) -> dict[str, NDArray[np.bool_]]:
    """Return stage 1's masks (N, D, H, W) of test patches, and of training patches from the half that lacks them."""
    stored = {}
    for part in _PARTS:
        with np.load(folder / _FOLDER / f"{part}.npz") as arrays:
            stored[part] = {split: arrays[split] for split in ("training", "test")}
    training = stored["odd"]["training"].copy()
    training[1::2] = stored["even"]["training"][1::2]
    return {"training": training, "test": stored["whole"]["test"]}


class _Whole:
    """Another source's samples with one tumor label."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def sample(self, index: int) -> ImageAndLabels:
        image, labels = self._source.sample(index)
        return image, VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels).astype(np.uint8)


@torch.inference_mode()
def _masks(network: nn.Module, images: NDArray[np.float32]) -> NDArray[np.bool_]:
    masks = []
    for image in images:
        found = array_of(logits_of(network)(tensor_of(image)[None, None]).argmax(1)[0]) > 0
        masks.append(largest_piece_filled(found) if found.any() else found)
    return np.stack(masks)

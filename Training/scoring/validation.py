"""What is measured while training: overlap on samples that are never trained on."""

from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from Training.data.manifest import Measured
from Training.pictures import Tile, most_tumor, write_sheet
from Training.sources import Batch, SampleSource, batch_of
from VSSegmentationLib.inference.model_bundle import FUNDUS_CLASSES, LOCATOR_CLASSES
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.losses.regions import Regions, labels_between
from VSSegmentationLib.networks import labels_of_regions
from VSSegmentationLib.tensors import array_of

Draw = Callable[[nn.Module, Path], None]
"""Write a picture of what a network in evaluation mode predicts."""

Validate = Callable[[nn.Module], dict[str, float]]
"""Measure a network in evaluation mode; returns values by name."""

FIRST_VALIDATION_INDEX = 2**30
"""Sample numbers from here on are never trained on: no run is that long."""


def validate_on_samples(
    source: SampleSource, count: int, label_set: Measured = "VS", regions: Regions | None = None
) -> Validate:
    """Return a measure of a network on `count` samples of a source.

    It gives `dice` of the whole tumor, `dice_extrameatal`, `dice_intrameatal` and `dice_cochlea` where the samples have
    these labels (each a mean over the samples that hold the label), and `false_positive_voxels`, a mean over the
    tumor-free samples. Of BraTS: `dice_whole`, `dice_core`, `dice_enhancing`, and `dice`, the mean of those that a
    sample holds. Of canals: `dice_right_porus` and so on, and `dice`, their mean. The samples are made at the first
    call and kept. With `regions` the outputs are these, as the loss has them.
    """
    kept: list[Batch] = []

    @torch.inference_mode()
    def validate(network: nn.Module) -> dict[str, float]:
        device = next(network.parameters()).device
        values: dict[str, list[float]] = {}
        while len(kept) < count:
            kept.append(batch_of(source, [FIRST_VALIDATION_INDEX + len(kept)]))
        for batch in kept:
            predicted = labels_of(network(batch.image.to(device)).logits, regions)
            for name, value in _COMPARED[label_set](predicted, array_of(batch.labels[0]).astype(np.uint8)).items():
                values.setdefault(name, []).append(value)
        return {name: fmean(of_samples) for name, of_samples in sorted(values.items())}

    return validate


def labels_of(logits: Tensor, regions: Regions | None = None) -> NDArray[np.uint8]:
    """Return the labels (D, H, W) that the logits (1, K, D, H, W) of classes, or of nested regions, stand for."""
    if regions is None:
        return array_of(logits.argmax(dim=1)[0]).astype(np.uint8)
    return array_of(labels_of_regions(logits, labels_between(regions))[0]).astype(np.uint8)


def _compared(predicted: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[str, float]:
    found, tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(predicted), VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(truth)
    values = {"dice": _dice(found, tumor)} if tumor.any() else {"false_positive_voxels": float(found.sum())}
    for label in (Label.EXTRAMEATAL, Label.INTRAMEATAL, Label.COCHLEA):
        if (truth == label).any():
            values[f"dice_{label.name.lower()}"] = _dice(predicted == label, truth == label)
    return values


def _compared_regions(predicted: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[str, float]:
    """Return the Dice of every region that the truth has."""
    if not truth.any():
        return {"false_positive_voxels": float((predicted > 0).sum())}
    values = {
        f"dice_{region}": _dice(np.isin(predicted, labels), np.isin(truth, labels))
        for region, labels in _REGIONS.items()
        if np.isin(truth, labels).any()
    }
    return {"dice": fmean(values.values()), **values}


def _compared_canals(predicted: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[str, float]:
    """Return the Dice of every ball that the truth has."""
    names = (*LOCATOR_CLASSES, *FUNDUS_CLASSES)
    values = {
        f"dice_{name.replace(' ', '_')}": _dice(predicted == label, truth == label)
        for label, name in enumerate(names)
        if label and (truth == label).any()
    }
    return {"dice": fmean(values.values()), **values} if values else {}


_REGIONS = {"whole": (1, 2, 3), "core": (1, 3), "enhancing": (3,)}
"""Nested, as BraTS scores them: 1 is necrotic core, 2 edema, 3 enhancing tumor."""
_COMPARED = {"VS": _compared, "BraTS": _compared_regions, "canals": _compared_canals}


def _dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2.0 * (one & other).sum() / (one.sum() + other.sum()))


def draw_predictions(
    source: SampleSource, count: int = 8, label_set: Measured = "VS", regions: Regions | None = None
) -> Draw:
    """Return a drawing of the first samples with a tumor: above the truth, below what the network says, with its Dice.

    The samples are those that `validate_on_samples` measures first; where fewer than `count` of four times as many hold
    a tumor, others are shown, too.
    """
    kept: list[Batch] = []

    def fill() -> None:
        made = [batch_of(source, [FIRST_VALIDATION_INDEX + number]) for number in range(4 * count)]
        kept.extend(sorted(made, key=lambda batch: not bool(batch.labels.any()))[:count])

    @torch.inference_mode()
    def draw(network: nn.Module, path: Path) -> None:
        if not kept:
            fill()
        device = next(network.parameters()).device
        above, below = [], []
        for batch in kept:
            truth = array_of(batch.labels[0]).astype(np.uint8)
            found = labels_of(network(batch.image.to(device)).logits, regions)
            image, best = array_of(batch.image[0, 0]), most_tumor(truth)
            score = _COMPARED[label_set](found, truth).get("dice")
            above.append(Tile(image[best], truth[best], "truth"))
            below.append(Tile(image[best], found[best], "nothing there" if score is None else f"Dice {score:.2f}"))
        write_sheet([*above, *below], path, count, (1.6, 1.8))

    return draw

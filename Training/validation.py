"""What is measured while training: overlap on samples that are never trained on."""

from collections.abc import Callable
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from Training.sources import Batch, SampleSource, batch_of
from VSSegmentationLib.labels import Label, tumor_mask

Validate = Callable[[nn.Module], dict[str, float]]
"""Measure a network in evaluation mode; returns values by name."""

FIRST_VALIDATION_INDEX = 2**30
"""Sample numbers from here on are never trained on: no run is that long."""


def validate_on_samples(source: SampleSource, count: int) -> Validate:
    """Return a measure of a network on `count` samples of a source.

    It gives `dice` of the whole tumor, `dice_extrameatal` and `dice_intrameatal` where the samples have these labels
    (each a mean over the samples that hold the label), and `false_positive_voxels`, a mean over the tumor-free samples.
    The samples are made at the first call and kept.
    """
    kept: list[Batch] = []

    @torch.inference_mode()
    def validate(network: nn.Module) -> dict[str, float]:
        device = next(network.parameters()).device
        values: dict[str, list[float]] = {}
        while len(kept) < count:
            kept.append(batch_of(source, [FIRST_VALIDATION_INDEX + len(kept)]))
        for batch in kept:
            predicted = network(batch.image.to(device)).logits.argmax(dim=1)[0].cpu().numpy().astype(np.uint8)
            for name, value in _compared(predicted, batch.labels[0].numpy().astype(np.uint8)).items():
                values.setdefault(name, []).append(value)
        return {name: fmean(of_samples) for name, of_samples in sorted(values.items())}

    return validate


def _compared(predicted: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[str, float]:
    found, tumor = tumor_mask(predicted), tumor_mask(truth)
    if not tumor.any():
        return {"false_positive_voxels": float(found.sum())}
    values = {"dice": _dice(found, tumor)}
    for label in (Label.EXTRAMEATAL, Label.INTRAMEATAL):
        if (truth == label).any():
            values[f"dice_{label.name.lower()}"] = _dice(predicted == label, truth == label)
    return values


def _dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2.0 * (one & other).sum() / (one.sum() + other.sum()))

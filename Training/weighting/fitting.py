"""Fitting the perceptron that tells weightings apart, and the file that it is kept in."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from Training.weighting.samples import Example
from VSSegmentationLib.inference.weighting import CLASSES
from VSSegmentationLib.tensors import array_of, tensor_of

_HIDDEN, _STEPS, _BATCH = 24, 2500, 256
_NOISE = 0.15
"""Standard deviation, in that of the features: real scans lie a little beside synthetic ones."""
_DIGITS = 5


def fit(examples: Sequence[Example], seed: int) -> dict[str, object]:
    """Return the numbers of a perceptron as `inference.weighting` reads them; the same on every run.

    Args:
        examples: Ears of synthetic heads.
        seed: Of the first weights and of the batches.
    """
    torch.manual_seed(seed)
    features = np.stack([each.features for each in examples])
    mean, deviation = np.nanmean(features, axis=0), np.nanstd(features, axis=0) + 1e-3
    scored = tensor_of(np.nan_to_num(np.clip((features - mean) / deviation, -4, 4)).astype(np.float32))
    kinds = torch.tensor([each.kind for each in examples])
    hidden, output = nn.Linear(features.shape[1], _HIDDEN), nn.Linear(_HIDDEN, len(CLASSES))
    network = nn.Sequential(hidden, nn.ReLU(), output)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    for _ in range(_STEPS):
        batch = torch.randint(len(scored), (_BATCH,))
        shown = scored[batch] + _NOISE * torch.randn(_BATCH, features.shape[1])
        loss = functional.cross_entropy(network(shown), kinds[batch], label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return {
        "classes": list(CLASSES),
        "mean": _plain(mean),
        "deviation": _plain(deviation),
        "hidden": {"weight": _plain(hidden.weight), "bias": _plain(hidden.bias)},
        "output": {"weight": _plain(output.weight), "bias": _plain(output.bias)},
    }


def write_network(path: Path, numbers: dict[str, object], about: dict[str, object]) -> None:
    """Write the numbers, and what they were fitted on, as JSON."""
    path.write_text(json.dumps({**about, **numbers}, indent=1) + "\n", encoding="utf-8")


def _plain(values: torch.Tensor | np.ndarray) -> list[object]:
    array = array_of(values) if isinstance(values, torch.Tensor) else values
    rounded: list[object] = np.round(array.astype(float), _DIGITS).tolist()
    return rounded

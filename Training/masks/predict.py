"""Masks of the whole tumor as stage 1 gives them, made while training: one forward pass over the sample's own patch."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import nn

from Training.weights import load_checkpoint, network_of_run
from VSSegmentationLib.connected import NEIGHBORS_26
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference import load_model
from VSSegmentationLib.inference.windows import predictor
from VSSegmentationLib.models import find_model
from VSSegmentationLib.tensors import array_of, tensor_of


class _Segmenter(NamedTuple):
    network: nn.Module
    tumor: tuple[int, ...]
    """Its outputs that are tumor: a cochlea is none."""


class TumorPredictor:
    """A network that finds tumors; loaded at the first call, so that it travels to a worker as a name only."""

    def __init__(self, model: str, *, mirrored: bool = False) -> None:
        """Take the name or file of a segmenter, or a run's best.pt or checkpoint.pt.

        Args:
            model: The name or file.
            mirrored: Take the mean of an image and its mirror image, as of a place on either side of the head.
        """
        self._model = model
        self._mirrored = mirrored
        self._loaded: _Segmenter | None = None

    @torch.inference_mode()
    def mask(self, image: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return where the summed probability of all tumor classes reaches one half.

        Args:
            image: (1, D, H, W), normalized as the network's own samples are.
        """
        if self._loaded is None:
            self._loaded = _loaded(self._model)
        network, tumor = self._loaded
        probability = torch.softmax(predictor(network, flips=self._mirrored)(tensor_of(image)[None]), 1)[0]
        found: NDArray[np.bool_] = array_of(probability[list(tumor)].sum(dim=0) >= 0.5)
        return found


def piece_at(mask: NDArray[np.bool_], tumor: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the connected piece of a mask that overlaps a tumor most, its holes filled; empty if none does."""
    pieces, _ = ndimage.label(mask, NEIGHBORS_26)
    shared = np.bincount(pieces[tumor].ravel(), minlength=1)
    shared[0] = 0
    if not shared.any():
        return np.zeros_like(mask)
    return np.asarray(ndimage.binary_fill_holes(pieces == int(shared.argmax())))


def _loaded(model: str) -> _Segmenter:
    try:
        bundle = load_model(find_model(model))
    except ModelError as not_a_model:
        if not Path(model).is_file():
            raise
        try:
            load_checkpoint(Path(model))
        except ModelError:
            raise not_a_model from None
        network, recipe = network_of_run(Path(model))
        return _Segmenter(network, (1, 2)[: recipe.network.out_channels - 1])
    if bundle.role != "segmenter":
        msg = f"masks are predicted by a segmenter, and the model '{bundle.name}' is a {bundle.role}"
        raise UsageError(msg)
    return _Segmenter(bundle.network, bundle.tumor_classes)

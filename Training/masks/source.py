"""Any source's samples, with a mask of the whole tumor as a second channel."""

import numpy as np
from numpy.typing import NDArray

from Training.masks.perturb import perturbed
from Training.masks.predict import TumorPredictor, piece_at
from Training.recipes import MaskConfig
from Training.sources import ImageAndLabels, SampleSource
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS

_OWN_STREAM = 0x6D61736B
"""Keeps the mask's random numbers apart from the image's."""


class MaskedSource:
    """Sample `index`: image (2, D, H, W), the mask 0 or 1 in channel 1, and labels (D, H, W) uint8.

    The mask comes after all changes of intensity, so that none can touch it.
    """

    def __init__(self, source: SampleSource, config: MaskConfig, spacing_dhw_mm: Triplet, seed: int) -> None:
        """Take a source of images with one channel, its voxel size, and the seed of the masks."""
        self._source = source
        self._config = config
        self._spacing_dhw_mm = spacing_dhw_mm
        self._seed = seed
        self._predictor = None if config.model is None else TumorPredictor(config.model)

    def sample(self, index: int) -> ImageAndLabels:
        """Return one sample."""
        rng = np.random.default_rng([self._seed, index, _OWN_STREAM])
        image, labels = self._source.sample(index)
        both = np.concatenate([image, self._mask(rng, image, labels)[None].astype(np.float32)])
        if self._config.mirrored:
            axes = tuple(axis for axis in range(3) if rng.random() < 0.5)
            both, labels = np.flip(both, tuple(axis + 1 for axis in axes)), np.flip(labels, axes)
        return np.ascontiguousarray(both), np.ascontiguousarray(labels)

    def _mask(
        self, rng: np.random.Generator, image: NDArray[np.float32], labels: NDArray[np.uint8]
    ) -> NDArray[np.bool_]:
        config, tumor = self._config, VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
        share = rng.random()
        if not tumor.any() or share >= config.predicted_share + config.perturbed_share:
            return tumor
        if share < config.predicted_share and self._predictor is not None:
            found = piece_at(self._predictor.mask(image), tumor)
            if 2 * (found & tumor).sum() >= config.least_dice * (found.sum() + tumor.sum()):
                return found
        return perturbed(labels, self._spacing_dhw_mm, rng, config.perturbation)

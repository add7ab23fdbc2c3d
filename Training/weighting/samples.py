"""Synthetic heads of a wanted weighting, and the features round their pori."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.contrast import ContrastKind, ContrastRanges
from Training.synthesis.whole_head import LEFT, RIGHT, WholeHeadConfig, WholeHeadSource
from VSSegmentationLib.inference.porus_features import porus_features

KINDS: tuple[ContrastKind, ...] = ("T2", "ceT1", "T1", "random")
"""In the order of `inference.weighting.CLASSES`."""
_TURN = (0, 1, 2, 0, 1, 2, 0, 1, 2, 3)
"""Of ten heads one has a contrast that is none of the three."""
_SIZE_DHW = (28, 40, 42)
"""Voxels of 3 mm: both ears and what lies round them; a whole head shows nothing more that is looked at."""
_LEAST_VOXELS = 40
"""Of the ball round a porus, of which the field of view may cut off a part."""
_JITTER_VOXELS = 0.7
"""A locator is about 2 mm off."""


class Example(NamedTuple):
    """One ear of one head."""

    features: NDArray[np.float32]
    kind: int
    """Index into `KINDS`."""


class OneKindSource(WholeHeadSource):
    """Whole heads of one weighting at a time."""

    kind: ContrastKind = "T2"

    def _draw_kind(self, _rng: np.random.Generator) -> ContrastKind:
        return self.kind


def heads_of(folder: str, seed: int) -> OneKindSource:
    """Return the source of heads; their looks are as wide as those that segmenters train on, and may be clipped."""
    config = WholeHeadConfig(heads=folder, seed=seed, size_dhw=_SIZE_DHW)
    acquisition = replace(config.acquisition, clip_share=0.4, clip_at=(0.7, 1.4))
    looks = ContrastRanges(bright_tumor_share=0.25, dim_canal_share=0.25, enhanced_share=0.25)
    return OneKindSource(replace(config, acquisition=acquisition, contrast=looks))


def draw_examples(source: OneKindSource, index: int) -> list[Example]:
    """Return the ears of one head that its field of view shows well enough."""
    kind = _TURN[index % len(_TURN)]
    source.kind = KINDS[kind]
    image, labels = source.sample(index)
    seen = np.where(image[0] == 0, np.float32(np.nan), image[0])  # outside the field of view it is exactly 0
    rng = np.random.default_rng([source.config.seed, index, 1])
    found = []
    for value in (RIGHT, LEFT):
        ball = np.argwhere(labels == value)
        if len(ball) >= _LEAST_VOXELS:
            d, h, w = (ball.mean(axis=0) + rng.normal(0, _JITTER_VOXELS, 3)).tolist()
            features = porus_features(seen, (d, h, w), is_left=value == LEFT)
            if features is not None:
                found.append(Example(features, kind))
    return found

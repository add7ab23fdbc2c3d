"""From a recipe's data table to a source of samples."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from Training.data.source import ManifestConfig, ManifestSource
from Training.recipe import DataConfig
from Training.sources import ImageAndLabels, SampleSource
from Training.synthesis import SynthesisConfig, SyntheticSource, WholeHeadConfig, WholeHeadSource
from Training.tables import from_table
from VSSegmentationLib.labels import tumor_mask


def build_source(data: DataConfig, seed: int) -> SampleSource:
    """Return the source that `data.kind` names.

    Args:
        data: Kind, and options that the kind's own configuration checks.
        seed: The recipe's seed, unless the options give one.

    Raises:
        ConfigError: For an option that is unknown or of the wrong type.
    """
    source = _BUILDERS[data.kind]({"seed": seed, **data.options})
    return source if data.divided else _Undivided(source)


class _Undivided:
    """Another source's samples, with every tumor label made 1."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def sample(self, index: int) -> ImageAndLabels:
        image, labels = self._source.sample(index)
        return image, tumor_mask(labels).astype(np.uint8)


def _synthetic(options: Mapping[str, Any]) -> SampleSource:
    return SyntheticSource(from_table(SynthesisConfig, options, "recipe.data.options"))


def _whole_heads(options: Mapping[str, Any]) -> SampleSource:
    return WholeHeadSource(from_table(WholeHeadConfig, options, "recipe.data.options"))


def _manifest(options: Mapping[str, Any]) -> SampleSource:
    return ManifestSource(from_table(ManifestConfig, options, "recipe.data.options"))


_BUILDERS: dict[str, Callable[[Mapping[str, Any]], SampleSource]] = {
    "synthetic": _synthetic,
    "whole_heads": _whole_heads,
    "manifest": _manifest,
}

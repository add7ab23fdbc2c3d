"""From a recipe's data table to a source of samples."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from Training.data.manifest import LabelSet, Measured
from Training.data.source import ManifestConfig, ManifestSource
from Training.interaction import CHANNELS, InteractionSource
from Training.masks.source import MaskedSource
from Training.recipes import DataConfig, Recipe
from Training.sources import ImageAndLabels, SampleSource
from Training.synthesis import SynthesisConfig, SyntheticSource, WholeHeadConfig, WholeHeadSource
from Training.synthesis.glioma import GliomaConfig, GliomaSource
from Training.synthesis.glioma.looks import INPUTS
from Training.tables import from_table
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.inference.config import IntensitySource
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS


def build_source(data: DataConfig, seed: int) -> SampleSource:
    """Return the source that `data.kind` names.

    Args:
        data: Kind, and options that the kind's own configuration checks.
        seed: The recipe's seed, unless the options give one.

    Raises:
        ConfigError: For an option that is unknown or of the wrong type, or a cochlea beside a tumor not divided:
            its class would be taken for another.
    """
    shown = data.mask is not None or data.interaction is not None
    if label_set_of(data) != "VS" and (not data.divided or shown or data.options.get("keep_cochlea")):
        msg = f"divided = false, masks and keep_cochlea are of schwannomas, and the labels are of {label_set_of(data)}"
        raise ConfigError(msg)
    if data.options.get("keep_cochlea") and not data.divided:
        msg = "keep_cochlea needs divided = true: extrameatal, intrameatal and cochlea are the classes 1, 2 and 3"
        raise ConfigError(msg)
    source = _BUILDERS[data.kind]({"seed": seed, **data.options})
    if data.mask is not None:
        source = MaskedSource(source, data.mask, spacing_of(data), seed)
    if data.interaction is not None:
        source = InteractionSource(source, data.interaction, spacing_of(data), seed)
    return source if data.divided else _Undivided(source)


def held_out(recipe: Recipe) -> DataConfig:
    """Return what a recipe validates on: its data, with the options and the masks of its validation laid over."""
    mask = recipe.data.mask if recipe.validation.mask is None else recipe.validation.mask
    return replace(recipe.data, options={**recipe.data.options, **recipe.validation.options}, mask=mask)


def spacing_of(data: DataConfig) -> Triplet:
    """Return the voxel size that the samples have."""
    if data.kind == "manifest":
        d, h, w = data.options.get("spacing_dhw_mm", ManifestConfig.spacing_dhw_mm)
        return float(d), float(h), float(w)
    if data.kind == "gliomas":
        spacing = float(data.options.get("spacing_mm", GliomaConfig.spacing_mm))
        return spacing, spacing, spacing
    return _SPACING_MM[data.kind]


def z_score_of(data: DataConfig) -> IntensitySource:
    """Return what the samples are normalized by: a model of them has to normalize scans by the same.

    Synthetic patches of schwannomas are scored as a region is, drawn heads without skull and scans of one's own by the
    whole scan.
    """
    if data.kind == "gliomas":
        return "nonzero"
    if data.kind == "manifest":
        return "nonzero" if data.options.get("z_score", ManifestConfig.z_score) == "nonzero" else "scan"
    return "region"


def label_set_of(data: DataConfig) -> LabelSet:
    """Return what the labels of the samples mean."""
    if data.kind == "gliomas":
        return "BraTS"
    return "BraTS" if data.kind == "manifest" and data.options.get("label_set") == "BraTS" else "VS"


def measured_as(data: DataConfig) -> Measured:
    """Return what validation takes the labels of the samples for."""
    return "canals" if data.kind == "whole_heads" else label_set_of(data)


def refuse_misfit(recipe: Recipe) -> None:
    """Refuse a network that does not fit its samples, before any of them is made.

    Raises:
        ConfigError: If it takes another number of channels than the samples have, has another number of outputs than
            the labels of a glioma have, or a loss of the parts of a schwannoma for them.
    """
    data, network = recipe.data, recipe.network
    inputs = data.options.get("inputs", ()) if data.kind == "manifest" else INPUTS if data.kind == "gliomas" else ()
    names = [*(map(str, inputs or ("the image",))), *(["the mask"] if data.mask is not None else [])]
    names = names if data.interaction is None else [*CHANNELS]
    channels = len(names)
    if network.in_channels != channels:
        msg = f"the samples have the channels {', '.join(names)}, so network.in_channels must be {channels}, "
        msg += f"got {network.in_channels}"
        raise ConfigError(msg)
    if label_set_of(data) == "VS":
        return
    regions = recipe.loss.regions
    outputs = _BRATS_CLASSES if regions is None else len(regions)
    if network.out_channels != outputs:
        what = "the labels of BraTS" if regions is None else "the regions of the loss"
        msg = f"network.out_channels must be {outputs} for {what}, got {network.out_channels}"
        raise ConfigError(msg)
    if recipe.loss.boundary_weight:
        msg = "loss.boundary_weight is for the two parts of a schwannoma, and the labels are of BraTS; leave it out"
        raise ConfigError(msg)


_BRATS_CLASSES = 4
"""Background, necrotic core, edema, enhancing tumor."""


def boundary_spacing(recipe: Recipe) -> Triplet | None:
    """Return the voxel size for the distance maps that the loss of a recipe needs; None if it needs none."""
    return spacing_of(recipe.data) if recipe.loss.boundary_weight else None


_SPACING_MM: Mapping[str, Triplet] = {"synthetic": (1.5, 0.5, 0.5), "whole_heads": (3.0, 3.0, 3.0)}


class _Undivided:
    """Another source's samples, with every tumor label made 1."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def sample(self, index: int) -> ImageAndLabels:
        image, labels = self._source.sample(index)
        return image, VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels).astype(np.uint8)


def _synthetic(options: Mapping[str, Any]) -> SampleSource:
    return SyntheticSource(from_table(SynthesisConfig, options, "recipe.data.options"))


def _whole_heads(options: Mapping[str, Any]) -> SampleSource:
    return WholeHeadSource(from_table(WholeHeadConfig, options, "recipe.data.options"))


def _gliomas(options: Mapping[str, Any]) -> SampleSource:
    return GliomaSource(from_table(GliomaConfig, options, "recipe.data.options"))


def _manifest(options: Mapping[str, Any]) -> SampleSource:
    return ManifestSource(from_table(ManifestConfig, options, "recipe.data.options"))


_BUILDERS: dict[str, Callable[[Mapping[str, Any]], SampleSource]] = {
    "synthetic": _synthetic,
    "whole_heads": _whole_heads,
    "gliomas": _gliomas,
    "manifest": _manifest,
}

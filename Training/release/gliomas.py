"""What a model of gliomas says of itself: inputs, labels and how its scans are prepared, from its recipe."""

from typing import Any, NamedTuple

from torch import nn

from Training.builders import z_score_of
from Training.data.source import ManifestConfig
from Training.recipes import ExportOptions, Recipe
from Training.synthesis.glioma import GliomaConfig
from Training.synthesis.glioma.looks import INPUTS
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import (
    ModelInput,
    PreprocessingConfig,
    SegmenterSettings,
    WindowConfig,
)
from VSSegmentationLib.losses.regions import labels_between
from VSSegmentationLib.networks import NestedRegions
from VSSegmentationLib.tasks.glioma import GLIOMA

LIMITS = (
    "A demonstration, for research use only; not a medical device. Trained on synthetic images of skull-stripped heads "
    "alone and never tried on a patient's: real gliomas may look like nothing it has seen. Scans must be without skull."
)


class GliomaFields(NamedTuple):
    """Of a `ModelBundle`."""

    network: nn.Module
    nested: bool
    labels: tuple[int, ...]
    inputs: tuple[ModelInput, ...]
    settings: SegmenterSettings


def glioma_fields(recipe: Recipe, network: nn.Module, options: ExportOptions, spacing_mm: Any) -> GliomaFields:  # noqa: ANN401 - a triplet
    """Return what the recipe of a run of gliomas says of its model.

    Raises:
        UsageError: If it is to be another kind of model than a segmenter, or an input is none of the task.
    """
    if options.role != "segmenter":
        msg = f"a model of gliomas is a segmenter, and a {options.role} was asked for; leave --role out"
        raise UsageError(msg)
    data, regions = recipe.data.options, recipe.loss.regions
    is_drawn = recipe.data.kind == "gliomas"
    usual = GliomaConfig.patch_dhw if is_drawn else ManifestConfig.patch_dhw
    d, h, w = data.get("patch_dhw", usual)
    return GliomaFields(
        network=network if regions is None else NestedRegions(network),
        nested=regions is not None,
        labels=(0, 1, 2, 3) if regions is None else (0, *labels_between(regions)),
        inputs=tuple(
            _input(modality, optional=data.get("left_out_share", 0.0) > 0)
            for modality in (INPUTS if is_drawn else data.get("inputs", ()))
        ),
        settings=SegmenterSettings(
            preprocessing=PreprocessingConfig(spacing_dhw_mm=spacing_mm, intensity=z_score_of(recipe.data)),
            window=WindowConfig(size_dhw=(d, h, w), overlap=0.5, one_pass_voxels=d * h * w),
            certainty=options.certainty,
        ),
    )


def _input(modality: str, *, optional: bool) -> ModelInput:
    for each in GLIOMA.inputs:
        if modality in each.modalities:
            return ModelInput(each.name, modality, optional)
    msg = f"a model of gliomas takes {', '.join(each.modalities[0] for each in GLIOMA.inputs)}, got {modality!r}"
    raise UsageError(msg)

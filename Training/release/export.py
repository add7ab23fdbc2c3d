"""From a training run to a model file with its card."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from Training.builders import label_set_of, spacing_of, z_score_of
from Training.data.source import ManifestConfig
from Training.recipes import ExportOptions, Recipe, Role, recipe_from_table
from Training.release.gliomas import LIMITS as LIMITS_OF_GLIOMAS
from Training.release.gliomas import glioma_fields
from Training.synthesis import SynthesisConfig
from Training.weights import find_weights, load_checkpoint, mean_of_weights, weights_of
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import (
    DividerSettings,
    LocatorSettings,
    ModelBundle,
    PreprocessingConfig,
    RefinerSettings,
    SegmenterSettings,
    WindowConfig,
    save_model,
)
from VSSegmentationLib.inference.model_bundle import FUNDUS_CLASSES, LOCATOR_CLASSES, meanings_of_classes
from VSSegmentationLib.inference.settings import Settings
from VSSegmentationLib.labels import Label
from VSSegmentationLib.models import ModelCard, card_path, write_card
from VSSegmentationLib.networks import build_network
from VSSegmentationLib.tasks.glioma import GLIOMA

TRAINED_ON = (
    "Synthetic images only, made from public anatomical label maps of heads (BBillot/SynthSeg, Apache-2.0) in the "
    "manner of Billot et al., SynthSeg, Medical Image Analysis 2023. No image of a patient was used."
)
LIMITS = (
    "For research use only; not a medical device. Trained on synthetic images only: real tumors may look like nothing "
    "it has seen. Not tried on scans after surgery or radiosurgery."
)
_WANG = "Wang et al., MICCAI 2019, doi:10.1007/978-3-030-32245-8_30"
_CITATIONS = {
    "divider": "Wijethilake et al., MLCN 2022, arXiv:2208.04680",
    "refiner": "Mask and clicks as channels: Sofiiuk et al., arXiv:2102.06583; the merge: Chen et al., CVPR 2022",
    GLIOMA.name: "Attention-ResNetUNet, freederia research archive; read anew here, its figures were not reproduced",
}
_LIMITS_OF_T2 = " Tumors nearly as bright as CSF are missed or found in part."
OWN_LIMITS = (
    "For research use only; not a medical device. Not measured on scans of other centers unless accuracy says so."
)
_PATCH_WINDOWS = WindowConfig(size_dhw=(20, 96, 112), overlap=0.4, one_pass_voxels=20 * 96 * 112)
"""About the patches of training: norms over the instance see in a window what they saw in a patch. On a whole region in
one pass the outlines came out too wide, and cisterns were taken for tumor."""
_TWO_PARTS = (Label.BACKGROUND, Label.EXTRAMEATAL, Label.INTRAMEATAL)
_WITHOUT_COCHLEA: dict[int, tuple[int, ...]] = {2: (Label.BACKGROUND, Label.UNDIVIDED_TUMOR), 3: _TWO_PARTS}
_WITH_COCHLEA: dict[int, tuple[int, ...]] = {4: (*_TWO_PARTS, Label.COCHLEA)}
"""What the classes mean, by the number of outputs."""


def export_run(run: Path, target: Path, options: ExportOptions, *, average_with: Sequence[Path] = ()) -> str:
    """Write the weights of a run as a model file, float16, with a card beside it; return the file's SHA-256.

    Args:
        run: A run folder's `best.pt` or `checkpoint.pt`; of the latter the averaged weights are taken if there are any.
        target: Ends in `.pt`; its stem becomes the model's name, its folder is made; an existing file is replaced.
        options: Role, version, modality, locator.
        average_with: Other runs, or model files, of the same network, trained on from one another: the mean of all
            weights is written (Wortsman et al., Model soups, ICML 2022).

    Raises:
        UsageError: If the target has another suffix, the network has not as many outputs as the role needs, or what
            it is averaged with holds another network.
        ModelError: If the checkpoint is missing or damaged, or the name has odd characters.
    """
    if target.suffix != ".pt":
        msg = f"a model file ends in .pt, got {target.suffix or 'no suffix'}"
        raise UsageError(msg)
    content = load_checkpoint(run)
    recipe = recipe_from_table(content["recipe"])
    _check_told(recipe, options)
    network = build_network(recipe.network)
    of_gliomas = label_set_of(recipe.data) == "BraTS"
    labels = () if of_gliomas else _labels(recipe, options)
    others = [find_weights(path, recipe) for path in average_with]
    network.load_state_dict(mean_of_weights([weights_of(content), *(other.weights for other in others)]))
    fields: dict[str, Any] = {"network": network.eval(), "labels": labels, "modality": options.modality}
    if of_gliomas:
        fields = glioma_fields(recipe, network.eval(), options, spacing_of(recipe.data))._asdict()
        fields |= {"task": GLIOMA.name, "label_set": GLIOMA.label_set, "modality": fields["inputs"][0].modality}
    else:
        fields["settings"] = _settings(recipe, options)
    bundle = ModelBundle(
        **fields,
        name=target.stem,
        version=options.version,
        network_config=recipe.network,
        locator_name=options.locator_name,
        provenance={
            "recipe": recipe.name,
            "steps": int(content["step"]),
            "averaged_with": [other.origin for other in others],
            "trained_on": options.trained_on or TRAINED_ON,
        },
    )
    card = _card(bundle, options)  # refuses a name that will not do before anything is written
    target.parent.mkdir(parents=True, exist_ok=True)
    sha256 = save_model(target, bundle, weights_type="float16")
    write_card(card_path(target), replace(card, sha256=sha256))
    return sha256


def _settings(recipe: Recipe, options: ExportOptions) -> Settings:
    preprocessing = PreprocessingConfig(
        spacing_dhw_mm=spacing_of(recipe.data),
        intensity=z_score_of(recipe.data),
        trained_spacing_mm=None if options.role == "locator" else ((0.9, 0.35, 0.35), (3.1, 0.8, 0.8)),
    )
    window = _window(recipe, options.role)
    if options.role == "locator":
        return LocatorSettings(preprocessing=preprocessing, window=window)
    if options.role == "divider":
        return DividerSettings(preprocessing=preprocessing, window=window, certainty=options.certainty)
    if recipe.data.interaction is not None:
        shown = recipe.data.interaction
        return RefinerSettings(preprocessing=preprocessing, window=window, encoding=shown.encoding, merge=shown.merge)
    return SegmenterSettings(preprocessing=preprocessing, window=window, certainty=options.certainty)


def _limits(options: ExportOptions, task: str) -> str:
    if options.trained_on is not None:
        return OWN_LIMITS
    if task == GLIOMA.name:
        return LIMITS_OF_GLIOMAS
    return LIMITS + (_LIMITS_OF_T2 if options.modality == "T2" and options.role == "segmenter" else "")


def _check_told(recipe: Recipe, options: ExportOptions) -> None:
    if recipe.data.kind == "manifest" and not (options.trained_on and options.license):
        msg = (
            "a model of your own scans needs --trained-on and --license for its card: which scans, and what is allowed"
        )
        raise UsageError(msg)


def _window(recipe: Recipe, role: Role) -> WindowConfig:
    if role == "locator":
        return WindowConfig()
    options = recipe.data.options
    if recipe.data.interaction is not None:
        d, h, w = recipe.data.interaction.window_dhw
        return WindowConfig(size_dhw=(d, h, w), one_pass_voxels=d * h * w)
    if recipe.data.kind == "manifest" or role == "divider":
        usual = ManifestConfig.patch_dhw if recipe.data.kind == "manifest" else SynthesisConfig.patch_dhw
        d, h, w = options.get("patch_dhw", usual)
        # A divider sees tumors a little larger than its patches in one pass; a cut through one would have to be mended.
        passes = 2 if role == "divider" else 1
        return WindowConfig(
            size_dhw=(d, h, w), overlap=0.5 if role == "divider" else 0.4, one_pass_voxels=passes * d * h * w
        )
    if not options.get("centered_on_pori", SynthesisConfig.centered_on_pori):
        return _PATCH_WINDOWS
    d, h, w = options.get("patch_dhw", SynthesisConfig.patch_dhw)
    return replace(
        _PATCH_WINDOWS, size_dhw=(d, h, w), one_pass_voxels=d * h * w, at_pori=True,
        medial_of_porus_mm=options.get("medial_of_porus_mm", SynthesisConfig.medial_of_porus_mm),
    )  # fmt: skip


def _labels(recipe: Recipe, options: ExportOptions) -> tuple[int, ...]:
    outputs = recipe.network.out_channels
    if options.role == "locator":
        if outputs not in (len(LOCATOR_CLASSES), len(LOCATOR_CLASSES) + len(FUNDUS_CLASSES)):
            msg = (
                "a locator has three outputs, or five with the tips of the fundi; the network of the recipe "
                f"'{recipe.name}' has {outputs}"
            )
            raise UsageError(msg)
        return _TWO_PARTS  # not looked at: its classes are others
    if (options.role == "refiner") != (recipe.data.interaction is not None):
        has = "no" if recipe.data.interaction is None else "an"
        msg = f"a refiner is trained with interactions, and other models without; the recipe '{recipe.name}' has {has} "
        msg += f"interaction table and the role asked for is {options.role}"
        raise UsageError(msg)
    if options.role == "divider":
        if outputs != 3 or recipe.data.mask is None:
            msg = (
                f"a divider has three outputs and is trained with masks; the network of the recipe '{recipe.name}' has "
                f"{outputs}, its data {'no masks' if recipe.data.mask is None else 'masks'}"
            )
            raise UsageError(msg)
        return _TWO_PARTS
    known = _WITH_COCHLEA if recipe.data.options.get("keep_cochlea") else _WITHOUT_COCHLEA
    if outputs not in known:
        msg = (
            "a segmenter has two outputs or three, or just four where its data keep the cochlea; the network of the "
            f"recipe '{recipe.name}' has {outputs}, and its data "
            f"{'keep the cochlea' if known is _WITH_COCHLEA else 'do not keep it'}"
        )
        raise UsageError(msg)
    return known[outputs]


def _card(bundle: ModelBundle, options: ExportOptions) -> ModelCard:
    meaning = meanings_of_classes(bundle)
    return ModelCard(
        name=bundle.name,
        version=bundle.version,
        role=bundle.role,
        sha256="0" * 64,  # known once the file is written
        modality=bundle.modality,
        labels=meaning,
        spacing_dhw_mm=bundle.settings.preprocessing.spacing_dhw_mm,
        trained_on=options.trained_on or TRAINED_ON,
        license=options.license or "Apache-2.0",
        locator_name=bundle.locator_name,
        citation=_CITATIONS.get(bundle.task) or _CITATIONS.get(options.role, _WANG),
        limits=_limits(options, bundle.task),
        task=bundle.task,
        label_set=bundle.label_set.name,
        inputs={} if len(bundle.inputs) == 1 else bundle.modality_of_input,
        optional_inputs=bundle.optional_inputs,
    )

"""One run of the experiment, from the translations that all arms of a seed share to what is measured on T2."""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from Training.adaptation.adapting import generator_of_run, train_translation
from Training.adaptation.labeling import labeler_of_run, pseudo_label_scans
from Training.adaptation.making import PICTURE as MADE
from Training.adaptation.making import merge_manifests, translate_scans
from Training.adaptation.scans import entries_of
from Training.data.manifest import MANIFEST, read_manifest
from Training.experiments.cross_modality.arms import TRANSLATION, CrossArm
from Training.experiments.cross_modality.domains import manifest_of
from Training.experiments.cross_modality.options import CrossModalityOptions, adaptation_recipe
from Training.experiments.jobs import Job
from Training.experiments.stored import rounded, write_json
from Training.experiments.study import RunPlaces
from Training.experiments.trained import curve_of, finished
from Training.recipes import Recipe
from Training.running.run_folder import read_rows
from Training.running.session import Machine, train_recipe
from Training.scoring import scores
from Training.weights import load_checkpoint, network_of_run, weights_of
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.networks import logits_of
from VSSegmentationLib.preprocessing import intensity_of, z_scored
from VSSegmentationLib.tensors import array_of, tensor_of

_CPU = Machine(device="cpu")
_SHARED, _DONE = "shared", "done.txt"
_LOG = Path("translation", "validation.csv")
TRANSLATION_FILE = "translation_{seed}.json"
"""Among the results: what was measured of the translator of a seed on the way."""
PICTURE = "cross_modal.png"
"""Among the results: translations of seed 0."""
_ROUNDS = {"threshold": 0, "votes": 1, "corrected": 2}


def jobs_before(arms: Sequence[CrossArm], places: RunPlaces, options: CrossModalityOptions) -> list[Job]:
    """Return the jobs that several arms of a seed take the results of: translations, and a network trained on them."""
    if all(arm.train_on != "translated" for arm in arms):
        return []
    return [
        Job(
            title=f"translation, seed {seed}", result=places.run(_SHARED, seed) / _DONE,
            do=partial(finished, partial(_translate, seed, places, options)),
        )
        for seed in range(options.seeds)
    ]  # fmt: skip


def train_and_measure(arm: CrossArm, seed: int, places: RunPlaces, options: CrossModalityOptions) -> dict[str, Any]:
    """Return what a run's result holds: what is measured of every test scan, and how many scans got pseudo-labels."""
    logging.disable(logging.INFO)
    recipe, folder = adaptation_recipe(places.patches, seed, options), places.run(arm.name, seed)
    manifest = _translated(places, seed)
    if arm.train_on != "translated":
        manifest = manifest_of(places.patches, "source" if arm.train_on == "source" else "target_labeled")
    base = recipe.segmenter_recipe(manifest, 0)
    labeled = None
    before = places.run(_SHARED, seed) / "network" / "checkpoint.pt"
    if arm == TRANSLATION:
        checkpoint = before
    elif arm.after == "nothing":
        checkpoint = _trained(_changed(base, arm), folder / "run")
    else:
        if arm.after in _ROUNDS:
            chosen = recipe.rounds[_ROUNDS[arm.after]]
            labeler = labeler_of_run(
                before, torch.device("cpu"), chosen.select, chosen.probability, correct=chosen.correct_contrast
            )
            entries = entries_of(recipe.data.target, "training", "T2", labeled=False)
            labels = pseudo_label_scans(labeler, entries, "T2", recipe.data.crop, folder / "labels")
            labeled = len(read_manifest(labels).entries)
            manifest = merge_manifests([manifest, labels], folder / "mixed")
        checkpoint = _trained(recipe.segmenter_recipe(manifest, 1), folder / "run", before)
    network, _ = network_of_run(checkpoint)
    cases = measured(network, manifest_of(places.patches, "test"))
    return {"curve": curve_of(checkpoint.parent), "cases": cases, "pseudo_labeled": labeled}


def _translate(seed: int, places: RunPlaces, options: CrossModalityOptions) -> None:
    logging.disable(logging.INFO)
    recipe = adaptation_recipe(places.patches, seed, options)
    folder = places.run(_SHARED, seed)
    generator, _ = generator_of_run(train_translation(recipe.translation, folder / "translation", _CPU))
    manifest = translate_scans(generator, recipe.data, folder / "translated")
    _trained(recipe.segmenter_recipe(manifest, 0), folder / "network")
    rows = [{name: float(value) for name, value in row.items()} for row in read_rows(folder / _LOG)]
    write_json(rounded(rows), places.results / TRANSLATION_FILE.format(seed=seed))
    if seed == 0 and (folder / "translated" / MADE).is_file():
        shutil.copyfile(folder / "translated" / MADE, places.results / PICTURE)
    write_text_atomically(folder / _DONE, "translation, translated, network\n")


def _translated(places: RunPlaces, seed: int) -> Path:
    return places.run(_SHARED, seed) / "translated" / MANIFEST


def _changed(base: Recipe, arm: CrossArm) -> Recipe:
    """Return the recipe of an arm without self-training."""
    options = {**base.data.options, "vary_structures": arm.varied}
    validation = base.validation
    if arm.train_on == "source":
        options["modality"] = "ceT1"
    if arm.train_on == "target":  # none of its scans is held out, and nothing is chosen by what is measured
        validation = replace(validation, options={**validation.options, "split": "training"})
    return replace(base, data=replace(base.data, options=options), validation=validation)


def _trained(recipe: Recipe, folder: Path, begin: Path | None = None) -> Path:
    weights = None if begin is None else weights_of(load_checkpoint(begin))
    train_recipe(recipe, folder, _CPU, resume=True, weights=weights, should_stop=lambda: False)
    return folder / "checkpoint.pt"


@torch.inference_mode()
def measured(network: nn.Module, manifest: Path) -> list[dict[str, Any]]:
    """Return Dice of tumor, both parts and cochlea, and the ASSD of tumor and cochlea, of every scan of a test set.

    Nothing is mended afterwards. ASSD is None where nothing was found; what the truth lacks is left out.
    """
    cases = []
    for entry in read_manifest(manifest).entries:
        image, truth = read_volume(entry.image), read_volume(entry.labels or entry.image).array.astype(np.uint8)
        scored = z_scored(image.array, intensity_of(image.array))
        found = array_of(logits_of(network)(tensor_of(scored)[None, None]).argmax(1)[0]).astype(np.uint8)
        case: dict[str, Any] = {}
        for name, values in STRUCTURES.items():
            one, other = np.isin(found, values), np.isin(truth, values)
            if other.any():
                score = scores(one, other, image.spacing_dhw_mm)
                case |= {f"{name}_dice": score["dice"], f"{name}_assd_mm": score["assd_mm"]}
        cases.append(case)
    return cases


STRUCTURES = {
    "tumor": VESTIBULAR_SCHWANNOMA_LABELS.tumor_values,
    "extra": (int(Label.EXTRAMEATAL),),
    "intra": (int(Label.INTRAMEATAL),),
    "cochlea": (int(Label.COCHLEA),),
}

"""One run of the experiment: from a warm-up that arms share, if there is one, to what is measured."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from Training.experiments.boundary.arms import BASELINE, GAMMAS, BoundaryArm
from Training.experiments.boundary.measuring import measure
from Training.experiments.boundary.options import BoundaryOptions, recipe_of
from Training.experiments.boundary.patches import MaskedPatches
from Training.experiments.boundary.stage_1 import predicted_masks, stage_1_jobs
from Training.experiments.jobs import Job
from Training.experiments.patches import load_patches
from Training.experiments.study import RunPlaces
from Training.experiments.trained import finished, trained
from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.inference.archive_reader import read_archive
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS

_WARM = "weights.pt"
_AFTER_WARM_UP = 1000
"""Seeds count on from here; not from the number of seeds, which may grow."""


def jobs_before(arms: Sequence[BoundaryArm], places: RunPlaces, options: BoundaryOptions) -> list[Job]:
    """Return the jobs that train stage 1 and the warm-ups of these arms."""
    bases = {_base_of(arm).name: _base_of(arm) for arm in arms}.values() if options.warm_up else ()
    warm_ups = [
        Job(
            title=f"warm-up, {'one stage' if base.mask == 'none' else 'two stages'}, seed {seed}",
            result=_warm_up_folder(places, base, seed) / _WARM,
            do=partial(finished, partial(_warm_up, base, seed, places, options)),
        )
        for seed in range(options.seeds)
        for base in bases
    ]
    return [*stage_1_jobs(places, options), *warm_ups]


def train_and_measure(arm: BoundaryArm, seed: int, places: RunPlaces, options: BoundaryOptions) -> dict[str, Any]:
    """Return what a run's result holds: parameters, curve, and what is measured of every test case."""
    patches, predicted = load_patches(places.patches), predicted_masks(places.folder)
    warm, drawn = None, seed
    if options.warm_up:
        warm = read_archive(_warm_up_folder(places, _base_of(arm), seed) / _WARM)
        drawn = _AFTER_WARM_UP + seed  # patches in another order than in the warm-up, but the same for all arms
    source = MaskedPatches(patches, "training", drawn, mask=arm.mask, predicted=predicted["training"])
    held_out = MaskedPatches(patches, "validation", seed, mask="none" if arm.mask == "none" else "true")
    run = trained(
        recipe_of(arm, drawn, options), source, held_out, places.run(arm.name, seed), warm,
        sitting_minutes=places.sitting_minutes,
    )  # fmt: skip
    content: dict[str, Any] = {
        "parameters": run.parameters,
        "training_seconds": run.seconds,
        "curve": run.curve,
        "cases": measure(run.network, arm, patches, predicted["test"]),
    }
    if arm.mask != "none":
        true_masks = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(patches.labels["test"])
        content["cases_of_true_masks"] = measure(run.network, arm, patches, true_masks)
    return content


def _base_of(arm: BoundaryArm) -> BoundaryArm:
    """Return the arm that an arm's warm-up is one of."""
    return BASELINE if arm.mask == "none" else GAMMAS[0]


def _warm_up_folder(places: RunPlaces, base: BoundaryArm, seed: int) -> Path:
    return places.run(f"warm_up_{base.name}", seed)


def _warm_up(base: BoundaryArm, seed: int, places: RunPlaces, options: BoundaryOptions) -> None:
    patches, folder = load_patches(places.patches), _warm_up_folder(places, base, seed)
    source = MaskedPatches(patches, "training", seed, mask=base.mask)
    held_out = MaskedPatches(patches, "validation", seed, mask=base.mask)
    recipe = recipe_of(base, seed, options, steps=options.warm_up)
    network = trained(recipe, source, held_out, folder, sitting_minutes=places.sitting_minutes).network
    write_atomically(folder / _WARM, lambda file: torch.save(network.state_dict(), file))

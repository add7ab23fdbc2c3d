"""One run of the first paper's experiments: its patches, its recipe, and what is measured of it."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from Training.experiments.attention.arms import Arm
from Training.experiments.attention.isotropic import Isotropic, labels_of, through_cubes
from Training.experiments.patches import SPACING_DHW_MM, Patches, PatchPlan, PatchSource, load_patches
from Training.experiments.study import RunPlaces, StudyOptions
from Training.experiments.trained import trained, usual_run
from Training.recipes import Recipe, recipe_from_table
from Training.scoring import Scores, scores
from Training.sources import SampleSource
from Training.synthesis import SynthesisConfig
from VSSegmentationLib.networks import logits_of
from VSSegmentationLib.tensors import tensor_of

PATCHES = PatchPlan(
    file_name="attention_8_heads.npz",
    synthesis=SynthesisConfig(
        pool="", patch_dhw=(16, 64, 64), centered_on_pori=True, tumor_share=1.0, ear_share=0.0,
        medial_of_porus_mm=3.0, located_within_mm=(1.5, 2.5, 2.5), moved_share=0.0, t2_share=1.0,
    ),
    first_seed=50,
    divided=False,
)  # fmt: skip
"""24 x 32 x 32 mm round a porus with its tumor: the paper crops round the tumor by hand, too. Training looks are those
that models are trained with."""


def recipe_of(arm: Arm, seed: int, options: StudyOptions) -> Recipe:
    """Return the recipe of one run."""
    network: dict[str, Any] = {"base": arm.network, "channels": list(options.channels), "norm": "instance"}
    table = {
        "name": f"{arm.name}_{seed}",
        "seed": seed,
        "network": network,
        "loss": {**arm.loss(), "cross_entropy_weight": options.cross_entropy_weight},
        "data": {"divided": False},
        "validation": {"samples": 24},
        **usual_run(options.steps, options, weight_decay=1e-7),
    }
    return recipe_from_table(table)


def train_and_measure(arm: Arm, seed: int, places: RunPlaces, options: StudyOptions) -> dict[str, Any]:
    """Return what a run's result holds: parameters, seconds of training, curve, and the scores of every test case."""
    patches = load_patches(places.patches)
    training = _seen(arm, _source(patches, "training", seed))
    held_out = _seen(arm, _source(patches, "validation", 0))
    run = trained(
        recipe_of(arm, seed, options), training, held_out, places.run(arm.name, seed),
        sitting_minutes=places.sitting_minutes,
    )  # fmt: skip
    predict = logits_of(run.network)
    cases = measure(through_cubes(predict) if arm.isotropic else predict, patches)
    return {"parameters": run.parameters, "training_seconds": run.seconds, "curve": run.curve, "cases": cases}


def measure(predict: Callable[[Tensor], Tensor], patches: Patches) -> list[Scores]:
    """Return Dice, ASSD in mm (None where nothing was found), RVE and seconds of every test case.

    Args:
        predict: (1, 1, D, H, W) to logits (1, 2, D, H, W).
        patches: Whose test cases are measured; no largest component or other mending.
    """
    cases: list[Scores] = []
    for image, labels in zip(patches.images["test"], patches.labels["test"], strict=True):
        begun = time.perf_counter()
        with torch.inference_mode():
            found = labels_of(predict(tensor_of(image)[None, None])) > 0
        seconds = time.perf_counter() - begun
        scored = scores(found, labels > 0, SPACING_DHW_MM)
        del scored["volume_cm3"]  # the benchmark's, the same for all runs
        cases.append({**scored, "seconds": round(seconds, 2)})
    return cases


def _source(patches: Patches, split: str, seed: int) -> PatchSource:
    return PatchSource(patches, split, seed, mirrored_axes=(0,))  # up to down


def _seen(arm: Arm, source: SampleSource) -> SampleSource:
    return Isotropic(source) if arm.isotropic else source

"""One run of the study: its looks, its recipe, and what is measured of it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from Training.experiments.attention.runs import PATCHES, measure
from Training.experiments.ears.arms import EarArm
from Training.experiments.patches import PatchSource, load_patches, training_pool
from Training.experiments.study import RunPlaces, StudyOptions
from Training.experiments.trained import trained, usual_run
from Training.recipes import Recipe, recipe_from_table
from Training.sources import ImageAndLabels
from Training.synthesis import SynthesisConfig, SyntheticSource
from Training.tables import from_table, to_table
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.networks import logits_of

_LEAST_CHANNELS = 2


@dataclass(frozen=True, kw_only=True)
class EarOptions(StudyOptions):
    """How long and how wide; the same for every arm but one that is half as wide."""

    steps: int = 1000
    cross_entropy_weight: float = 1.0
    """Of all arms but one."""


class WholeTumors:
    """Samples as they are drawn, all tumor 1."""

    def __init__(self, config: SynthesisConfig) -> None:
        self._source = SyntheticSource(config)

    def sample(self, index: int) -> ImageAndLabels:
        """Return image (1, D, H, W) and labels (D, H, W), 0 and 1."""
        image, labels = self._source.sample(index)
        return image, VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels).astype(np.uint8)


def looks_of(arm: EarArm, pool: str, seed: int) -> SynthesisConfig:
    """Return what an arm's samples are drawn by: patches of the study's size and place, looks as models see them."""
    usual = replace(
        SynthesisConfig(pool=pool), patch_dhw=PATCHES.synthesis.patch_dhw, t2_share=1.0, tumor_share=0.85,
        ear_share=0.0, medial_of_porus_mm=PATCHES.synthesis.medial_of_porus_mm, seed=seed,
    )  # fmt: skip
    table = to_table(usual)
    for key, value in arm.looks.items():
        table[key] = {**table[key], **value} if isinstance(value, dict) else value
    return from_table(SynthesisConfig, table, "looks")


def recipe_of(arm: EarArm, seed: int, options: EarOptions) -> Recipe:
    """Return the recipe of one run."""
    channels = [max(_LEAST_CHANNELS, round(each * arm.width)) for each in options.channels]
    table = {
        "name": f"{arm.name}_{seed}",
        "seed": seed,
        "network": {"base": "spvpa", "channels": channels, "norm": "instance", **arm.network},
        "loss": {
            "hardness": 0.6, "batch_dice": True, "attention_weight": 0.5,
            "cross_entropy_weight": arm.cross_entropy_weight * options.cross_entropy_weight,
        },
        "data": {"divided": False},
        "validation": {"samples": 24},
        **usual_run(options.steps, options, weight_decay=1e-4),
    }  # fmt: skip
    return recipe_from_table(table)


def train_and_measure(arm: EarArm, seed: int, places: RunPlaces, options: EarOptions) -> dict[str, Any]:
    """Return what a run's result holds: parameters, seconds of training, curve, and the scores of every test case."""
    patches = load_patches(places.patches)
    source = WholeTumors(looks_of(arm, str(training_pool(places.patches)), seed))
    held_out = PatchSource(patches, "validation", 0, mirrored_axes=())
    run = trained(
        recipe_of(arm, seed, options), source, held_out, places.run(arm.name, seed),
        sitting_minutes=places.sitting_minutes,
    )  # fmt: skip
    cases = measure(logits_of(run.network), patches)
    return {"parameters": run.parameters, "training_seconds": run.seconds, "curve": run.curve, "cases": cases}

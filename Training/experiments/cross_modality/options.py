"""The settings of the experiment, and the recipes of its runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Training.adaptation.recipe import AdaptationRecipe
from Training.experiments.cross_modality.domains import manifest_of
from Training.experiments.study import StudyOptions
from Training.experiments.trained import usual_run
from Training.tables import from_table

FIXED_SEGMENTER = "spvpa_t2_synthetic"
"""The T2 model that ships, which learned from synthetic T2: it chooses among a run's generators, and trains nothing."""


@dataclass(frozen=True, kw_only=True)
class CrossModalityOptions(StudyOptions):
    """How long and how wide; the same for every arm."""

    steps: int = 120
    channels: tuple[int, ...] = (8, 16, 32, 64)
    learning_rate: float = 3e-3
    seeds: int = 1
    translation_steps: int = 150
    round_steps: int = 60
    translator_width: int = 8
    probability: float = 0.5
    """Of a pseudo-label; low, because a network so young is sure of nothing."""


def adaptation_recipe(done: Path, seed: int, options: CrossModalityOptions) -> AdaptationRecipe:
    """Return the recipe of one seed, with the three ways of self-training as its rounds."""
    validate_every = max(1, options.translation_steps // 3)
    table: dict[str, Any] = {
        "name": f"crossmodality_{seed}",
        "translation": {
            "name": f"translation_{seed}", "seed": seed,
            "translator": {"width": options.translator_width, "blocks": 6, "discriminator_width": 12, "embedding": 32},
            "loss": {"contrast_weight": 10.0, "identity": False, "flips": True, "patches": 128},  # FastCUT
            "optimizer": {"learning_rate": 2e-3},
            "data": {
                "source": str(manifest_of(done, "source")), "target": str(manifest_of(done, "target")),
                "crop": [0.0, 1.0], "size": 64, "segmenter": FIXED_SEGMENTER, "measured_scans": 3,
            },
            "run": {
                "steps": options.translation_steps, "batch_size": 2, "num_workers": 0, "validate_every": validate_every,
                "checkpoint_every": validate_every, "precision": options.precision, "log_every": 50,
            },
        },
        "segmentation": {
            "seed": seed,
            "network": {"base": "resunet_16", "channels": list(options.channels)},
            "loss": {
                "hardness": 0.0, "include_background": False, "batch_dice": True, "attention_weight": 0.0,
                "cross_entropy_weight": 1.0, "class_weights": [1.0, 2.0, 4.0, 4.0],
            },
            **usual_run(options.steps, options, weight_decay=1e-4),
            "data": {
                "kind": "manifest", "options": {"keep_cochlea": True, "patch_dhw": [20, 48, 48], "tumor_share": 0.9}
            },
            "validation": {"samples": 4, "options": {"split": "validation", "augment": False}},
        },
        "rounds": [
            {"steps": options.round_steps, "probability": options.probability},
            {"steps": options.round_steps, "select": "votes"},
            {"steps": options.round_steps, "probability": options.probability, "correct_contrast": True},
        ],
    }  # fmt: skip
    return from_table(AdaptationRecipe, table, "recipe")

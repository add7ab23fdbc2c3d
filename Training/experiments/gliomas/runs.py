"""One run of the experiment: its training, and what is measured of it."""

from typing import Any

from Training.experiments.gliomas.arms import GliomaArm
from Training.experiments.gliomas.measuring import cost_of, measure
from Training.experiments.gliomas.options import GliomaOptions, recipe_of
from Training.experiments.gliomas.patches import GliomaPatches
from Training.experiments.patches import load_patches
from Training.experiments.study import RunPlaces
from Training.experiments.trained import trained


def train_and_measure(arm: GliomaArm, seed: int, places: RunPlaces, options: GliomaOptions) -> dict[str, Any]:
    """Return what a run's result holds: parameters, seconds of training, curve, and the values of every test case.

    That of seed 0 holds what the network takes (`Cost`), too.
    """
    patches = load_patches(places.patches)
    training, held_out = GliomaPatches(patches, "training", seed), GliomaPatches(patches, "validation", 0)
    run = trained(
        recipe_of(arm, seed, options), training, held_out, places.run(arm.name, seed),
        sitting_minutes=places.sitting_minutes, label_set="BraTS",
    )  # fmt: skip
    content: dict[str, Any] = {
        "parameters": run.parameters,
        "training_seconds": run.seconds,
        "curve": run.curve,
        "cases": measure(run.network, patches),
    }
    return content if seed else {**content, "cost": cost_of(arm, options)._asdict()}

"""The settings of the experiment, and the recipe of each of its runs."""

from dataclasses import dataclass
from typing import Any

from Training.experiments.boundary.arms import BoundaryArm
from Training.experiments.study import StudyOptions
from Training.experiments.trained import usual_run
from Training.recipes import Recipe, recipe_from_table
from VSSegmentationLib.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class BoundaryOptions(StudyOptions):
    """How long and how wide; the same for every arm."""

    steps: int = 2800
    """After the warm-up."""
    channels: tuple[int, ...] = (6, 12, 24, 32, 40)
    warm_up: int = 1200
    """Steps before these, without the boundary loss and on true masks, that all arms of a seed have in common, so that
    they are not done again for each. The one stage has its own, stage 1 that many more. 0 trains γ from scratch."""

    def __post_init__(self) -> None:
        if self.warm_up and 2 * self.warm_up >= self.steps:
            msg = (
                "the warm-up must be less than a third of all steps, so that the loss can act: "
                f"--warm-up {self.warm_up} wants --steps {2 * self.warm_up + 1} at least, got {self.steps}"
            )
            raise UsageError(msg)


def recipe_of(arm: BoundaryArm | None, seed: int, options: BoundaryOptions, *, steps: int | None = None) -> Recipe:
    """Return the recipe of one run; of stage 1 for None; of as many steps as the options say, by default."""
    length = options.steps if steps is None else steps
    two_stage = arm is not None and arm.mask != "none"
    loss: dict[str, Any] = {
        "hardness": 0.0, "include_background": False, "batch_dice": True, "cross_entropy_weight": 1.0,
        "attention_weight": 0.0,
    }  # fmt: skip
    if arm is not None:
        loss |= {"boundary_weight": arm.gamma, "boundary_tau_mm": arm.tau_mm, "boundary_gradient": arm.gradient}
        if not two_stage:
            loss["class_weights"] = [1.0, 2.0, 2.0]  # weighted, as the paper's baseline; it does not say how
    table = {
        "name": f"{'stage_1' if arm is None else arm.name}_{seed}",
        "seed": seed,
        "network": {
            "base": "divider", "channels": list(options.channels), "in_channels": 2 if two_stage else 1,
            "out_channels": 2 if arm is None else 3,
        },
        "loss": loss,
        "data": {"kind": "synthetic"},
        "validation": {"samples": 16},
        **usual_run(length, options, weight_decay=1e-5),
    }  # fmt: skip
    return recipe_from_table(table)

"""The settings of the experiment, and the recipe of each of its runs."""

from dataclasses import dataclass
from typing import Any

from Training.experiments.gliomas.arms import GliomaArm
from Training.experiments.gliomas.patches import SPACING_MM
from Training.experiments.study import StudyOptions
from Training.experiments.trained import usual_run
from Training.recipes import Recipe, recipe_from_table
from VSSegmentationLib.geometry import Shape

SOURCE_CHANNELS = (16, 32, 64, 128)
"""Of our reading of the source, which names no widths: that which comes nearest to its counts of parameters."""
VALIDATION_PATCHES = 24
_POOLINGS = 4


@dataclass(frozen=True, kw_only=True)
class GliomaOptions(StudyOptions):
    """How long and how wide; the same for every arm."""

    steps: int = 2000
    channels: tuple[int, ...] = (8, 16, 32, 64)
    """Of the four stages; the plain U-Net has a fifth level, twice as wide as the last, where the others only pool."""
    cross_entropy_weight: float = 0.5
    """Beside half the Dice loss, as the source has it."""
    volume_dhw: Shape = (155, 240, 240)
    """Of the volume whose seconds and memory are measured: a case of BraTS at 1 mm."""
    window_dhw: Shape = (96, 96, 96)
    """Of the windows over it, which overlap by a quarter."""


def network_of(arm: GliomaArm, channels: tuple[int, ...]) -> dict[str, Any]:
    """Return a recipe's table of an arm's network: four images in, background and three classes out, instance norm."""
    if arm.is_plain:
        levels = [*channels, 2 * channels[-1]]
        return {
            "base": "divider", "channels": levels, "kernels_dhw": [[3, 3, 3]] * len(levels),
            "strides_dhw": [[2, 2, 2]] * _POOLINGS, "in_channels": 4, "out_channels": 4,
        }  # fmt: skip
    return {
        "base": "attention_resunet", "channels": list(channels), "attention": arm.gate,
        "multi_scale": arm.multi_scale, "norm": "instance",
    }  # fmt: skip


def recipe_of(arm: GliomaArm, seed: int, options: GliomaOptions) -> Recipe:
    """Return the recipe of one run."""
    table = {
        "name": f"{arm.name}_{seed}",
        "seed": seed,
        "network": network_of(arm, options.channels),
        "loss": {
            "hardness": 0.0, "include_background": False, "dice_weight": 0.5, "attention_weight": 0.0,
            "cross_entropy_weight": options.cross_entropy_weight,
        },
        "data": {"kind": "gliomas", "options": {"heads": "heads", "spacing_mm": SPACING_MM}},
        "validation": {"samples": VALIDATION_PATCHES},
        **usual_run(options.steps, options, weight_decay=5e-5),
    }  # fmt: skip
    return recipe_from_table(table)

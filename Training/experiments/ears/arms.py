"""Ways to train a network on synthetic ears: the usual one, and others that differ from it in one thing each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from Training.experiments.claims import Claim


@dataclass(frozen=True, kw_only=True)
class EarArm:
    """One way; everything that is not named is that of the usual one."""

    name: str
    title: str
    looks: Mapping[str, Any] = field(default_factory=dict)
    """Of `SynthesisConfig`, as a recipe's `data.options` has them."""
    network: Mapping[str, Any] = field(default_factory=dict)
    """As a recipe's `network`."""
    width: float = 1.0
    """Of all levels."""
    cross_entropy_weight: float = 1.0


USUAL = EarArm(name="usual", title="as models are trained")
ARMS: tuple[EarArm, ...] = (
    USUAL,
    EarArm(name="skull_base", title="+ skull base in streaks", looks={"contrast": {"skull_base_share": 0.75}}),
    EarArm(name="no_physics", title="no tissue follows a sequence", looks={"contrast": {"physics_share": 0.0}}),
    EarArm(
        name="no_tumor_looks", title="no bright, septated or capsuled tumors",
        looks={"contrast": {"bright_tumor_share": 0.0, "septated_share": 0.0, "rim_share": 0.0}},
    ),
    EarArm(
        name="no_k_space", title="no k-space, no slice profile",
        looks={"acquisition": {"cut_share": 0.0, "real_profile_share": 0.0}},
    ),
    EarArm(
        name="no_maps", title="no random convolutions and intensity maps",
        looks={"acquisition": {"convolved_share": 0.0, "curve_share": 0.0}},
    ),
    EarArm(name="no_tilt", title="no tilt on top of the head's own", looks={"tilt_share": 0.0}),
    EarArm(name="narrow", title="half of the patches partly out of view", looks={"narrow_share": 0.5}),
    EarArm(name="dice_alone", title="Dice loss without cross-entropy", cross_entropy_weight=0.0),
    EarArm(name="half_as_wide", title="half as wide", width=0.5),
    EarArm(name="norm_of_channels", title="norm over the channels of a voxel", network={"norm": "channels"}),
    EarArm(name="norm_of_batches", title="batch norm", network={"norm": "batch"}),
)  # fmt: skip

CLAIMS = (
    Claim(text="a skull base in streaks helps", better="skull_base", worse="usual"),
    Claim(text="tissues that follow one sequence help", better="usual", worse="no_physics"),
    Claim(text="bright, septated and capsuled tumors help", better="usual", worse="no_tumor_looks"),
    Claim(text="k-space and slice profiles help", better="usual", worse="no_k_space"),
    Claim(text="random convolutions and intensity maps help", better="usual", worse="no_maps"),
    Claim(text="tilt at patch time helps", better="usual", worse="no_tilt"),
    Claim(text="more patches partly out of view help", better="narrow", worse="usual"),
    Claim(text="cross-entropy beside Dice helps", better="usual", worse="dice_alone"),
    Claim(text="twice the width helps", better="usual", worse="half_as_wide"),
    Claim(text="a norm that sees one voxel helps", better="norm_of_channels", worse="usual"),
    Claim(text="a norm of the batch helps", better="norm_of_batches", worse="usual"),
)

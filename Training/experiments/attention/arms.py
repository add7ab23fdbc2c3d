"""What is compared: the arms of the paper's tables and of its figure 4, with the values it publishes.

Source: Wang et al., MICCAI 2019, doi:10.1007/978-3-030-32245-8_30, Tables 1 and 2 and Figure 4; 47 test cases, T2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Training.experiments.claims import Claim


@dataclass(frozen=True, kw_only=True)
class Published:
    """Mean and standard deviation over the cases of the paper."""

    dice_percent: tuple[float, float | None]
    assd_mm: tuple[float, float | None]
    rve_percent: tuple[float, float | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to train: a network and a loss. Arms of the same content are trained once, whatever asks for them."""

    name: str
    """Of the run folder."""
    title: str
    """Of the row."""
    network: str
    """One of `NAMED_NETWORKS`."""
    supervised: bool = False
    hardness: float = 0.0
    isotropic: bool = False
    """Sees the image resampled to cubes of 0.4 mm, as the paper's 3D network does."""
    published: Published | None = None

    def loss(self) -> Mapping[str, Any]:
        """Return the recipe's table: Dice alone, weighed by hardness, and the attention with the same loss."""
        return {
            "hardness": self.hardness,
            "attention_weight": 1.0 if self.supervised else 0.0,
            "attention_target": "average",
            "attention_loss": "hardness",
        }


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Some arms, and what they are to show."""

    name: str
    title: str
    arms: tuple[Arm, ...]
    claims: tuple[Claim, ...]
    """What the paper says; the Dice of the two arms would show it."""


_2D = Arm(
    name="unet_2d", title="2D U-Net", network="spvpa_2d",
    published=Published(dice_percent=(80.38, 10.42), assd_mm=(0.92, 0.68), rve_percent=(18.01, 17.23)),
)  # fmt: skip
_3D = Arm(
    name="unet_3d", title="3D U-Net", network="spvpa_3d", isotropic=True,
    published=Published(dice_percent=(83.61, 13.69), assd_mm=(0.84, 0.62), rve_percent=(18.01, 17.48)),
)  # fmt: skip
_25D = Arm(
    name="unet_25d", title="2.5D U-Net", network="spvpa_plain",
    published=Published(dice_percent=(85.69, 7.07), assd_mm=(0.67, 0.45), rve_percent=(16.02, 14.71)),
)  # fmt: skip
_AG = Arm(
    name="gates", title="2.5D U-Net + AG", network="spvpa_gates",
    published=Published(dice_percent=(85.93, 6.96), assd_mm=(0.58, 0.41), rve_percent=(15.45, 12.37)),
)  # fmt: skip
_PA = Arm(
    name="pa", title="2.5D U-Net + PA", network="spvpa",
    published=Published(dice_percent=(86.09, 6.94), assd_mm=(0.55, 0.32), rve_percent=(14.87, 12.19)),
)  # fmt: skip
_SPVPA = Arm(
    name="spvpa", title="2.5D U-Net + SpvPA", network="spvpa", supervised=True,
    published=Published(dice_percent=(86.71, 4.99), assd_mm=(0.53, 0.29), rve_percent=(13.40, 9.34)),
)  # fmt: skip


def _weighted(arm: Arm, hardness: float, published: Published | None = None) -> Arm:
    return Arm(
        name=f"{arm.name}_h{round(100 * hardness):02d}",
        title=f"{arm.title}, hardness-weighted, λ = {hardness:g}",
        network=arm.network,
        supervised=arm.supervised,
        hardness=hardness,
        published=published,
    )


_BEST = Published(dice_percent=(87.27, None), assd_mm=(0.43, None))
"""From the paper's text; its Table 2 is not at hand otherwise."""

EXPERIMENTS: Mapping[str, Experiment] = {
    "table1": Experiment(
        name="table1",
        title="Networks (the paper's Table 1), all trained with the Dice loss",
        arms=(_2D, _3D, _25D, _AG, _PA, _SPVPA),
        claims=(
            Claim(text="3D beats 2D", better="unet_3d", worse="unet_2d"),
            Claim(text="2.5D beats 3D", better="unet_25d", worse="unet_3d"),
            Claim(text="attention helps", better="pa", worse="unet_25d"),
            Claim(text="supervision of the attention helps", better="spvpa", worse="pa"),
        ),
    ),
    "table2": Experiment(
        name="table2",
        title="Losses (the paper's Table 2): Dice and hardness-weighted Dice on two networks",
        arms=(_25D, _weighted(_25D, 0.6), _SPVPA, _weighted(_SPVPA, 0.6, _BEST)),
        claims=(
            Claim(text="hardness weighting helps the 2.5D U-Net", better="unet_25d_h60", worse="unet_25d"),
            Claim(text="hardness weighting helps SpvPA", better="spvpa_h60", worse="spvpa"),
        ),
    ),
    "figure4": Experiment(
        name="figure4",
        title="λ of the hardness weighting (the paper's Figure 4), SpvPA",
        arms=(_SPVPA, *(_weighted(_SPVPA, each) for each in (0.2, 0.4, 0.6, 0.8, 1.0))),
        claims=(
            Claim(text="λ of 0.4 to 0.6 is best: 0.4 beats none", better="spvpa_h40", worse="spvpa"),
            Claim(text="λ of 0.4 to 0.6 is best: 0.6 beats none", better="spvpa_h60", worse="spvpa"),
            Claim(text="λ of 0.4 to 0.6 is best: 0.6 beats 0.8", better="spvpa_h60", worse="spvpa_h80"),
            Claim(text="λ of 0.4 to 0.6 is best: 0.6 beats 1", better="spvpa_h60", worse="spvpa_h100"),
        ),
    ),
}

"""What is compared, with the values that the source prints.

Source: "Attention-ResNetUNet", freederia research archive, its main table and its ablation. They contradict each other
(both additions: 0.915 and 0.920) and cannot be made again, so they stand beside what was measured and are no target.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Regions(NamedTuple):
    """One value for each of the nested regions."""

    whole: float
    core: float
    enhancing: float


class Ablation(NamedTuple):
    """A row of the source's ablation."""

    dice_whole: float
    million_parameters: float
    gflops: float
    """Of what the source does not say; near its multiply-adds of a patch of 64 x 64 x 64."""


@dataclass(frozen=True, kw_only=True)
class GliomaArm:
    """One network; everything else is the same for all."""

    name: str
    title: str
    is_plain: bool = False
    """A U-Net without residual blocks, in nnU-Net's manner, in place of the source's base."""
    gate: bool = False
    multi_scale: bool = False
    published_dice: Regions | None = None
    published_hd95_mm: Regions | None = None
    published_ablation: Ablation | None = None


BASE = GliomaArm(
    name="base", title="residual U-Net (base)",
    published_dice=Regions(0.907, 0.820, 0.771), published_hd95_mm=Regions(7.8, 14.0, 13.2),
    published_ablation=Ablation(0.907, 3.4, 12.8),
)  # fmt: skip
GATE = GliomaArm(name="gate", title="+ gate", gate=True, published_ablation=Ablation(0.912, 3.5, 13.0))
MULTI_SCALE = GliomaArm(
    name="multi_scale", title="+ multi-scale", multi_scale=True, published_ablation=Ablation(0.915, 3.4, 12.7)
)
BOTH = GliomaArm(
    name="both", title="+ both (Attention-ResNetUNet)", gate=True, multi_scale=True,
    published_dice=Regions(0.915, 0.835, 0.788), published_hd95_mm=Regions(6.9, 12.4, 11.9),
    published_ablation=Ablation(0.920, 3.6, 13.1),
)  # fmt: skip
UNET = GliomaArm(
    name="unet_3d_plain", title="3D U-Net", is_plain=True,
    published_dice=Regions(0.904, 0.812, 0.765), published_hd95_mm=Regions(8.0, 14.2, 13.6),
)  # fmt: skip
ARMS: tuple[GliomaArm, ...] = (BASE, GATE, MULTI_SCALE, BOTH, UNET)
DEEPMEDIC = (Regions(0.912, 0.825, 0.774), Regions(7.4, 13.9, 12.7))
"""Dice and HD95 in mm of the source's further row, which is no arm here."""

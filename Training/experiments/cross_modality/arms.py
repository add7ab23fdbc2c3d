"""What is compared, and what the paper publishes.

Source: Chen, Wang, Zhang, crossMoDA 2023 (the paper's Table 4: Dice and ASSD in mm on 96 validation cases).
"""

from dataclasses import dataclass
from typing import Literal

from Training.experiments.claims import Claim, Measure


@dataclass(frozen=True, kw_only=True)
class CrossArm:
    """One way to come to a network for T2."""

    name: str
    title: str
    train_on: Literal["source", "translated", "target"] = "translated"
    varied: bool = True
    """Looks inside tumor and cochlea are drawn anew."""
    after: Literal["nothing", "longer", "threshold", "votes", "corrected"] = "nothing"
    """What follows the usual steps: as many more on the same scans, or a round of self-training."""


SOURCE_ONLY = CrossArm(name="source_only", title="no adaptation: trained on ceT1", train_on="source")
TRANSLATION = CrossArm(name="translation", title="translation, looks inside labels drawn anew")
CEILING = CrossArm(name="ceiling", title="ceiling: trained on T2 with outlines", train_on="target")
THRESHOLD = CrossArm(name="threshold", title="… + self-training, by threshold", after="threshold")
ARMS: tuple[CrossArm, ...] = (
    SOURCE_ONLY,
    CrossArm(name="plain", title="translation alone", varied=False),
    TRANSLATION,
    CrossArm(name="longer", title="… trained as long as with self-training", after="longer"),
    THRESHOLD,
    CrossArm(name="votes", title="… + self-training, by votes", after="votes"),
    CrossArm(name="corrected", title="… + by threshold, corrected by contrast", after="corrected"),
    CEILING,
)
TUMOR = Measure(key="tumor_dice", unit="points of Dice", factor=100.0)
CLAIMS = (
    Claim(text="translation helps", better="translation", worse="source_only", measure=TUMOR),
    Claim(text="looks inside labels drawn anew help", better="translation", worse="plain", measure=TUMOR),
    Claim(
        text="self-training by threshold beats as many steps without", better="threshold", worse="longer", measure=TUMOR
    ),
    Claim(text="self-training by votes beats as many steps without", better="votes", worse="longer", measure=TUMOR),
    Claim(text="correction by contrast helps self-training", better="corrected", worse="threshold", measure=TUMOR),
)
"""On the Dice of the whole tumor."""
PUBLISHED = (
    ("Chen, Wang, Zhang, 96 validation cases", 0.8358, 0.8363, 0.7057, 0.8355, 0.5648, 0.2259),
    ("winner of 2023 (Vandy365), 365 test cases", None, 0.849, 0.728, 0.836, None, 0.201),
)
"""Dice of tumor, extrameatal, intrameatal, cochlea; ASSD of tumor and cochlea in mm; on real scans."""

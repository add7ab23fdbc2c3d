"""What is compared, with the values that the paper publishes.

Source: Wijethilake et al., MLCN 2022, arXiv:2208.04680, Tables 1 and 2; 56 test cases, T2. Which row of the printed
tables belongs to which gamma is a reading; the text confirms 0 and 0.5.
"""

from dataclasses import dataclass
from typing import Literal

from VSSegmentationLib.losses import GradientOperator

MaskKind = Literal["none", "true", "predicted", "perturbed", "mixed"]


@dataclass(frozen=True, kw_only=True)
class PublishedSplit:
    """Dice over the cases of the paper (mean, deviation) and boundary ASSD (median, quartiles; mm presumed)."""

    extra: tuple[float, float]
    intra: tuple[float, float]
    whole: tuple[float, float]
    boundary: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class BoundaryArm:
    """One way to train."""

    name: str
    title: str
    mask: MaskKind = "true"
    """What stage 2 is trained on; none is the one-stage baseline. At test time stage 2 gets predicted masks."""
    gamma: float = 0.0
    tau_mm: float = 2.0
    gradient: GradientOperator = "central"
    published: PublishedSplit | None = None


def _two_stage(gamma: float, published: PublishedSplit) -> BoundaryArm:
    return BoundaryArm(
        name=f"gamma_{round(100 * gamma):03d}", title=f"two stages, γ = {gamma:g}", gamma=gamma, published=published
    )


BASELINE = BoundaryArm(
    name="baseline", title="one stage (baseline)", mask="none",
    published=PublishedSplit(
        extra=(0.7939, 0.2325), intra=(0.7475, 0.1346), whole=(0.8813, 0.0888), boundary=(0.8384, 0.4326, 1.1241)
    ),
)  # fmt: skip
GAMMAS = (
    _two_stage(0.0, PublishedSplit(
        extra=(0.8068, 0.2231), intra=(0.7357, 0.1522), whole=(0.9026, 0.0478), boundary=(0.8064, 0.5690, 1.3529))),
    _two_stage(0.01, PublishedSplit(
        extra=(0.8072, 0.2213), intra=(0.7368, 0.1524), whole=(0.9026, 0.0651), boundary=(0.8020, 0.5351, 1.2303))),
    _two_stage(0.05, PublishedSplit(
        extra=(0.8087, 0.2243), intra=(0.7469, 0.1431), whole=(0.9027, 0.0651), boundary=(0.7024, 0.4830, 1.1350))),
    _two_stage(0.1, PublishedSplit(
        extra=(0.8155, 0.2176), intra=(0.7655, 0.1329), whole=(0.9027, 0.0476), boundary=(0.7602, 0.4546, 0.9597))),
    _two_stage(0.5, PublishedSplit(
        extra=(0.8279, 0.2050), intra=(0.7744, 0.1352), whole=(0.9025, 0.0478), boundary=(0.5417, 0.4181, 0.9586))),
)  # fmt: skip
BEST = GAMMAS[-1]
"""The paper's best, and also the end of the range it tried."""
DISTANCES = tuple(
    BoundaryArm(name=f"tau_{tau:02d}", title=f"τ = {tau} mm", gamma=0.5, tau_mm=float(tau)) for tau in (1, 5, 10)
)
SOBEL = BoundaryArm(name="sobel", title="Sobel gradient", gamma=0.5, gradient="sobel")
MASKS = (
    BoundaryArm(name="mask_predicted", title="predicted masks", mask="predicted", gamma=0.5),
    BoundaryArm(name="mask_perturbed", title="true masks, perturbed", mask="perturbed", gamma=0.5),
    BoundaryArm(name="mask_mixed", title="half predicted, half perturbed", mask="mixed", gamma=0.5),
)
ARMS: tuple[BoundaryArm, ...] = (BASELINE, *GAMMAS, *DISTANCES, SOBEL, *MASKS)

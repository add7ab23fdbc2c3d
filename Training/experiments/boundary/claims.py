"""What the second paper says, and what it leaves open, as comparisons written down before the runs."""

from dataclasses import replace

from Training.experiments.boundary.arms import BASELINE, BEST, GAMMAS, MASKS
from Training.experiments.claims import Claim, Measure

EXTRA = Measure(key="extra", unit="of Dice", digits=3)
INTRA = Measure(key="intra", unit="of Dice", digits=3)
BOUNDARY = Measure(
    key="boundary_mm", unit="mm", larger_is_better=False, at_most=4.0, not_found="boundary_missing", digits=3
)
"""For comparisons: a boundary that is missing, or farther, counts as 4 mm, so that one arm's failures cannot hide."""
FAR = replace(BOUNDARY, at_most=float("inf"))
"""For medians: a boundary that is missing is infinitely far."""
CLAIMS = (
    Claim(text="two stages beat one (boundary)", better=GAMMAS[0].name, worse=BASELINE.name, measure=BOUNDARY),
    Claim(
        text="the loss helps the boundary: γ = 0.5 beats 0", better=BEST.name, worse=GAMMAS[0].name, measure=BOUNDARY
    ),
    Claim(
        text="the loss helps the intrameatal part: γ = 0.5 beats 0", better=BEST.name, worse=GAMMAS[0].name,
        measure=INTRA,
    ),
    Claim(text="two stages with the loss beat one (extrameatal)", better=BEST.name, worse=BASELINE.name, measure=EXTRA),
    Claim(text="two stages with the loss beat one (intrameatal)", better=BEST.name, worse=BASELINE.name, measure=INTRA),
    Claim(
        text="training on predicted masks beats true ones (boundary)", better=MASKS[0].name, worse=BEST.name,
        measure=BOUNDARY,
    ),
    Claim(
        text="perturbed true masks beat true ones (boundary)", better=MASKS[1].name, worse=BEST.name, measure=BOUNDARY
    ),
)  # fmt: skip

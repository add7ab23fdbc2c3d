"""What the source says, as comparisons written down before the runs."""

from Training.experiments.claims import Claim, Measure
from Training.experiments.gliomas.arms import BASE, BOTH, GATE, MULTI_SCALE, UNET

FARTHEST_MM = 166.0
"""The diagonal of a patch of 96 mm: what counts where a region was not found at all."""
REGIONS = ("whole", "core", "enhancing")
DICE = {name: Measure(key=f"{name}_dice", unit="points of Dice", factor=100.0) for name in REGIONS}
HD95 = {
    name: Measure(
        key=f"{name}_hd95_mm", unit="mm of HD95", larger_is_better=False, at_most=FARTHEST_MM,
        not_found=f"{name}_missed", digits=2,
    )
    for name in REGIONS
}  # fmt: skip
SENSITIVITY = {name: Measure(key=f"{name}_sensitivity", unit="of sensitivity") for name in REGIONS}
SPECIFICITY = {name: Measure(key=f"{name}_specificity", unit="of specificity") for name in REGIONS}

CLAIMS = (
    Claim(text="the gate helps (whole tumor)", better=GATE.name, worse=BASE.name, measure=DICE["whole"]),
    Claim(
        text="the multi-scale module helps (whole tumor)", better=MULTI_SCALE.name, worse=BASE.name,
        measure=DICE["whole"],
    ),
    Claim(text="both beat the gate alone (whole tumor)", better=BOTH.name, worse=GATE.name, measure=DICE["whole"]),
    Claim(
        text="both beat the multi-scale module alone (whole tumor)", better=BOTH.name, worse=MULTI_SCALE.name,
        measure=DICE["whole"],
    ),
    Claim(text="both beat the base (whole tumor)", better=BOTH.name, worse=BASE.name, measure=DICE["whole"]),
    Claim(text="both beat the base (HD95, whole tumor)", better=BOTH.name, worse=BASE.name, measure=HD95["whole"]),
    *(
        Claim(text=f"both beat a 3D U-Net ({what})", better=BOTH.name, worse=UNET.name, measure=DICE[name])
        for name, what in (("whole", "whole tumor"), ("core", "tumor core"), ("enhancing", "enhancing tumor"))
    ),
)  # fmt: skip

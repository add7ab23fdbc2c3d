"""Which scans the frozen stress set holds: ten strata, each hard in one way, and how each is drawn.

The same tumors return in several strata, so that strata differ by their looks and not by their luck.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from Training.recipes.stress_heads import STRESS_HEADS
from Training.synthesis.anatomy import AnatomyConfig
from Training.synthesis.contrast import ContrastKind, ContrastRanges
from Training.synthesis.render import AcquisitionRanges
from Training.synthesis.tumor import TumorRanges

Family = Literal["tumor", "cystic", "lobed", "none"]

USUAL_CONTRAST = ContrastRanges(
    physics_share=0.85,
    bright_tumor_share=0.04,
    dim_canal_share=0.1,
    septated_share=0.08,
    rim_share=0.1,
    enhanced_share=0.08,
)
USUAL_ACQUISITION = AcquisitionRanges(
    slice_mm=(1.0, 1.5, 1.5, 1.5, 2.0),
    pixel_mm=(0.55, 0.95),
    noise=(0.006, 0.035),
    bias=(0.0, 0.2),
    gamma=(0.85, 1.2),
    curve_share=0.1,
    convolved_share=0.0,
    ghost_share=0.03,
    clip_share=0.4,
)
_TUMOR = AnatomyConfig(tumor_share=1.0, bilateral_share=0.0)


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """One kind of hard scans."""

    name: str
    t2: int
    """So many T2 scans."""
    cet1: int = 0
    family: Family = "tumor"
    contrast: ContrastRanges = field(default_factory=lambda: USUAL_CONTRAST)
    acquisition: AcquisitionRanges = field(default_factory=lambda: USUAL_ACQUISITION)
    tilted: bool = False
    """Turned by 8 to 25 degrees of pitch, or 8 to 15 of roll or yaw."""
    narrow: bool = False
    """A field of view round one ear."""


STRATA = (
    Stratum(
        name="bright as CSF", t2=36,
        contrast=replace(USUAL_CONTRAST, bright_tumor_share=1.0, bright_tumor=(0.75, 1.0), septated_share=0.0),
    ),
    Stratum(name="cystic", t2=24, cet1=12, family="cystic"),
    Stratum(name="lobed", t2=24, cet1=12, family="lobed"),
    Stratum(name="tilted", t2=24, cet1=12, tilted=True),
    Stratum(
        name="thick slices", t2=24, cet1=12, acquisition=replace(USUAL_ACQUISITION, slice_mm=(3.0, 4.0, 5.0)),
    ),
    Stratum(
        name="clipped", t2=24, cet1=12,
        acquisition=replace(
            USUAL_ACQUISITION, clip_share=1.0, clip_at=(0.7, 0.95), floor_share=0.6, gamma=(0.65, 1.6)
        ),
    ),
    Stratum(name="noisy", t2=24, cet1=12, acquisition=replace(USUAL_ACQUISITION, noise=(0.05, 0.12))),
    Stratum(name="narrow", t2=24, cet1=12, narrow=True),
    Stratum(
        name="post-contrast", t2=36,
        contrast=replace(USUAL_CONTRAST, physics_share=1.0, enhanced_share=1.0, bright_tumor_share=0.0),
    ),
    Stratum(name="no tumor", t2=52, cet1=24, family="none"),
)  # fmt: skip

ANATOMIES: dict[Family, AnatomyConfig] = {
    "tumor": _TUMOR,
    "cystic": replace(_TUMOR, tumor=TumorRanges(cystic_share=1.0, microcystic_share=0.5, volume_cm3=(0.2, 15.0))),
    "lobed": replace(_TUMOR, tumor=TumorRanges(lobed_share=1.0, volume_cm3=(0.2, 15.0), intrameatal_only_share=0.0)),
    "none": replace(_TUMOR, tumor_share=0.0),
}
_COUNTS: dict[Family, int] = {"tumor": 72, "cystic": 36, "lobed": 36, "none": 38}
"""So many skull bases of each kind: one serves several scans."""


class StressScan(NamedTuple):
    """One scan of the set."""

    number: int
    stratum: str
    modality: ContrastKind
    head: str
    family: Family
    anatomy: int
    """Of its family; what it is drawn from is a pure function of both."""


def stress_scans() -> tuple[StressScan, ...]:
    """Return all scans of the set, ordered by number."""
    scans: list[StressScan] = []
    for order, stratum in enumerate(STRATA):
        for place in range(stratum.t2 + stratum.cet1):
            # Contrast-enhanced scans are spread evenly over the heads.
            total, cet1 = stratum.t2 + stratum.cet1, stratum.cet1
            enhanced = (place + 1) * cet1 // total > place * cet1 // total
            anatomy = (place + 36 * (order % 2)) % _COUNTS[stratum.family]
            head = STRESS_HEADS[anatomy % len(STRESS_HEADS)]
            kind: ContrastKind = "ceT1" if enhanced else "T2"
            scans.append(StressScan(len(scans), stratum.name, kind, head, stratum.family, anatomy))
    return tuple(scans)


def stratum_named(name: str) -> Stratum:
    """Return a stratum of the set."""
    return next(each for each in STRATA if each.name == name)

"""When an answer is certain, when it is uncertain, and when it is none: every such limit is kept here, and only here.

Each figure has two limits, so that nothing tips over from a tumor to no tumor at one number: on the good side of the
first an answer stands as it is, beyond the second it counts for nothing, and between them it reads "uncertain".
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from VSSegmentationLib.errors import ConfigError

Verdict = Literal["certain", "uncertain", "refused"]


class AtLeast(NamedTuple):
    """Two lower limits of a figure of which more is better, such as a probability."""

    certain: float
    accepted: float
    """No more than `certain`; where both are equal, nothing is uncertain."""

    def verdict(self, value: float) -> Verdict:
        """Return what a value means."""
        return "certain" if value >= self.certain else "uncertain" if value >= self.accepted else "refused"


class AtMost(NamedTuple):
    """Two upper limits of a figure of which less is better, such as a distance in mm."""

    certain: float
    accepted: float
    """No less than `certain`; where both are equal, nothing is uncertain."""

    def verdict(self, value: float) -> Verdict:
        """Return what a value means."""
        return "certain" if value <= self.certain else "uncertain" if value <= self.accepted else "refused"


_PROBABILITY = AtLeast(0.6, 0.6)
_PORUS_MM = AtMost(10.0, 10.0)
_OVER_LOOKS = AtLeast(0.5, 0.3)
_SPREAD_MM = AtMost(0.3, 1e3)


@dataclass(frozen=True, kw_only=True)
class CertaintyConfig:
    """The limits of a model; of a segmenter the first three count, of a divider the last one."""

    mean_probability: AtLeast = _PROBABILITY
    """Of a tumor's voxels."""
    porus_distance_mm: AtMost = _PORUS_MM
    """From the nearest porus to the nearest voxel of the tumor. It arises in the canal, whose far end is about 10 mm
    from the porus: even one at that end, 4 mm long, begins at 6 mm, and the porus is located to a few millimeters."""
    mean_over_looks: AtLeast = _OVER_LOOKS
    """Of a tumor's voxels, the mean of their probabilities over all turned looks: what shows in one of them alone is
    hardly a tumor. Counts where an ear was looked at several times."""
    boundary_spread_mm: AtMost = _SPREAD_MM
    """The boundaries of mirror images may lie so far from the answer's on average; beyond it someone has to look, and
    beyond the second limit there is no boundary to be relied on. The first was set with the mirror images of single
    axes; with those averaged now, 20 synthetic validation scans reach 0.24 mm."""

    def __post_init__(self) -> None:
        for name in ("mean_probability", "mean_over_looks"):
            limits = getattr(self, name)
            if not 0 <= limits.accepted <= limits.certain <= 1:
                msg = f"{name} must be (certain, accepted) with 0 <= accepted <= certain <= 1, got {tuple(limits)}"
                raise ConfigError(msg)
        for name in ("porus_distance_mm", "boundary_spread_mm"):
            limits = getattr(self, name)
            if not 0 < limits.certain <= limits.accepted:
                msg = f"{name} must be (certain, accepted) with 0 < certain <= accepted, got {tuple(limits)}"
                raise ConfigError(msg)

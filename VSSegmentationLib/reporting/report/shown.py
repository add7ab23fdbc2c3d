"""What there is to look at of one examination that stands beside others."""

from dataclasses import dataclass

from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownExamination:
    """Labelmap and scan, or a piece of the scan."""

    labelmap: Volume
    """uint8 of values of the task's labels."""
    image: Volume | None = None
    """The scan on the grid of the labelmap; None draws the outlines alone."""
    ras_to_baseline_ras: Affine | None = None
    """(4, 4), where the heads were aligned: the examination is then shown on the slices of the baseline."""

    __repr__ = short_repr

"""A patient with tumors in both ears: each side measured on its own."""

from collections.abc import Mapping
from typing import NamedTuple

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.measurement.one_side import Side, on_one_side
from VSSegmentationLib.measurement.plane import MeatalPlane
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma.measure import measure
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume


class SideMeasurements(NamedTuple):
    """What was measured on one side of the patient."""

    side: Side
    """Of the patient."""
    labelmap: Volume
    """The labelmap without the tumor of the other side."""
    measurements: tuple[Measurement, ...]
    """As `measure` returns them."""

    def __repr__(self) -> str:
        return short_repr(self)


def measure_sides(
    labelmap: Volume,
    *,
    midline_r_mm: float = 0.0,
    planes: Mapping[Side, MeatalPlane] | None = None,
    fundi_ras_mm: Mapping[Side, Triplet] | None = None,
) -> tuple[SideMeasurements, ...]:
    """Measure the largest tumor of each side of the patient that holds one, the right side first; empty if none does.

    Args:
        labelmap: (D, H, W) of `Label` values.
        midline_r_mm: R coordinate of the patient's midline; a connected tumor belongs to the side of its center.
        planes: Meatal planes by side, where they were set by a person.
        fundi_ras_mm: Points at the fundus by side, where they were set.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of `Label`.
    """
    out = []
    sides: tuple[Side, Side] = ("right", "left")
    for side in sides:
        own = on_one_side(labelmap, side, VESTIBULAR_SCHWANNOMA_LABELS, midline_r_mm)
        if VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(own.array).any():
            fundus = (fundi_ras_mm or {}).get(side)
            out.append(SideMeasurements(side, own, measure(own, plane=(planes or {}).get(side), fundus_ras_mm=fundus)))
    return tuple(out)

"""One examination of a patient as growth looks at it: when it was, how it was acquired, what was measured."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Affine, Triplet
from VSSegmentationLib.measurement.axial import is_too_tilted
from VSSegmentationLib.measurement.headline import Headline
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.short_repr import short_repr

_SUPERIOR_RAS: Triplet = (0.0, 0.0, 1.0)


class TreatmentKind(StrEnum):
    """Treatments that change how a later change has to be read."""

    RADIOSURGERY = "radiosurgery"
    SURGERY = "surgery"


@dataclass(frozen=True)
class Treatment:
    """A treatment and its day on the same count as the examinations' `days`; before the baseline it may be negative."""

    kind: TreatmentKind
    days: int


@dataclass(frozen=True, kw_only=True)
class AcquisitionFacts:
    """What decides whether two examinations can be compared; `None` where it is not known."""

    spacing_dhw_mm: Triplet
    slice_normal_ras: Triplet
    """Unit normal of the planes in which axial measures were taken; its sign means nothing."""
    normal_in_baseline_ras: Triplet | None = None
    """The same, turned into the baseline's frame by a registration, so that it follows the head; None without one."""
    sequence: str | None = None
    """`T2`, `ceT1`, ..."""
    slice_thickness_mm: float | None = None
    side: str | None = None
    """`left` or `right` of the patient."""
    segmented_by: str | None = None
    """Model with version, or `given` for a labelmap that was made elsewhere."""
    voxels_sha256: str | None = None
    """Of the scan, to notice that one scan was given twice."""

    @property
    def tilt_deg(self) -> float:
        """Angle between the planes and axial, in degrees."""
        return angle_between_deg(self.slice_normal_ras, _SUPERIOR_RAS)


@dataclass(frozen=True, kw_only=True)
class Examination:
    """One examination with its measurements."""

    days: int
    """On a count that all examinations of a comparison share."""
    date: dt.date | None = None
    """Written only on request: by default results carry intervals."""
    measurements: tuple[Measurement, ...]
    headline: Headline
    """Chosen by the policy; from the second examination on locked to the baseline's."""
    facts: AcquisitionFacts
    warnings: tuple[str, ...] = ()
    """What has to be known about this examination alone, as full sentences."""
    reliable: bool = True
    """Whether there is nothing for which its result cannot be relied on."""
    reviewed: bool = False
    """Whether a person has checked mask, boundary and lines."""
    case: str = ""
    """What its report calls the patient; empty where nobody named the case."""

    __repr__ = short_repr

    def value_of(self, measurement_id: str) -> Measurement:
        """Return the measurement of this id.

        Raises:
            UsageError: If there is none.
        """
        for measurement in self.measurements:
            if measurement.id == measurement_id:
                return measurement
        msg = f"the examination has no measurement {measurement_id!r}; measure it with this version first"
        raise UsageError(msg)


def measured_plane_normal(dhw_to_ras: Affine) -> Triplet:
    """Return the unit normal of the planes in which axial measures are taken on a grid, in RAS, pointing up.

    These are the most axial planes of the grid, or truly axial ones where the mask is resliced.
    """
    if is_too_tilted(dhw_to_ras):
        return _SUPERIOR_RAS
    axes = geometry.directions(dhw_to_ras)
    axis = geometry.axial_axis(dhw_to_ras)
    normal = np.cross(axes[:, (axis + 1) % 3], axes[:, (axis + 2) % 3])
    x, y, z = (normal * np.sign(normal[geometry.SUPERIOR]) / np.linalg.norm(normal)).tolist()
    return x, y, z


def angle_between_deg(first_ras: Triplet, second_ras: Triplet) -> float:
    """Return the angle between two lines, in degrees from 0 to 90."""
    first, second = np.array(first_ras), np.array(second_ras)
    # By both sine and cosine: the arc cosine alone loses small angles.
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second)), abs(first @ second))))


def days_from_dates(dates: Sequence[dt.date]) -> tuple[int, ...]:
    """Return the days from the earliest of the dates to each of them."""
    first = min(dates)
    return tuple((date - first).days for date in dates)

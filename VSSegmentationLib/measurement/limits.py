"""Limits beside the numbers of a mask, by how the mask came about: a model's answer, an edited, a checked, a given one.

Limits of human readers say nothing about a network. Beside its untouched answer stand the limits that were measured for
its version, or that none is known; those of human readers once it is stated that a person has made or checked the mask.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.uncertainty import no_limit
from VSSegmentationLib.measurement.value import NOT_RELIABLE, WITHOUT_VALUE, Measurement, Uncertainty
from VSSegmentationLib.models import MeasuredLimit, MeasuredLimits

MEASURED = "measured"
OF_ANSWERS = (MEASURED, *WITHOUT_VALUE)
"""Kinds of uncertainty that may stand beside a model's answer that nobody checked."""
EDITED = "no limit: the mask was edited and not yet checked"
UNSTATED = "limits unknown: who drew this mask isn't stated"
OTHER_PROGRAM = "limits unknown: none were measured for the program that drew this mask"


UNRELIABLE = "no limit: the result cannot be relied on"


@dataclass(frozen=True, kw_only=True)
class AutomaticAnswer:
    """What is known of a mask that a model gave and nobody changed or checked."""

    model: str
    """Name and version."""
    limits: MeasuredLimits | None
    """Of its card; None where nobody measured any."""
    divider_sha256: str | None = None
    """Of the model that divided the tumor; None if none did."""
    boundary_spread_mm: float | None = None
    """By how much the boundary of the parts moves between mirror images of this scan; None if not known."""
    across_boundary: frozenset[str] = frozenset()
    """Ids of measures of the whole tumor that the boundary of the parts decides on, too."""
    organ_regions: frozenset[str] = frozenset()
    """Regions that are no part of the tumor."""

    def leans_on_boundary(self, measurement: Measurement) -> bool:
        """Return whether a measure would be another one if the tumor were divided otherwise."""
        return measurement.region not in (WHOLE, *self.organ_regions) or measurement.id in self.across_boundary


def with_limits_of_model(
    measurements: Sequence[Measurement], answer: AutomaticAnswer, whole_volume: str
) -> tuple[Measurement, ...]:
    """Return measurements of a model's untouched answer with the limits that hold for it.

    Args:
        measurements: With one voxel beside the lengths, as they are measured.
        answer: How the mask came about.
        whole_volume: Id of the volume of the whole tumor, whose value decides on the size.
    """
    whole_cm3 = next((m.value for m in measurements if m.id == whole_volume), None) or 0.0
    return tuple(_limited(m, answer, whole_cm3) for m in measurements)


def without_limits(measurements: Sequence[Measurement], why: str = EDITED) -> tuple[Measurement, ...]:
    """Return measurements of a mask for which no limit is known, and why: it was edited, or nobody says who drew it."""
    return tuple(m if _has_no_figure(m) else replace(m, uncertainty=no_limit(_unit(m), why)) for m in measurements)


def _has_no_figure(measurement: Measurement) -> bool:
    """Return whether no limit belongs beside it in any case: it has no value, a volume of 0, or says why itself."""
    value, uncertainty = measurement.value, measurement.uncertainty
    return value is None or (not value if uncertainty is None else uncertainty.value is None)


def _limited(measurement: Measurement, answer: AutomaticAnswer, whole_cm3: float) -> Measurement:
    if _has_no_figure(measurement):
        return measurement
    is_part = answer.leans_on_boundary(measurement)
    row = None if answer.limits is None else answer.limits.row(measurement.id, whole_cm3)
    missing = _why_no_limit(answer, row, is_part=is_part)
    if missing is not None or row is None or row.half_width is None:
        return replace(measurement, uncertainty=no_limit(_unit(measurement), f"{missing}{_boundary(answer, is_part)}"))
    return replace(measurement, uncertainty=_measured(measurement, row, answer, is_part=is_part))


def _why_no_limit(answer: AutomaticAnswer, row: MeasuredLimit | None, *, is_part: bool) -> str | None:
    if answer.limits is None:
        return f"no limit was measured for the model {answer.model}"
    if is_part and answer.divider_sha256 != answer.limits.divider_sha256:
        return f"no limit is known: those of the model {answer.model} were measured with another divider"
    if row is None:
        return f"no limit of this measure was measured for the model {answer.model}"
    if row.half_width is None:
        return (
            f"no limit is known: {row.n} scans of this size are too few, or too many of them were without what was "
            f"measured (model {answer.model})"
        )
    return None


def _measured(measurement: Measurement, row: MeasuredLimit, answer: AutomaticAnswer, *, is_part: bool) -> Uncertainty:
    value, half, unit = measurement.value or 0.0, row.half_width or 0.0, row.unit
    voxel = measurement.uncertainty
    if voxel is not None and voxel.value is not None and voxel.unit == "mm":
        in_mm = half if unit == "mm" else half / 100 * value
        half, unit = (half, unit) if in_mm >= voxel.value else (voxel.value, "mm")  # a coarser grid tells no more
    percent = half if unit == "%" else 100 * half / value if value else math.inf
    about = (
        f"measured for the model {answer.model} on {row.n} synthetic scans of whole tumors {_size(row)}: the truth lay "
        f"within it on {100 * (row.coverage or 0):.0f} % of them{_on_real_scans(answer)}"
        f"{_boundary(answer, is_part)}"
    )
    if percent >= 100:
        return Uncertainty(
            value=None,
            unit=unit,
            kind=NOT_RELIABLE,
            source=f"not reliable: the limit would be as large as the value or larger; {about}",
            beyond=None,
        )
    return Uncertainty(value=half, unit=unit, kind=MEASURED, source=about, beyond=math.sqrt(2) * percent)


def _on_real_scans(answer: AutomaticAnswer) -> str:
    asked = [] if answer.limits is None else [each.inside for each in answer.limits.checked if each.inside is not None]
    return f"; on real scans {sum(asked)} of {len(asked)} values lay within their limits" if asked else ""


def _size(row: MeasuredLimit) -> str:
    if row.to_cm3 is None:
        return f"from {row.from_cm3:g} cm³ on"
    return f"below {row.to_cm3:g} cm³" if row.from_cm3 == 0 else f"of {row.from_cm3:g} to {row.to_cm3:g} cm³"


def _boundary(answer: AutomaticAnswer, is_part: bool) -> str:
    if not is_part:
        return ""
    if answer.boundary_spread_mm is None:
        return "; it depends on the boundary of the parts"
    moved = spread_in_words(answer.boundary_spread_mm)
    about = "; it depends on the boundary of the parts, which moves by "
    return f"{about}{moved} on average between mirror images of this scan"


def spread_in_words(spread_mm: float) -> str:
    """Return a spread to a tenth of a millimeter; a smaller one is not nothing."""
    return f"{spread_mm:.1f} mm" if round(spread_mm, 1) else "less than 0.1 mm"


def _unit(measurement: Measurement) -> str:
    return "mm" if measurement.unit == "mm" else "%"

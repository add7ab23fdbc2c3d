"""How a tumor changed over any number of examinations: each measure against baseline, previous and nadir."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.measurement.growth.change import Reading, change_between
from VSSegmentationLib.measurement.growth.examination import (
    Examination,
    Treatment,
    TreatmentKind,
)
from VSSegmentationLib.measurement.growth.formulas import DAYS_PER_YEAR, LimitsAtSize, limits_at_size
from VSSegmentationLib.measurement.growth.values import (
    Change,
    GrowthLimits,
    PublishedLimits,
    Reference,
)
from VSSegmentationLib.measurement.growth.warnings import ComparisonWarning, comparison_warnings
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.short_repr import short_repr

_TRANSIENT_DAYS = 42 / 12 * DAYS_PER_YEAR
"""Most transient enlargement peaks within about 3.5 years (Breshears et al. 2019)."""
_SIZES_MM = (5.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0)


@dataclass(frozen=True, kw_only=True)
class Series:
    """One measure over all examinations."""

    id: str
    measurements: tuple[Measurement, ...]
    """One per examination, in the order of time."""
    changes: tuple[Change, ...]
    """For each examination from the second on: against baseline, previous, nadir."""

    __repr__ = short_repr

    def change(self, reference: Reference, to_index: int) -> Change:
        """Return the change at an examination (counted from 0) against a reference."""
        return next(c for c in self.changes if c.reference is reference and c.to_index == to_index)


@dataclass(frozen=True, kw_only=True)
class Growth:
    """The comparison of all examinations of one tumor."""

    examinations: tuple[Examination, ...]
    """In the order of time; the first is the baseline, on day 0."""
    treatments: tuple[Treatment, ...]
    """Days from the baseline."""
    limits: GrowthLimits
    series: tuple[Series, ...]
    """One per measure, in the order of the measurements."""
    limits_at_size: tuple[LimitsAtSize, ...]
    """What the two limits mean for each other at usual sizes and at the baseline's headline diameter, ascending."""
    warnings: tuple[ComparisonWarning, ...]

    __repr__ = short_repr

    def of(self, measurement_id: str) -> Series:
        """Return the series of a measure.

        Raises:
            UsageError: If it was not measured.
        """
        for series in self.series:
            if series.id == measurement_id:
                return series
        msg = f"{measurement_id!r} was not measured; there are {', '.join(s.id for s in self.series)}"
        raise UsageError(msg)

    @property
    def reviewed(self) -> bool:
        """Whether a person has checked every examination; otherwise the comparison is a draft."""
        return all(examination.reviewed for examination in self.examinations)


def compare(
    examinations: Sequence[Examination],
    *,
    limits: GrowthLimits | None = None,
    published: Mapping[str, PublishedLimits] = MappingProxyType({}),
    treatments: Sequence[Treatment] = (),
) -> Growth:
    """Compare all examinations of one tumor; nothing is said about what a change means for the patient.

    Args:
        examinations: At least two, in any order, of one tumor and measured in the same way. Each counts with the
            numbers of its own grid.
        limits: From which change on something is flagged; 2 mm and 20 % by default.
        published: Limits of published rules, by the id of the measure that they are for.
        treatments: On the same count of days as the examinations.

    Returns:
        Days counted from the earliest examination.

    Raises:
        UsageError: If there are fewer than two examinations, or they hold different measures.
    """
    if len(examinations) < 2:
        msg = f"a comparison needs at least two examinations, got {len(examinations)}"
        raise UsageError(msg)
    ids = [m.id for m in examinations[0].measurements]
    if any([m.id for m in e.measurements] != ids for e in examinations):
        msg = "the examinations hold different measures; measure all of them with the same version"
        raise UsageError(msg)
    limits = limits or GrowthLimits()
    first = min(e.days for e in examinations)
    ordered = tuple(replace(e, days=e.days - first) for e in sorted(examinations, key=lambda e: e.days))
    counted = tuple(sorted((Treatment(t.kind, t.days - first) for t in treatments), key=lambda t: t.days))
    return Growth(
        examinations=ordered,
        treatments=counted,
        limits=limits,
        series=tuple(_series(i, ordered, counted, limits, published.get(name)) for i, name in enumerate(ids)),
        limits_at_size=_limits_at_sizes(ordered[0], limits),
        warnings=comparison_warnings(ordered, counted),
    )


def _series(
    number: int,
    examinations: Sequence[Examination],
    treatments: Sequence[Treatment],
    limits: GrowthLimits,
    published: PublishedLimits | None,
) -> Series:
    readings = [Reading(i, e.days, e.measurements[number]) for i, e in enumerate(examinations)]
    changes = []
    for after in readings[1:]:
        recent = _is_after_radiosurgery(after.days, treatments)
        earlier = readings[: after.number]
        for reference, before in (
            (Reference.BASELINE, earlier[0]),
            (Reference.PREVIOUS, earlier[-1]),
            (Reference.NADIR, _nadir(earlier)),
        ):
            changes.append(
                change_between(reference, before, after, limits, published=published, is_after_radiosurgery=recent)
            )
    return Series(
        id=readings[0].measurement.id, measurements=tuple(r.measurement for r in readings), changes=tuple(changes)
    )


def _nadir(earlier: Sequence[Reading]) -> Reading:
    """Return the earliest lowest reading; where nothing was measurable, the first, which has the reason."""
    measured = [r for r in earlier if r.measurement.value is not None]
    return min(measured, key=lambda r: r.measurement.value or 0.0) if measured else earlier[0]


def _is_after_radiosurgery(days: int, treatments: Sequence[Treatment]) -> bool:
    return any(t.kind is TreatmentKind.RADIOSURGERY and 0 < days - t.days <= _TRANSIENT_DAYS for t in treatments)


def _limits_at_sizes(baseline: Examination, limits: GrowthLimits) -> tuple[LimitsAtSize, ...]:
    own = baseline.headline.value_mm
    sizes = sorted({*_SIZES_MM, own} if own else _SIZES_MM)
    return tuple(limits_at_size(mm, limit_mm=limits.mm, limit_percent=limits.percent) for mm in sizes)

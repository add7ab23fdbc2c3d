"""From two readings of one measure to what happened between them."""

from collections.abc import Callable
from typing import NamedTuple

from VSSegmentationLib.measurement.growth import formulas
from VSSegmentationLib.measurement.growth.values import Change, Direction, Figure, GrowthLimits, LimitCheck, Reference
from VSSegmentationLib.measurement.value import Measurement

_TOLERANCE = 1e-9
"""A change of exactly the limit counts as reaching it, whatever the last bit of a difference says."""


class Reading(NamedTuple):
    """One measure at one examination."""

    number: int
    """Of the examination in the order of time, from 0."""
    days: int
    """Since the baseline."""
    measurement: Measurement


def change_between(reference: Reference, before: Reading, after: Reading, limits: GrowthLimits, wording: str) -> Change:
    """Return the change of one measure from one examination to a later or simultaneous one."""
    days = after.days - before.days
    delta = _delta(before, after)
    percent = _percent(before, after, delta)
    beyond = _beyond_uncertainty(before, after, percent)
    sgr = _specific_growth_rate(before, after, days, delta)
    return Change(
        reference=reference,
        from_index=before.number,
        to_index=after.number,
        days=days,
        delta=delta,
        percent=percent,
        per_year=_per_year(delta, days),
        percent_per_year=_follow(sgr, "% per year", formulas.percent_per_year),
        sgr_per_day=sgr,
        doubling_time_days=_doubling_time(sgr, beyond),
        beyond_uncertainty=beyond,
        mm_limit=_limit_check(delta, limits.mm, "mm", asked=_is_size(after.measurement)),
        percent_limit=_limit_check(percent, limits.percent, "%", asked=_is_volume(after.measurement)),
        wording=wording,
    )


def _delta(before: Reading, after: Reading) -> Figure:
    unit = after.measurement.unit
    for reading in (before, after):
        if reading.measurement.value is None:
            return Figure(
                None, unit, f"not measurable in examination {reading.number + 1}: {reading.measurement.reason}"
            )
    return Figure(_value(after) - _value(before), unit)


def _percent(before: Reading, after: Reading, delta: Figure) -> Figure:
    if delta.value is None:
        return Figure(None, "%", delta.reason)
    if _value(before) == 0:
        return Figure(None, "%", f"not defined, because it was 0 in examination {before.number + 1}")
    return Figure(formulas.percent_change(_value(before), _value(after)), "%")


def _per_year(delta: Figure, days: int) -> Figure:
    unit = f"{delta.unit} per year"
    if delta.value is None:
        return Figure(None, unit, delta.reason)
    if days == 0:
        return Figure(None, unit, _SAME_DAY)
    return Figure(formulas.per_year(delta.value, days), unit)


_SAME_DAY = "not defined, because both examinations are of the same day"
_NOT_A_VOLUME = "given for volumes only"


def _specific_growth_rate(before: Reading, after: Reading, days: int, delta: Figure) -> Figure:
    unit = "per day"
    if not _is_volume(after.measurement):
        return Figure(None, unit, _NOT_A_VOLUME)
    if delta.value is None:
        return Figure(None, unit, delta.reason)
    for reading in (before, after):
        if _value(reading) == 0:
            return Figure(None, unit, f"not defined, because it was 0 in examination {reading.number + 1}")
    if days == 0:
        return Figure(None, unit, _SAME_DAY)
    return Figure(formulas.specific_growth_rate_per_day(_value(before), _value(after), days), unit)


def _doubling_time(sgr: Figure, beyond: LimitCheck) -> Figure:
    unit = "days"
    if sgr.value is None:
        return Figure(None, unit, sgr.reason)
    if sgr.value <= 0:
        return Figure(None, unit, "not calculable, because the volume did not rise")
    if beyond.direction is None:
        return Figure(None, unit, f"not calculable, because the uncertainty is not known: {beyond.reason}")
    if beyond.direction is not Direction.INCREASE:
        return Figure(
            None,
            unit,
            f"not calculable, because the volume did not rise beyond the uncertainty of {beyond.limit:.0f} %",
        )
    return Figure(formulas.doubling_time_days(sgr.value), unit)


def _beyond_uncertainty(before: Reading, after: Reading, percent: Figure) -> LimitCheck:
    """Compare with the band of the smaller of the two values, as published limits depend on the size."""
    if percent.value is None:
        return LimitCheck(None, None, "%", percent.reason)
    smaller = min(before.measurement, after.measurement, key=lambda m: m.value or 0.0)
    beyond = smaller.uncertainty.beyond if smaller.uncertainty is not None else None
    if beyond is None:
        return LimitCheck(None, None, "%", "no published limit for a difference of this measure")
    return _limit_check(percent, beyond, "%", asked=True)


def _limit_check(change: Figure, limit: float, unit: str, *, asked: bool) -> LimitCheck:
    if not asked:
        return LimitCheck(None, limit, unit, f"the limit in {unit} is not for this measure")
    if change.value is None:
        return LimitCheck(None, limit, unit, change.reason)
    if abs(change.value) < limit - _TOLERANCE:
        return LimitCheck(Direction.WITHIN, limit, unit)
    return LimitCheck(Direction.INCREASE if change.value > 0 else Direction.DECREASE, limit, unit)


def _follow(figure: Figure, unit: str, function: Callable[[float], float]) -> Figure:
    return Figure(None, unit, figure.reason) if figure.value is None else Figure(function(figure.value), unit)


def _is_volume(measurement: Measurement) -> bool:
    return measurement.unit == "cm3"


def _is_size(measurement: Measurement) -> bool:
    """A gap between the tumor and something else is a length, and no size: it shrinks when the tumor grows."""
    return measurement.unit == "mm" and measurement.is_size


def _value(reading: Reading) -> float:
    value = reading.measurement.value
    if value is None:
        msg = f"{reading.measurement.id} has no value: {reading.measurement.reason}"
        raise ValueError(msg)
    return value

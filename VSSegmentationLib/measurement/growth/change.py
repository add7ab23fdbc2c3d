"""From two readings of one measure to what happened between them."""

from collections.abc import Callable
from typing import NamedTuple

from VSSegmentationLib.measurement.growth import formulas
from VSSegmentationLib.measurement.growth.values import (
    Change,
    Direction,
    Figure,
    GrowthLimits,
    LimitCheck,
    PublishedLimits,
    Reference,
)
from VSSegmentationLib.measurement.value import Measurement

AFTER_RADIOSURGERY = "change after radiosurgery; transient enlargement is common in this interval"
"""What an enlargement is called there; nothing else is."""
CHANGE = "change"
_TOLERANCE = 1e-9
"""A change of exactly the limit counts as reaching it, whatever the last bit of a difference says."""
_NOT_A_VOLUME = "given for volumes only"
MIN_DAYS_FOR_A_RATE = 90
"""So many days must lie between two examinations for anything per year, or a doubling time: a quarter of a year, as
shorter intervals multiply the error of measuring by more than four."""


class Reading(NamedTuple):
    """One measure at one examination."""

    number: int
    """Of the examination in the order of time, from 0."""
    days: int
    """Since the baseline."""
    measurement: Measurement


def change_between(
    reference: Reference,
    before: Reading,
    after: Reading,
    limits: GrowthLimits,
    *,
    published: PublishedLimits | None = None,
    is_after_radiosurgery: bool = False,
) -> Change:
    """Return the change of one measure from one examination to a later or simultaneous one.

    Args:
        reference: What the earlier one is called.
        before: The earlier reading.
        after: The later one.
        limits: From which change on something is flagged.
        published: Those of a published rule for this measure, which stand in place of `limits.percent`.
        is_after_radiosurgery: Whether the later one lies in the time in which tumors enlarge for a while.
    """
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
        percent_limit=_limit_check(percent, limits.percent, "%", asked=_is_volume(after.measurement))
        if published is None
        else _published_check(percent, published, reference),
        wording=AFTER_RADIOSURGERY if is_after_radiosurgery and _is_enlargement(after, delta) else CHANGE,
    )


def _is_enlargement(after: Reading, delta: Figure) -> bool:
    """A larger gap between the tumor and something else is no larger tumor."""
    return after.measurement.is_size and delta.value is not None and delta.value > 0


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
    if days < MIN_DAYS_FOR_A_RATE:
        return Figure(None, unit, _too_soon(days))
    return Figure(formulas.per_year(delta.value, days), unit)


def _too_soon(days: int) -> str:
    """Say why the time is too short: over a few days an error of measuring would be taken for a rate."""
    if days == 0:
        return "not defined, because both examinations are of the same day"
    apart = "1 day lies" if days == 1 else f"{days} days lie"
    return f"no rate is given, because only {apart} between the examinations; from {MIN_DAYS_FOR_A_RATE} days on it is"


def _specific_growth_rate(before: Reading, after: Reading, days: int, delta: Figure) -> Figure:
    unit = "per day"
    if not _is_volume(after.measurement):
        return Figure(None, unit, _NOT_A_VOLUME)
    if delta.value is None:
        return Figure(None, unit, delta.reason)
    for reading in (before, after):
        if _value(reading) == 0:
            return Figure(None, unit, f"not defined, because it was 0 in examination {reading.number + 1}")
    if days < MIN_DAYS_FOR_A_RATE:
        return Figure(None, unit, _too_soon(days))
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
    """Compare with the larger limit of the two values: of one kind, that is the limit of the smaller value."""
    if percent.value is None:
        return LimitCheck(None, None, "%", percent.reason)
    limits = [_beyond(each.measurement) for each in (before, after)]
    if None in limits:
        unknown = before if limits[0] is None else after
        return LimitCheck(None, None, "%", _why_not_known(unknown.measurement))
    return _limit_check(percent, max(each for each in limits if each is not None), "%", asked=True)


def _beyond(measurement: Measurement) -> float | None:
    return None if measurement.uncertainty is None else measurement.uncertainty.beyond


def _why_not_known(measurement: Measurement) -> str:
    uncertainty = measurement.uncertainty
    if uncertainty is not None and uncertainty.value is None:
        return uncertainty.source
    return "no limit is known for a difference of this measure"


def _limit_check(change: Figure, limit: float, unit: str, *, asked: bool) -> LimitCheck:
    if not asked:
        return LimitCheck(None, limit, unit, f"the limit in {unit} is not for this measure")
    if change.value is None:
        return LimitCheck(None, limit, unit, change.reason)
    if abs(change.value) < limit - _TOLERANCE:
        return LimitCheck(Direction.WITHIN, limit, unit)
    return LimitCheck(Direction.INCREASE if change.value > 0 else Direction.DECREASE, limit, unit)


def _published_check(percent: Figure, published: PublishedLimits, reference: Reference) -> LimitCheck:
    """Ask for the limit on the side to which the measure changed."""
    rises = percent.value is None or percent.value >= 0
    limit = published.increase_percent if rises else published.decrease_percent
    if reference not in published.against:
        return LimitCheck(None, limit, "%", f"{published.name} compares with {' and '.join(published.against)}")
    return _limit_check(percent, limit, "%", asked=True)


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

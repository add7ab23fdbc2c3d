"""The narrowest plus and minus that holds: from errors of measures against the truth to rows of a model's card."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.models import MeasuredLimit

SHARE = 0.9
"""Of new scans of the same kind that a limit is to hold on, at least."""
SIZES_CM3 = (0.0, 0.5, 2.0)
"""Lower ends of the size classes, of the whole tumor's volume as it was found; the last class has no upper end."""
_ABSENT = (reasons.NO_EXTRAMEATAL, reasons.NO_INTRAMEATAL)
"""Reasons that say that there is nothing there: a value for it is wrong by any width."""


class Compared(NamedTuple):
    """One measure of one scan."""

    value: float
    """As found; above 0."""
    truth: float | None
    """None where what was found is not there."""


class Sample(NamedTuple):
    """All measures of one scan on which a tumor was found."""

    whole_cm3: float
    """As found."""
    measures: Mapping[str, Compared]
    units: Mapping[str, str]


def sample_of(found: Sequence[Measurement], truth: Sequence[Measurement], whole_volume: str) -> Sample | None:
    """Compare the measures of a mask with those of the true one; None if the mask holds no tumor.

    A measure that has no value, or 0, has nothing printed beside it and is left out; so is one whose truth can't be
    measured for another reason than that there is nothing.

    Args:
        found: All measures of the mask.
        truth: The same of the true mask.
        whole_volume: Id of the volume of the whole tumor.
    """
    whole = next((m.value for m in found if m.id == whole_volume), None)
    if not whole:
        return None
    true = {m.id: m for m in truth}
    measures = {}
    for m in found:
        other = true[m.id]
        if m.value and (other.value is not None or other.reason in _ABSENT):
            measures[m.id] = Compared(m.value, other.value)
    return Sample(whole, measures, {m.id: m.unit for m in found})


def needed_rank(n: int, share: float = SHARE) -> int:
    """Return how many of n errors a limit has to cover to hold on a new scan with this probability at least.

    Source: Lei et al., Distribution-free predictive inference for regression, JASA 2018;113:1094-1111, section 2: the
    ceil((n + 1) share)-th smallest error; more than n means that n is too few.
    """
    return math.ceil((n + 1) * share - 1e-9)


def limits_of(samples: Sequence[Sample], measures: Sequence[str]) -> tuple[MeasuredLimit, ...]:
    """Return the rows of a card: of each measure in each size class the narrowest limit that holds.

    A volume has one in %. A length has one in mm or in %, whichever is narrower over the scans of its class.

    Args:
        samples: Scans on which a tumor was found.
        measures: Ids, in the order of the rows.
    """
    rows = []
    for measure in measures:
        for low, high in zip(SIZES_CM3, (*SIZES_CM3[1:], None), strict=True):
            own = [s for s in samples if low <= s.whole_cm3 and (high is None or s.whole_cm3 < high)]
            pairs = [s.measures[measure] for s in own if measure in s.measures]
            if pairs:
                is_length = next(s.units[measure] for s in own) == "mm"
                rows.append(_row(measure, low, high, pairs, is_length=is_length))
    return tuple(rows)


def _row(measure: str, low: float, high: float | None, pairs: Sequence[Compared], *, is_length: bool) -> MeasuredLimit:
    rank = needed_rank(len(pairs))
    percent = _narrowest([_error(each) / each.value * 100 for each in pairs], rank)
    unit, half = "%", percent
    if is_length:
        mm = _narrowest([_error(each) for each in pairs], rank)
        mean_mm = sum(each.value for each in pairs) / len(pairs)
        if mm is not None and (percent is None or mm <= percent / 100 * mean_mm):
            unit, half = "mm", mm
    half = None if half is None else _rounded_up(half, unit)
    return MeasuredLimit(
        measure=measure, from_cm3=low, to_cm3=high, half_width=half, unit=unit,
        coverage=None if half is None else round(_coverage(pairs, half, unit), 3), n=len(pairs),
    )  # fmt: skip


def _error(pair: Compared) -> float:
    return math.inf if pair.truth is None else abs(pair.truth - pair.value)


def _narrowest(errors: Sequence[float], rank: int) -> float | None:
    """Return the rank-th smallest error; None if there are fewer, or it is infinite."""
    ordered = sorted(errors)
    found = ordered[rank - 1] if rank <= len(ordered) else math.inf
    return found if math.isfinite(found) else None


def _rounded_up(half: float, unit: str) -> float:
    """Round up to what is printed, whole % or tenths of a mm: the printed limit is the one that covers."""
    steps = 10 if unit == "mm" else 1
    return math.ceil(half * steps - 1e-9) / steps


def _coverage(pairs: Sequence[Compared], half: float, unit: str) -> float:
    inside = [_error(each) <= (half if unit == "mm" else half / 100 * each.value) + 1e-9 for each in pairs]
    return sum(inside) / len(inside)

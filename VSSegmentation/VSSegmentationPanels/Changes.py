"""How a measurement differs from the examination before, in a few letters."""

from typing import NamedTuple

from VSSegmentationLib.measurement.growth import Growth, Reference
from VSSegmentationLib.reporting.growth.words import signed


class Told(NamedTuple):
    """A change as a column shows it, and what it may be called."""

    text: str
    wording: str
    days: int
    """Since the examination before."""


def changeSinceEarlier(growth: Growth | None, measurementId: str) -> Told | None:
    """Return the change of a measurement since the examination before: `+0.123 (+10.5 %)`, in its own unit.

    None where there is no earlier examination, or it was not measured in both.
    """
    series = None if growth is None else next((each for each in growth.series if each.id == measurementId), None)
    if series is None:
        return None
    change = series.change(Reference.PREVIOUS, len(series.measurements) - 1)
    if change.delta.value is None:
        return None
    text = signed(change.delta.value, change.delta.unit)
    if change.percent.value is not None:
        text = f"{text} ({signed(change.percent.value, '%')} %)"
    text = text.replace("-", "\N{MINUS SIGN}")
    return Told(text, change.wording, change.days)

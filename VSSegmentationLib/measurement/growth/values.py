"""The values that a comparison is made of: numbers or reasons, limits, and the change of one measure."""

import math
from dataclasses import dataclass
from enum import StrEnum

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.short_repr import short_repr


class Reference(StrEnum):
    """What an examination is compared with."""

    BASELINE = "baseline"
    PREVIOUS = "previous"
    NADIR = "nadir"
    """The earlier examination with the lowest value of this measure; of equal ones the earliest."""


class Direction(StrEnum):
    """How a change stands to a limit."""

    INCREASE = "increase"
    """Up by the limit or more."""
    DECREASE = "decrease"
    """Down by the limit or more."""
    WITHIN = "within"
    """Less than the limit, up or down."""


@dataclass(frozen=True)
class Figure:
    """A number with its unit, or the reason why there is none."""

    value: float | None
    unit: str
    reason: str | None = None
    """Set exactly when `value` is None."""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.reason is not None):
            msg = f"a figure needs either a value or a reason, got {self.value} and {self.reason!r}"
            raise ValueError(msg)


@dataclass(frozen=True)
class LimitCheck:
    """Whether a change reaches a limit, or the reason why that is not asked or not known."""

    direction: Direction | None
    limit: float | None
    """In `unit`; None where no limit is known."""
    unit: str
    reason: str | None = None
    """Set exactly when `direction` is None."""


@dataclass(frozen=True, kw_only=True)
class GrowthLimits:
    """From which change on something is flagged; the two are flagged apart and never merged.

    Source: 2 mm and 20 % are the thresholds of Lees et al. 2018; others are in use (see docs/user_guide/growth.md).
    """

    mm: float = 2.0
    percent: float = 20.0
    """Of the volume."""

    def __post_init__(self) -> None:
        if not (0 < self.mm < math.inf and 0 < self.percent < math.inf):
            msg = f"limits must be > 0 and finite, got {self.mm} mm and {self.percent} %"
            raise ConfigError(msg)


@dataclass(frozen=True, kw_only=True)
class PublishedLimits:
    """Changes of one measure that a published rule names; told as what was measured, never as a response."""

    decrease_percent: float
    increase_percent: float
    against: tuple[Reference, ...]
    """What the rule compares with."""
    name: str
    """Whose rule it is, in a word or two: `RANO 2010`."""
    source: str
    """A sentence: the paper, and what the rule asks beside these limits."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change of one measure from an earlier examination to a later one."""

    reference: Reference
    from_index: int
    to_index: int
    days: int
    delta: Figure
    """In the unit of the measure."""
    percent: Figure
    """Of the earlier value."""
    per_year: Figure
    """`delta` per year of 365.25 days."""
    percent_per_year: Figure
    """At a constant specific growth rate; of volumes only, as are the next two."""
    sgr_per_day: Figure
    doubling_time_days: Figure
    """Only when the volume rose beyond the uncertainty."""
    beyond_uncertainty: LimitCheck
    mm_limit: LimitCheck
    """Of lengths only."""
    percent_limit: LimitCheck
    """Of volumes, and of measures with published limits of their own."""
    wording: str
    """What this change may be called, in plain words."""

    __repr__ = short_repr

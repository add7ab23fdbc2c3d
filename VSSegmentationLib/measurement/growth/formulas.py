"""How fast something changed: the formulas, each with what it needs to be defined."""

import math
from dataclasses import dataclass

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, kw_only=True)
class LimitsAtSize:
    """What a limit in mm and a limit in % of the volume mean for one size, if a ball grows evenly.

    The two are far apart for small tumors, so that neither may stand for the other.
    """

    diameter_mm: float
    percent_of_mm_limit: float
    """Increase of the volume, in %, when the diameter grows by the limit in mm."""
    mm_of_percent_limit: float
    """Increase of the diameter, in mm, when the volume grows by the limit in %."""


def percent_change(before: float, after: float) -> float:
    """Return the change in % of the earlier value; `before` must be > 0."""
    return 100 * (after - before) / before


def per_year(difference: float, days: int) -> float:
    """Return a difference per year of 365.25 days; `days` must be > 0."""
    return DAYS_PER_YEAR * difference / days


def specific_growth_rate_per_day(before: float, after: float, days: int) -> float:
    """Return ln(after / before) / days; all three must be > 0.

    Source: Mehrara et al., "Specific growth rate versus doubling time for quantitative characterization of tumor
    growth rate", Cancer Research 2007;67(8):3970-3975.
    """
    return math.log(after / before) / days


def percent_per_year(rate_per_day: float) -> float:
    """Return the change in % over one year at a constant specific growth rate."""
    return 100 * math.expm1(DAYS_PER_YEAR * rate_per_day)


def doubling_time_days(rate_per_day: float) -> float:
    """Return the days in which a volume doubles at a constant specific growth rate, which must be > 0."""
    return math.log(2) / rate_per_day


def limits_at_size(diameter_mm: float, *, limit_mm: float, limit_percent: float) -> LimitsAtSize:
    """Return what both limits mean for a ball of this diameter, which must be > 0."""
    return LimitsAtSize(
        diameter_mm=diameter_mm,
        percent_of_mm_limit=100 * ((1 + limit_mm / diameter_mm) ** 3 - 1),
        mm_of_percent_limit=diameter_mm * ((1 + limit_percent / 100) ** (1 / 3) - 1),
    )

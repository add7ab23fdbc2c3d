"""Numbers as parsed JSON or TOML holds them: whole ones have any size there, and may be more than a double holds."""

import math


def finite_or_none(value: object) -> float | None:
    """Return a number with a fraction; None for what is no number, NaN, infinite or too large, True and False."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None

"""One measured number with everything a reader needs to check it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.short_repr import short_repr

NOT_RELIABLE, NO_LIMIT = "not reliable", "no limit"
WITHOUT_VALUE = (NOT_RELIABLE, NO_LIMIT)
"""Kinds of uncertainty that have no half-width."""

_SHOWN_DECIMALS = {"mm": 1, "mm2": 0, "cm3": 3, "%": 0}


def shown_number(value: float, unit: str, *, signed: bool = False) -> str:
    """Return a number with the decimals that its unit deserves: mm with 1, cm3 with 3."""
    return f"{value:{'+' if signed else ''}.{_SHOWN_DECIMALS.get(unit, 2)}f}"


@dataclass(frozen=True, kw_only=True)
class Uncertainty:
    """How far a value may be off, and whose figure that is; or why no such figure is printed."""

    value: float | None
    """Half-width: the value is printed with plus and minus this; None where none is known that holds."""
    unit: str
    """`%` of the value, or `mm`."""
    kind: str
    """`measured` (for the version of the model that segmented), `LOAM` (one observer against the mean of several),
    `SDD` (smallest detectable difference of two measurements) or `digitization`; without a value `not reliable` (the
    figure is as large as what it stands beside) or `no limit`."""
    source: str
    """Where the figure is from and what it leaves out, in words for a reader; without a value why there is none."""
    beyond: float | None
    """Change in % from which two values differ by more than their uncertainty; None where no such limit is known."""

    def __post_init__(self) -> None:
        if self.value is None and (self.kind not in WITHOUT_VALUE or self.beyond is not None):
            msg = f"an uncertainty without a value is of the kinds {', '.join(WITHOUT_VALUE)}, got {self.kind!r}"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A value, or the reason why there is none; never NaN."""

    id: str
    """Carries its region: `vol_em`, `whole_max_axial`."""
    region: str
    """`whole`, `extrameatal`, `intrameatal`, or an organ such as `cochlea`."""
    name: str
    """What a person reads, in a few words."""
    value: float | None
    """At full precision; rounding belongs to whoever shows it."""
    unit: str
    """`mm`, `mm2` or `cm3`."""
    method: str
    """How the value came about, in plain words."""
    reason: str | None = None
    """Why it is not measurable; set exactly when `value` is None."""
    end_points_ras_mm: tuple[Triplet, Triplet] | None = None
    slice_axis: int | None = None
    """Axis of the labelmap's array that counts the slices; None when the measure lies in no slice of it."""
    slice_index: int | None = None
    extra: Mapping[str, float] = field(default_factory=dict)
    """Companions of the value, each name with its unit: other estimators, counts."""
    uncertainty: Uncertainty | None = None
    """None where there is no value, or no figure for it."""
    is_size: bool = True
    """Whether it grows with the tumor, so that a change of it can be one of the tumor's size."""

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if (self.value is None) != (self.reason is not None):
            msg = f"{self.id} needs either a value or a reason, got {self.value} and {self.reason!r}"
            raise ValueError(msg)
        if self.value is not None and not math.isfinite(self.value):
            msg = f"{self.id} must be finite, got {self.value}; give a reason where there is no value"
            raise ValueError(msg)

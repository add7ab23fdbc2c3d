"""One measured number with everything a reader needs to check it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from VSSegmentationLib.geometry import Triplet


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A value, or the reason why there is none; never NaN."""

    id: str
    """Carries its region: `vol_em`, `whole_max_axial`."""
    region: str
    """`whole`, `extrameatal` or `intrameatal`."""
    name: str
    """What a person reads, in a few words."""
    value: float | None
    """At full precision; rounding belongs to whoever shows it."""
    unit: str
    """`mm` or `cm3`."""
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

    def __post_init__(self) -> None:
        if (self.value is None) != (self.reason is not None):
            msg = f"{self.id} needs either a value or a reason, got {self.value} and {self.reason!r}"
            raise ValueError(msg)

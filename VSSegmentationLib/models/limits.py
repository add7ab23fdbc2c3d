"""By how much a model's numbers were measured to be off: a section of its card, by measure and size of the tumor."""

from dataclasses import dataclass

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.short_repr import short_repr


@dataclass(frozen=True, kw_only=True)
class MeasuredLimit:
    """Of one measure, for tumors of one size."""

    measure: str
    """Id of a measurement."""
    from_cm3: float
    """Volume of the whole tumor as the model finds it, from which the row holds."""
    to_cm3: float | None
    """Below which it holds; None without an end."""
    half_width: float | None
    """The truth lies within plus and minus this; None where the scans were too few to say, or none was near enough."""
    unit: str
    """`%` of the value that the model gives, or `mm`."""
    coverage: float | None
    """Share of the scans whose truth lay within; None without a half-width."""
    n: int
    """Scans on which the measure was taken and the truth is known."""

    def __post_init__(self) -> None:
        if self.unit not in ("%", "mm"):
            msg = f"the limit of {self.measure} is in % or mm, got {self.unit!r}"
            raise ModelError(msg)
        if (self.half_width is None) != (self.coverage is None):
            msg = (
                f"the limit of {self.measure} needs a half-width and a coverage, or neither; got {self.half_width} and "
                f"{self.coverage}"
            )
            raise ModelError(msg)
        if self.half_width is not None and self.half_width < 0:
            msg = f"the limit of {self.measure} must be 0 or more, got {self.half_width}"
            raise ModelError(msg)

    def holds_for(self, whole_cm3: float) -> bool:
        """Return whether a whole tumor of this volume is of the row's size."""
        return self.from_cm3 <= whole_cm3 and (self.to_cm3 is None or whole_cm3 < self.to_cm3)


@dataclass(frozen=True, kw_only=True)
class CheckedLimit:
    """One value of a real scan beside what its reference gives; nothing was chosen by it."""

    data: str
    """Which scan, by a name that others can find."""
    measure: str
    value: float
    reference: float
    half_width: float | None
    """As printed beside the value; None where none is."""
    unit: str
    inside: bool | None
    """None where no half-width is printed."""


@dataclass(frozen=True, kw_only=True)
class MeasuredLimits:
    """All of a model version, with the divider it ships with."""

    data: str
    """Which scans, in words."""
    definitions: str
    """Version of the definitions that the measures were taken by."""
    divider_sha256: str | None
    """Of the model that divided; limits of the parts hold with it only."""
    scans: int
    """With a tumor."""
    missed: int
    """Of these, on how many no tumor was found: there no value is printed."""
    rows: tuple[MeasuredLimit, ...]
    checked: tuple[CheckedLimit, ...] = ()

    __repr__ = short_repr

    def row(self, measure: str, whole_cm3: float) -> MeasuredLimit | None:
        """Return the row of a measure for a whole tumor of this volume; None where there is none."""
        return next((each for each in self.rows if each.measure == measure and each.holds_for(whole_cm3)), None)

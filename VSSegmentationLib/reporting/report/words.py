"""Values as a reader sees them."""

from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.measurement import Headline, Measurement, Uncertainty
from VSSegmentationLib.measurement.value import NO_LIMIT, NOT_RELIABLE, shown_number
from VSSegmentationLib.reporting.report.report import MeasurementRecord

SIDE_NOT_DETERMINED = "side not determined"
"""Stands where a side would, so that nobody takes its absence for an oversight."""
UNCERTAIN = ", which is uncertain: "
"""In findings, before the reason why a tumor is uncertain, which ends the sentence."""
_UNITS = {"mm2": "mm²", "cm3": "cm³", "mm3": "mm³"}


def display_value(measurement: Measurement | MeasurementRecord) -> str:
    """Return the value as a reader sees it: mm with 1 decimal, cm3 with 3, or that there is none."""
    if measurement.value is None:
        return "not measurable"
    return number_with_unit(measurement.value, measurement.unit)


def display_unit(unit: str) -> str:
    """Return a unit as a reader sees it."""
    return _UNITS.get(unit, unit)


def number_with_unit(value: float, unit: str, *, signed: bool = False) -> str:
    """Return a number with the decimals that its unit deserves."""
    return f"{shown_number(value, unit, signed=signed)} {display_unit(unit)}"


LIMIT_KINDS = {
    "measured": "measured for this model",
    "SDD": "SDD: smallest difference that human readers detect between two examinations",
    "LOAM": "LOAM: one human reader against the mean of several",
    "digitization": "one voxel",
}
"""What kinds of limits mean, in the line where they stand."""
_WITHOUT = {NOT_RELIABLE: "not reliable", NO_LIMIT: "no limit known"}


def display_uncertainty(uncertainty: Uncertainty | None) -> str:
    """Return `± 20 % (` what it is `)`, or that no limit is known; empty where none belongs."""
    if uncertainty is None:
        return ""
    if uncertainty.value is None:
        return _WITHOUT[uncertainty.kind]
    decimals = 0 if uncertainty.unit == "%" else 1
    kind = LIMIT_KINDS.get(uncertainty.kind, uncertainty.kind)
    return f"± {uncertainty.value:.{decimals}f} {uncertainty.unit} ({kind})"


def short_uncertainty(uncertainty: Uncertainty | None) -> str:
    """Return the same without what the kind means, for a narrow place: `± 20 % (SDD)`."""
    told = display_uncertainty(uncertainty)
    return f"{told.partition(':')[0]})" if ":" in told else told


def display_policy(headline: Headline) -> str:
    """Return policy, version and reason in one sentence."""
    reason = headline.reason[:1].upper() + headline.reason[1:]
    return f"{reason} (policy “{headline.policy}”, version {headline.policy_version})."


def shown(value: object) -> str:
    """Return any plain value as a reader sees it."""
    plain = to_plain(value)
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if plain is None:
        return "not given"
    if isinstance(plain, float):
        return f"{plain:.4g}"
    if isinstance(plain, list):
        return ", ".join(shown(item) for item in plain)
    if isinstance(plain, dict):
        return "; ".join(f"{spaced(key)} {shown(item)}" for key, item in plain.items())
    return str(plain)


def spaced(name: str) -> str:
    """Return a name of the program with spaces between its words."""
    return name.replace("_", " ")

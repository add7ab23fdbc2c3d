"""Examinations with known numbers, for what is made of them."""

from Testing.support.phantoms import box, labeled
from VSSegmentationLib.measurement import Headline, Measurement, Uncertainty
from VSSegmentationLib.measurement.growth import AcquisitionFacts, Examination, Growth, Reference, compare
from VSSegmentationLib.reporting.growth.content import GrowthContent, ShownExamination

NAMES = {
    "vol_total": ("whole", "Volume, whole tumor"),
    "vol_em": ("extrameatal", "Volume, extrameatal"),
    "vol_im": ("intrameatal", "Volume, intrameatal"),
    "whole_max_axial": ("whole", "Largest axial diameter, whole tumor"),
    "fundus_gap": ("intrameatal", "Gap to the fundus"),
}


def band(cm3: float) -> Uncertainty:
    """The bands of the reference: value, kind, and from which change on two volumes differ."""
    if cm3 < 0.2:
        value, kind, beyond = 27.0, "LOAM", 38.0
    elif cm3 <= 3.1:
        value, kind, beyond = 20.0, "SDD", 20.0
    else:
        value, kind, beyond = 8.0, "LOAM", 11.0
    return Uncertainty(value=value, unit="%", kind=kind, source="as given", beyond=beyond)


def measurement(measurement_id: str, value: float | None, reason: str | None = None) -> Measurement:
    region, name = NAMES[measurement_id]
    volume = measurement_id.startswith("vol")
    return Measurement(
        id=measurement_id,
        region=region,
        name=name,
        value=value,
        unit="cm3" if volume else "mm",
        method="as given",
        is_size=measurement_id != "fundus_gap",
        reason=None if value is not None else reason or "it is not there",
        uncertainty=band(value) if volume and value is not None else None,
    )


def facts(**changed) -> AcquisitionFacts:
    usual = {
        "spacing_dhw_mm": (1.5, 0.5, 0.5), "slice_normal_ras": (0.0, 0.0, 1.0), "sequence": "T2",
        "slice_thickness_mm": 1.5, "side": "left", "segmented_by": "model 1",
    }  # fmt: skip
    return AcquisitionFacts(**{**usual, **changed})


def headline(value_mm: float | None, **changed) -> Headline:
    usual = {
        "measurement_id": "whole_max_axial", "value_mm": value_mm, "policy": "KCL 2023", "policy_version": "1",
        "reason": "as given", "note": "",
    }  # fmt: skip
    return Headline(**{**usual, **changed})


def examination(
    days: int,
    cm3: float | None = 1.0,
    mm: float | None = 12.0,
    *,
    em_cm3: float | None = 0.5,
    gap_mm: float | None = None,
    headline_change: dict | None = None,
    date=None,
    reviewed: bool = False,
    **changed,
) -> Examination:
    im_cm3 = None if cm3 is None or em_cm3 is None else max(0.0, cm3 - em_cm3)
    return Examination(
        days=days,
        date=date,
        measurements=(
            measurement("vol_total", cm3),
            measurement("vol_em", em_cm3, "the tumor is not divided"),
            measurement("vol_im", im_cm3, "the tumor is not divided"),
            measurement("whole_max_axial", mm),
            measurement("fundus_gap", gap_mm, "no cochlea is marked"),
        ),
        headline=headline(mm, **(headline_change or {})),
        facts=facts(**changed),
        reviewed=reviewed,
    )


def volume_change(before_cm3: float, after_cm3: float, days: int = 365, **options):
    """The change of the whole volume between two examinations."""
    growth = compare([examination(0, before_cm3), examination(days, after_cm3)], **options)
    return growth.of("vol_total").change(Reference.BASELINE, 1)


def diameter_change(before_mm: float | None, after_mm: float | None, days: int = 365, **options):
    """The change of the largest axial diameter between two examinations."""
    growth = compare([examination(0, mm=before_mm), examination(days, mm=after_mm)], **options)
    return growth.of("whole_max_axial").change(Reference.BASELINE, 1)


def warned(growth: Growth) -> dict[str, str]:
    return {warning.code: warning.text for warning in growth.warnings}


def content_of_two() -> GrowthContent:
    """Two examinations with a small mask, as comparisons are written from."""
    shown = ShownExamination(labelmap=labeled(box((3, 4, 5)), (1.5, 0.5, 0.5)))
    return GrowthContent(growth=compare((examination(0, 1.0, 12.0), examination(365, 1.3, 13.0))), shown=(shown, shown))

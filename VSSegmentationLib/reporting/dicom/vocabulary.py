"""Which codes stand for what is segmented and measured, and the private ones where the public schemes have none.

Source: DICOM PS3.16 (context groups 7150, 7151, 7469, 7470, 7472, 7474) for SCT, DCM and IBSI; UCUM for units.
"""

from VSSegmentationLib.label_set import Code
from VSSegmentationLib.measurement import codes
from VSSegmentationLib.measurement.definitions import Definition
from VSSegmentationLib.reporting.report.report import MeasurementRecord
from VSSegmentationLib.tasks import Task

PRIVATE_SCHEME = "99VSSEG"
PRIVATE_SCHEME_NAME = "VS-Segmentation private codes"
_MAX_VALUE, _MAX_MEANING = 16, 64
"""Letters that a code value (SH) and a code meaning (LO) may have."""

_MEANINGS = {"49755003": "Morphologically Abnormal Structure"}
"""Of codes that DICOM words otherwise than Slicer's terminology does."""
SIDES: dict[str, Code] = {
    "left": Code("7771000", "SCT", "Left"),
    "right": Code("24028007", "SCT", "Right"),
}
UNITS: dict[str, Code] = {
    "mm": Code("mm", "UCUM", "millimeter"),
    "mm2": Code("mm2", "UCUM", "square millimeter"),
    "cm3": Code("cm3", "UCUM", "cubic centimeter"),
}
MRI = Code("25056-3", "LN", "MRI unspecified body region")


def as_dicom_words(code: Code) -> Code:
    """Return a code of a label with the meaning that DICOM gives it."""
    return code._replace(meaning=_MEANINGS.get(code.value, code.meaning)) if code.scheme == "SCT" else code


def private(value: str, meaning: str) -> Code:
    """Return a code of this project's own scheme; a meaning that is too long ends in dots."""
    plain = "".join(c for c in meaning if c.isprintable() and c != "\\").strip()
    return Code(value, PRIVATE_SCHEME, plain if len(plain) <= _MAX_MEANING else f"{plain[: _MAX_MEANING - 3]}...")


def value_of(scale: str, grade: str) -> str:
    """Return the code value of a grade on a scale: letters, digits and signs that say the same within 16."""
    words = f"{scale}-{grade}".replace("or higher", "+").upper()
    return "".join(c for c in words if c.isascii() and (c.isalnum() or c in "-+"))[:_MAX_VALUE]


def concept_of(measurement: MeasurementRecord, task: Task) -> Code:
    """Return what was measured: a public concept where there is one, otherwise the id in the private scheme."""
    definition = _definition(measurement, task)
    if definition is not None and definition.concept is not None:
        return definition.concept
    return codes.VOLUME if measurement.unit == "cm3" else private(measurement.id, measurement.name)


def method_of(measurement: MeasurementRecord, task: Task) -> Code:
    """Return how it was measured; for lengths the private code of the id, since public concepts leave that open."""
    definition = _definition(measurement, task)
    if definition is not None and definition.method_code is not None:
        return definition.method_code
    return private(measurement.id, measurement.name)


def _definition(measurement: MeasurementRecord, task: Task) -> Definition | None:
    return task.definitions.get(measurement.id)


def unit_of(measurement: MeasurementRecord) -> Code:
    """Return the unit."""
    return UNITS.get(measurement.unit) or Code(measurement.unit, "UCUM", measurement.unit)

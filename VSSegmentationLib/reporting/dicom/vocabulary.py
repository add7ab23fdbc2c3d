"""Which codes stand for what is segmented and measured, and the private ones where the public schemes have none.

Source: DICOM PS3.16 (context groups 7150, 7151, 7469, 7470, 7472, 7474) for SCT, DCM and IBSI; UCUM for units.
"""

from typing import NamedTuple

from VSSegmentationLib.labels import Label
from VSSegmentationLib.reporting.report.report import MeasurementRecord

PRIVATE_SCHEME = "99VSSEG"
PRIVATE_SCHEME_NAME = "VS-Segmentation private codes"
_MAX_VALUE, _MAX_MEANING = 16, 64
"""Letters that a code value (SH) and a code meaning (LO) may have."""


class CodeOf(NamedTuple):
    """A code in the order in which DICOM libraries take it."""

    value: str
    scheme: str
    meaning: str


ABNORMAL = CodeOf("49755003", "SCT", "Morphologically Abnormal Structure")
ANATOMICAL = CodeOf("91723000", "SCT", "Anatomical Structure")
NEOPLASM = CodeOf("108369006", "SCT", "Neoplasm")
"""The tumor's morphology: a code for schwannoma is in neither list, and SCT 86049000 means a malignant tumor."""
INTERNAL_AUDITORY_CANAL = CodeOf("361078006", "SCT", "Internal Auditory Canal")
INNER_EAR = CodeOf("22945000", "SCT", "Inner ear")
SIDES: dict[str, CodeOf] = {
    "left": CodeOf("7771000", "SCT", "Left"),
    "right": CodeOf("24028007", "SCT", "Right"),
}
LABEL_MODIFIERS: dict[Label, CodeOf] = {
    Label.EXTRAMEATAL: CodeOf("VS-EXTRA", PRIVATE_SCHEME, "Extrameatal part"),
    Label.INTRAMEATAL: CodeOf("VS-INTRA", PRIVATE_SCHEME, "Intrameatal part"),
    Label.COCHLEA: CodeOf("VS-COCHLEA", PRIVATE_SCHEME, "Cochlea"),
}
REGION_MODIFIERS: dict[str, CodeOf] = {
    "extrameatal": LABEL_MODIFIERS[Label.EXTRAMEATAL],
    "intrameatal": LABEL_MODIFIERS[Label.INTRAMEATAL],
}
UNITS: dict[str, CodeOf] = {
    "mm": CodeOf("mm", "UCUM", "millimeter"),
    "cm3": CodeOf("cm3", "UCUM", "cubic centimeter"),
}
MRI = CodeOf("25056-3", "LN", "MRI unspecified body region")
BY_VOXELS = CodeOf("126030", "DCM", "Sum of segmented voxel method for volume")

_VOLUME = CodeOf("118565006", "SCT", "Volume")
_DIAMETER = CodeOf("81827009", "SCT", "Diameter")
_LONG_AXIS = CodeOf("103339001", "SCT", "Long axis")
_MAX_3D = CodeOf("L0JK", "IBSI", "Maximum 3D Diameter of a Mesh")
_LENGTH = CodeOf("410668003", "SCT", "Length")
_CONCEPTS: dict[str, CodeOf] = {
    "vol_total": _VOLUME,
    "vol_em": _VOLUME,
    "vol_im": _VOLUME,
    "vol_soft": _VOLUME,
    "vol_ellipsoid": CodeOf("121221", "DCM", "Volume of ellipsoid"),
    "whole_max_axial": _DIAMETER,
    "em_max_axial": _DIAMETER,
    "em_ap": _DIAMETER,
    "em_ml": _DIAMETER,
    "iac_max_axial": _LENGTH,
    "im_length": _LENGTH,
    "fundus_gap": _LENGTH,
    "whole_height": _LENGTH,
    "para_EM": _LENGTH,
    "para_IM": _LENGTH,
    "perp_EM": CodeOf("131189007", "SCT", "Perpendicular Axis"),
    "whole_long": _LONG_AXIS,
    "whole_short": CodeOf("103340004", "SCT", "Short axis"),
    "whole_max_3d": _MAX_3D,
    "em_max_3d": _MAX_3D,
}
_METHODS: dict[str, CodeOf] = {
    "vol_total": BY_VOXELS,
    "vol_em": BY_VOXELS,
    "vol_im": BY_VOXELS,
    "vol_ellipsoid": CodeOf("126029", "DCM", "LWH method for volume of ellipsoid"),
}


def private(value: str, meaning: str) -> CodeOf:
    """Return a code of this project's own scheme; a meaning that is too long ends in dots."""
    plain = "".join(c for c in meaning if c.isprintable() and c != "\\").strip()
    return CodeOf(value, PRIVATE_SCHEME, plain if len(plain) <= _MAX_MEANING else f"{plain[: _MAX_MEANING - 3]}...")


def value_of(scale: str, grade: str) -> str:
    """Return the code value of a grade on a scale: letters, digits and signs that say the same within 16."""
    words = f"{scale}-{grade}".replace("or higher", "+").upper()
    return "".join(c for c in words if c.isascii() and (c.isalnum() or c in "-+"))[:_MAX_VALUE]


def concept_of(measurement: MeasurementRecord) -> CodeOf:
    """Return what was measured: a public concept where there is one, otherwise the id in the private scheme."""
    return _CONCEPTS.get(measurement.id) or private(measurement.id, measurement.name)


def method_of(measurement: MeasurementRecord) -> CodeOf:
    """Return how it was measured; for lengths the private code of the id, since public concepts leave that open."""
    return _METHODS.get(measurement.id) or private(measurement.id, measurement.name)


def unit_of(measurement: MeasurementRecord) -> CodeOf:
    """Return the unit."""
    return UNITS.get(measurement.unit) or CodeOf(measurement.unit, "UCUM", measurement.unit)

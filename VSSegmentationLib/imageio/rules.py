"""What a scan has to show, which depends on where the tumor is looked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from VSSegmentationLib.errors import InputRefusedError


@dataclass(frozen=True, kw_only=True)
class ScanRules:
    """Which scans show too little of a place to be looked at, and which are only warned of."""

    place: str
    """Where the tumor is, in words: `a cerebellopontine angle`."""
    min_slices: int
    min_field_of_view_mm: float
    """The place does not fit into less, in any direction."""
    thick_slices_mm: float
    """Of thicker slices it is said what they can hide."""
    hidden_by_thick_slices: str
    both_sides_mm: float | None
    """A scan that is narrower from left to right may hold one side only; None where that means nothing."""
    with_skull: bool = True
    """Of a scan whose skull was taken off it is said that models expect the whole head."""


CEREBELLOPONTINE_ANGLE = ScanRules(
    place="a cerebellopontine angle",
    min_slices=8,
    min_field_of_view_mm=30.0,
    thick_slices_mm=3.0,
    hidden_by_thick_slices="small tumors and the meatal boundary",
    both_sides_mm=90.0,  # two inner ears with their canals lie 70 to 85 mm apart, outer border to outer border
)
"""The rules of scans whose kind of tumor is not said."""

_OF_IMAGE_TYPE = {
    "M": "magnitude", "MAGNITUDE": "magnitude", "P": "phase", "PHASE": "phase", "PHASE MAP": "phase", "R": "real part",
    "REAL": "real part", "I": "imaginary part", "IMAGINARY": "imaginary part",
}  # fmt: skip
MAGNITUDE = "magnitude"


def complex_part(image_type: Sequence[str], component: str = "") -> str:
    """Return what of the complex signal an image shows: `magnitude`, `phase`...; empty where nothing tells it.

    Args:
        image_type: The values of a DICOM image or frame type.
        component: The complex image component of an enhanced object.
    """
    words = (component, *image_type[2:])
    told = next((_OF_IMAGE_TYPE[word.upper()] for word in words if word.upper() in _OF_IMAGE_TYPE), "")
    return told or ("mixed" if component.upper() == "MIXED" else "")


def check_magnitude(part: str) -> None:
    """Refuse what does not show tissue.

    Raises:
        InputRefusedError: If it is neither magnitude nor untold.
    """
    if part not in ("", MAGNITUDE):
        msg = f"The series holds {part} images, and magnitude images are needed; use the magnitude series"
        raise InputRefusedError(msg)

"""What a scan is accepted with, but warned of: every output carries these sentences."""

from VSSegmentationLib import geometry
from VSSegmentationLib.volume import Volume

THICK_SLICES_MM = 3.0
TILTED_DEG = 30.0


def scan_warnings(volume: Volume, slice_thickness_mm: float) -> tuple[str, ...]:
    """Return a sentence for each thing about an accepted scan that makes its results less certain.

    Args:
        volume: float32 (D, H, W).
        slice_thickness_mm: As the header states it, else the largest spacing.
    """
    warnings = []
    thick = max(slice_thickness_mm, *volume.spacing_dhw_mm)
    if thick > THICK_SLICES_MM:
        warnings.append(
            f"The slices are {thick:.1f} mm thick or apart, more than {THICK_SLICES_MM:g} mm: small tumors and the "
            "meatal boundary can be missed."
        )
    tilt = geometry.tilt_from_axial_deg(volume.dhw_to_ras)
    if tilt > TILTED_DEG:
        warnings.append(
            f"The acquisition is tilted {tilt:.0f} degrees from the axial plane, more than {TILTED_DEG:g}: axial "
            "diameters are not comparable with those of an untilted scan."
        )
    return tuple(warnings)

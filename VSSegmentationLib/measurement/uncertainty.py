"""How far values of a mask that a person made or checked may be off: published limits for volumes, a voxel for lengths.

What a model's untouched answer may be off by is another matter: see `limits`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.measurement.value import NO_LIMIT, Uncertainty

_SCOPE = "published inter-observer limit (human readers, ceT1), not measured for this software"

_BANDS = (
    (0.2, 27.0, "LOAM", "Cornelissen 2024, volumes below 0.2 cm3"),
    (3.1, 20.0, "SDD", "van de Langenberg 2009 and MacKeith 2018, volumes from 0.2 to 3.1 cm3"),
    (math.inf, 8.0, "LOAM", "Cornelissen 2024, volumes above 3.1 cm3"),
)
"""Up to which volume in cm3; plus and minus how many %; kind; source."""

_TILT_DEG = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0)
_TILT_MM = (0.0, 0.52, 1.03, 1.48, 1.96, 2.85)
"""95th percentile of the change of the largest axial diameter of a 20 x 15 x 13 mm ellipsoid that is tilted."""


def no_limit(unit: str, why: str) -> Uncertainty:
    """Return that no limit is known, and why."""
    return Uncertainty(value=None, unit=unit, kind=NO_LIMIT, source=why, beyond=None)


def volume_uncertainty(volume_cm3: float) -> Uncertainty | None:
    """Return the published limit for a volume; None for a volume of zero, which has no percentage.

    A change counts as beyond it from the limit itself where that already is one of differences (SDD), and from the
    square root of 2 times the limit where it is one of single values (LOAM). 0.2 and 3.1 cm3 belong to the band between
    them.
    """
    if volume_cm3 <= 0:
        return None
    small, middle, large = _BANDS
    _, limit, kind, source = small if volume_cm3 < small[0] else middle if volume_cm3 <= middle[0] else large
    return Uncertainty(
        value=limit,
        unit="%",
        kind=kind,
        source=f"{source}; {_SCOPE}",
        beyond=limit if kind == "SDD" else math.sqrt(2) * limit,
    )


def digitization(direction_ras: NDArray[np.float64], dhw_to_ras: Affine, tilt_deg: float = 0.0) -> Uncertainty:
    """Return plus and minus one voxel along a line, with a note where slices are tilted from axial.

    Args:
        direction_ras: (3,) along the line, any length; for a zero one the largest voxel side is taken.
        dhw_to_ras: Grid on which the line was measured.
        tilt_deg: Of the slices, for a length that depends on how they lie; 0 for any other.
    """
    sides_mm = np.linalg.norm(dhw_to_ras[:, :3], axis=0)
    along = np.abs(np.linalg.solve(dhw_to_ras[:3, :3], direction_ras)) * sides_mm
    voxel_mm = float(along @ sides_mm / along.sum()) if along.sum() > 0 else float(sides_mm.max())
    source = "one voxel along the line"
    if round(tilt_deg) > 0:
        shift = float(np.interp(tilt_deg, _TILT_DEG, _TILT_MM))
        source += (
            f"; beside it, a tilt of {tilt_deg:.0f} degrees from axial can change the axial diameter of a 20 mm tumor "
            f"by {shift:.1f} mm"
        )
    return Uncertainty(value=voxel_mm, unit="mm", kind="digitization", source=source, beyond=None)

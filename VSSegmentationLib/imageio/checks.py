"""Is this a scan that the tumor could be seen in? Refused with a reason, or accepted."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.geometry import Affine, Shape, Triplet
from VSSegmentationLib.imageio.declared import check_spacing, checked_shape
from VSSegmentationLib.imageio.rules import ScanRules
from VSSegmentationLib.volume import Volume

MAX_SHEAR_DEG = 0.1
"""Over 200 mm this displaces by a third of a millimeter, less than a pixel."""


def check_scan(volume: Volume, rules: ScanRules) -> None:
    """Refuse what can't be a usable MR scan.

    Args:
        volume: float32 (D, H, W).
        rules: What it has to show.

    Raises:
        InputRefusedError: One sentence: what was wrong, what came, what would do.
    """
    checked_shape(volume.shape)
    check_spacing(volume.spacing_dhw_mm)
    check_extent(volume.shape, volume.spacing_dhw_mm, rules)
    _check_values(volume.array)
    if looks_like_ct(volume.array):
        low, high = float(volume.array.min()), float(volume.array.max())
        msg = (
            f"The image looks like a CT (air near -1000, values from {low:.0f} to {high:.0f}, as Hounsfield units "
            "have); an MR scan is needed"
        )
        raise InputRefusedError(msg)


def check_extent(shape: Shape, spacing_dhw_mm: Triplet, rules: ScanRules) -> None:
    """Refuse too few slices and a field of view too small for the place of the tumor.

    Raises:
        InputRefusedError: With the matrix or the field of view that came.
    """
    if min(shape) < rules.min_slices:
        came = " x ".join(str(n) for n in shape[::-1])
        msg = (
            f"The scan has only {min(shape)} slices (its matrix is {came}), and at least {rules.min_slices} are "
            "needed; use the full series"
        )
        raise InputRefusedError(msg)
    extent = [n * s for n, s in zip(shape, spacing_dhw_mm, strict=True)]
    if min(extent) < rules.min_field_of_view_mm:
        came = " x ".join(f"{e:.1f}" for e in reversed(extent))
        msg = (
            f"The field of view is {came} mm, and {rules.place} needs at least "
            f"{rules.min_field_of_view_mm:g} mm in every direction; use the uncropped scan"
        )
        raise InputRefusedError(msg)


def _check_values(array: NDArray[np.float32]) -> None:
    not_finite = array.size - sum(int(np.count_nonzero(np.isfinite(plane))) for plane in array)
    if not_finite:
        msg = f"The image must hold finite numbers, and {not_finite} voxels are NaN or infinite; export it again"
        raise InputRefusedError(msg)
    if array.min() == array.max():
        msg = f"The image is empty: every voxel has the value {float(array.flat[0]):g}; export it again"
        raise InputRefusedError(msg)
    values = _if_few(array)
    if values is not None:
        came = ", ".join(f"{value:g}" for value in values)
        msg = f"The image holds only the values {came}, as a labelmap does; use a scan, or measure it as a labelmap"
        raise InputRefusedError(msg)


_FEW_VALUES = 5
"""As many values as a labelmap of a tumor's parts and a neighbor has; a scan has hundreds."""


def _if_few(array: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return the values of an image that has as few as a labelmap; None of any other."""
    some = np.unique(array.ravel()[:: max(1, array.size // 10_000)])  # a scan is told by these
    if len(some) > _FEW_VALUES:
        return None
    every = np.unique(array)
    return every if len(every) <= _FEW_VALUES else None


def looks_like_ct(array: NDArray[np.float32]) -> bool:
    """Return whether the values are spread like Hounsfield units.

    Air at -1000 (or padding just below it), a valley, tissue between -200 and 300, dense bone above 1000. A signed MR
    image (phase or normalized) lacks one of the four: it reaches further down, not as far, or has no valley.
    """
    low, high = float(array.min()), float(array.max())
    if not (-4000 <= low <= -900 and high >= 1000):
        return False
    air = float(np.mean((array >= -1150) & (array <= -900)))
    valley = float(np.mean((array > -850) & (array < -300)))
    solid = array[array > -500]
    tissue = float(np.mean((solid >= -200) & (solid <= 300))) if solid.size else 0.0
    return air >= 0.005 and valley <= 5 * air and tissue >= 0.4


def check_right_angles(dhw_to_ras: Affine) -> None:
    """Refuse axes that are not at right angles to each other.

    Raises:
        InputRefusedError: With the angle, and the way to accept a resampling.
    """
    shear = geometry.shear_deg(dhw_to_ras)
    if shear > MAX_SHEAR_DEG:
        msg = (
            f"The axes of the image are sheared by {shear:.1f} degrees (at most {MAX_SHEAR_DEG:g} can be ignored), as "
            "after a gantry tilt or a registration; accept a resampling onto right angles, or use the original series"
        )
        raise InputRefusedError(msg)

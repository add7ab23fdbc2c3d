"""What a header declares is checked before a byte is allocated: sizes, compression, spacing."""

import math
from collections.abc import Sequence

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.geometry import Shape

MAX_SIDE = 1024
MAX_SPACING_MM = 10.0
MIN_SPACING_MM = 0.01
"""A tenth of the finest MR images of specimens: below it the header is damaged, or its unit is another one."""
_MB, _GB = 1024**2, 1024**3
MAX_DECLARED_BYTES = 4 * _GB
"""A 1024 x 1024 x 1024 volume of float32."""

_MAX_DEFLATE_RATIO = 1040
"""Deflate can't do better than 1032:1 (zlib's own documentation); a little room for headers and padding."""
_MAX_IMAGE_RATIO = 300
"""The noise of a real scan keeps it far below; only images of almost nothing but one value pass it."""
_SMALL_BYTES = 64 * _MB
"""Below this an implausible ratio harms nobody, and small test images are often nearly empty."""


def checked_shape(sizes: Sequence[int], *, what: str = "The image") -> Shape:
    """Return sizes along (D, H, W) if they are those of one three-dimensional volume of sane size.

    Args:
        sizes: Samples along each axis as the header tells, slowest first, axes of length 1 beyond the third removed.
        what: Begins the sentence of the refusal.

    Raises:
        InputRefusedError: If it is 2D or 4D, empty, or longer than 1024 along an axis.
    """
    came = " x ".join(str(n) for n in reversed(sizes))
    if len(sizes) > 3:
        msg = (
            f"{what} has {len(sizes)} dimensions ({came}), a series over time, echoes or directions; "
            "one three-dimensional volume is needed: export a single volume of it"
        )
        raise InputRefusedError(msg)
    if len(sizes) < 3 or min(sizes) < 2:
        msg = (
            f"{what} is not three-dimensional (its matrix is {came or 'empty'}); "
            "a stack of slices is needed: export the whole series"
        )
        raise InputRefusedError(msg)
    if max(sizes) > MAX_SIDE:
        msg = (
            f"{what} has a matrix of {came}, and at most {MAX_SIDE} per side is read; "
            "crop it to the head or resample it"
        )
        raise InputRefusedError(msg)
    d, h, w = sizes
    return d, h, w


def check_declared_bytes(declared: int, stored: int, *, compressed: bool, is_labelmap: bool = False) -> None:
    """Refuse what can't fit into the file, and what would unpack to far more than an image could.

    Args:
        declared: Bytes of voxels that the header promises.
        stored: Bytes of the file that may hold them.
        compressed: Whether the voxels are deflated.
        is_labelmap: Labelmaps are nearly empty and compress well: only the limits of deflate itself hold for them.

    Raises:
        InputRefusedError: If the file is too short, or a compression bomb.
    """
    if not compressed and declared > stored:
        msg = (
            f"The file is truncated: its header promises {declared} bytes of voxels and {max(stored, 0)} are there; "
            "copy or export it again"
        )
        raise InputRefusedError(msg)
    if declared > MAX_DECLARED_BYTES:
        msg = (
            f"The header declares {declared / _GB:.1f} GB of voxels, and at most "
            f"{MAX_DECLARED_BYTES / _GB:.0f} GB are read; crop the scan to the head"
        )
        raise InputRefusedError(msg)
    if not compressed:
        return
    ratio = declared / max(stored, 1)
    if ratio > _MAX_DEFLATE_RATIO and declared > 64 * 1024:
        msg = (
            f"The file is truncated or not what it says: {stored} compressed bytes can't hold the {declared} bytes "
            "that its header declares; copy or export it again"
        )
        raise InputRefusedError(msg)
    if ratio > _MAX_IMAGE_RATIO and declared > _SMALL_BYTES and not is_labelmap:
        msg = (
            f"The file would unpack to {declared / _MB:.0f} MB from {stored / _MB:.1f} MB, which no real scan "
            "does; export the scan again, or save it uncompressed if it is sound"
        )
        raise InputRefusedError(msg)


def check_spacing(spacing_dhw_mm: Sequence[float]) -> None:
    """Refuse a voxel spacing that is zero, negative, not a number, below 0.01 mm or over 10 mm.

    Raises:
        InputRefusedError: With the spacing that came.
    """
    came = " x ".join(f"{s:g}" for s in reversed(spacing_dhw_mm))
    if not all(math.isfinite(s) and s > 0 for s in spacing_dhw_mm):
        msg = (
            f"The voxel spacing must be above 0 mm along every axis, and the file states {came} mm; "
            "export it again from the original DICOM"
        )
        raise InputRefusedError(msg)
    if min(spacing_dhw_mm) < MIN_SPACING_MM:
        msg = (
            f"The voxel spacing is {came} mm, and nothing below {MIN_SPACING_MM:g} mm is an image of a patient: the "
            "header is damaged or in another unit; export the file again"
        )
        raise InputRefusedError(msg)
    if max(spacing_dhw_mm) > MAX_SPACING_MM:
        msg = (
            f"The voxel spacing is {came} mm, and above {MAX_SPACING_MM:g} mm a tumor in the canal can't be seen; "
            "use a series with thinner slices"
        )
        raise InputRefusedError(msg)

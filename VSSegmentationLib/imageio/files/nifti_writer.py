"""Writing NIfTI-1: the affine goes into the header as it is, so a labelmap lies exactly on the scan it was made from.

ITK's writer bends an affine that is a little off a right angle to the nearest one that is not.
"""

import struct
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from VSSegmentationLib import geometry
from VSSegmentationLib.frames import ijk_to_ras
from VSSegmentationLib.imageio.files.packing import gzipped, planes_of
from VSSegmentationLib.volume import Volume

_CODES = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768, "i8": 1024, "u8": 1280}
_SCANNER_SPACE = 1
_MILLIMETERS = 2
_HEADER_BYTES = 352
"""348 of the header, 4 that say whether an extension follows."""
_COMMENT = 6
"""Code of an extension that is plain text (nifti1.h: NIFTI_ECODE_COMMENT)."""
_EXTENSION_STEP = 16
_RIGHT_ANGLE_TOLERANCE_DEG = 1e-3


def write_nifti(path: Path, volume: Volume, comment: bytes = b"") -> None:
    """Write a volume as .nii or .nii.gz: the sform is the affine, the qform is given where axes are at right angles.

    Args:
        path: Ends in .nii or .nii.gz.
        volume: What is written.
        comment: Text that extends the header; none adds nothing.
    """
    array = volume.array.astype(volume.array.dtype.newbyteorder("<"), copy=False)
    extension = _extension(comment)
    start = _header(volume, array, len(extension)) + extension
    content = chain([start], planes_of(array))
    with path.open("wb") as file:
        for part in gzipped(content) if path.name.endswith(".gz") else content:
            file.write(part)


def _extension(comment: bytes) -> bytes:
    if not comment:
        return b""
    size = -(-(8 + len(comment)) // _EXTENSION_STEP) * _EXTENSION_STEP
    return struct.pack("<2i", size, _COMMENT) + comment.ljust(size - 8, b"\0")


def _header(volume: Volume, array: NDArray[Any], extension_bytes: int) -> bytes:
    affine = ijk_to_ras(volume.dhw_to_ras)
    rotation, handed = _rotation(affine)
    right_angled = geometry.shear_deg(volume.dhw_to_ras) < _RIGHT_ANGLE_TOLERANCE_DEG
    x, y, z, w = Rotation.from_matrix(rotation).as_quat().tolist()
    b, c, d = (x, y, z) if w >= 0 else (-x, -y, -z)  # the header keeps only b, c, d and takes a >= 0
    header = bytearray(_HEADER_BYTES)
    put = struct.pack_into
    put("<i", header, 0, 348)
    put("<8h", header, 40, 3, *volume.shape[::-1], 1, 1, 1, 1)
    put("<2h", header, 70, _CODES[array.dtype.str[1:]], 8 * array.dtype.itemsize)
    put("<8f", header, 76, handed, *volume.spacing_dhw_mm[::-1], 0, 0, 0, 0)
    put("<f", header, 108, _HEADER_BYTES + extension_bytes)
    put("<2f", header, 112, 1.0, 0.0)
    put("<b", header, 123, _MILLIMETERS)
    put("<2h", header, 252, _SCANNER_SPACE if right_angled else 0, _SCANNER_SPACE)
    put("<6f", header, 256, b, c, d, *affine[:3, 3])
    put("<12f", header, 280, *affine[:3].ravel())
    put("<4s", header, 344, b"n+1\0")
    put("<b", header, 348, 1 if extension_bytes else 0)
    return bytes(header)


def _rotation(affine: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the rotation nearest to the axes and +1, or -1 where the third axis had to be turned to get one."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:, :3], axis=0)
    handed = -1.0 if np.linalg.det(axes) < 0 else 1.0
    left, _, right = np.linalg.svd(axes * (1, 1, handed))
    return left @ right, handed

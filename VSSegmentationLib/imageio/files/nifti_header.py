"""The header of a NIfTI-1 or NIfTI-2 file: its fields as they stand, in whatever byte order.

Source: nifti1.h and nifti2.h of the NIfTI Data Format Working Group (field offsets).
"""

import math
import struct
from dataclasses import dataclass
from typing import Any

from VSSegmentationLib.errors import InputRefusedError

_SPACES = range(1, 6)
"""Codes of what a placement leads to; other ones are damage, which nibabel takes for no placement and ITK for one."""
_FARTHEST_VOXELS = 64 * 1024**2
"""Header extensions lie before the voxels; getting past them in a compressed file means unpacking them."""


@dataclass(frozen=True, kw_only=True)
class NiftiHeader:
    """What is read of it."""

    order: str
    """"<" or ">"."""
    dim: tuple[int, ...]
    datatype: int
    pixdim: tuple[float, ...]
    voxels_at: int
    slope: float
    intercept: float
    units: int
    qform_code: int
    sform_code: int
    quaternion: tuple[float, ...]
    offset: tuple[float, ...]
    sform: tuple[float, ...]


def is_nifti(start: bytes) -> bool:
    """Return whether these first (uncompressed) bytes begin a NIfTI header, or the Analyze header it grew from."""
    return (
        len(start) >= 4 and {struct.unpack("<i", start[:4])[0], struct.unpack(">i", start[:4])[0]} & {348, 540} != set()
    )


def parse_header(start: bytes) -> NiftiHeader:
    """Return the fields of a header.

    Args:
        start: The first 540 bytes of the file, unpacked; fewer of a tiny one.

    Raises:
        InputRefusedError: If it is truncated, half of a pair, or damaged.
    """
    if len(start) < 348:
        msg = f"The file is truncated: a NIfTI header has 348 bytes and {len(start)} are there; copy or export it again"
        raise InputRefusedError(msg)
    order = "<" if struct.unpack("<i", start[:4])[0] in (348, 540) else ">"
    if struct.unpack(order + "i", start[:4])[0] == 540 and start[4:7] == b"n+2" and len(start) == 540:
        return _fields(start, order, dim="8q", real="d", code="i", at=(16, 12, 104, 168, 176, 500, 344, 352, 400))
    if start[344:347] == b"n+1":
        return _fields(start, order, dim="8h", real="f", code="h", at=(40, 70, 76, 108, 112, 123, 252, 256, 280))
    msg = (
        "The file is an Analyze image or one half of a NIfTI pair (.hdr and .img), which may not say how it lies in "
        "the patient; convert it to a single .nii.gz"
    )
    raise InputRefusedError(msg)


def _fields(start: bytes, order: str, *, dim: str, real: str, code: str, at: tuple[int, ...]) -> NiftiHeader:
    dim_at, type_at, pixdim_at, voxels_at, slope_at, units_at, code_at, quaternion_at, sform_at = at

    def get(form: str, offset: int) -> tuple[Any, ...]:
        return struct.unpack_from(order + form, start, offset)

    first = get("q" if real == "d" else "f", voxels_at)[0]
    quaternion = get(f"6{real}", quaternion_at)
    slope, intercept = get(f"2{real}", slope_at)
    codes = get(f"2{code}", code_at)
    qform_code, sform_code = (each if each in _SPACES else 0 for each in codes)
    if not (qform_code or sform_code or codes == (0, 0)):
        msg = (
            f"The NIfTI header is damaged: it states no placement of a kind that there is (qform and sform have the "
            f"codes {codes[0]} and {codes[1]}); export the file again"
        )
        raise InputRefusedError(msg)
    return NiftiHeader(
        order=order,
        dim=get(dim, dim_at),
        datatype=get("h", type_at)[0],
        pixdim=get(f"8{real}", pixdim_at),
        voxels_at=_voxels_at(first, least=540 if real == "d" else 348),
        slope=slope,
        intercept=intercept,
        units=get("i" if real == "d" else "b", units_at)[0] & 7,
        qform_code=qform_code,
        sform_code=sform_code,
        quaternion=quaternion[:3],
        offset=quaternion[3:],
        sform=get(f"12{real}", sform_at),
    )


def _voxels_at(stated: float, least: int) -> int:
    """Return where the voxels begin; 0, as some programs write, is the end of the header; -1 is nowhere."""
    if stated == 0:
        return least + 4
    return int(stated) if math.isfinite(stated) and least <= stated < _FARTHEST_VOXELS else -1

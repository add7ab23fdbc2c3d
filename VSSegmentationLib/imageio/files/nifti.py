"""NIfTI-1 and NIfTI-2 in one file (.nii, .nii.gz), read and written with exactly the geometry the header states.

The header is read here rather than by ITK, which rejects affines that are a little off a right angle, rewrites others
silently, and names the path of the file on standard error. Source: nifti1.h and nifti2.h of the NIfTI Data Format
Working Group (field offsets and the three methods of placing voxels).
"""

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.frames import dhw_to_ras_from_ras
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.imageio.declared import check_declared_bytes, check_spacing, checked_shape
from VSSegmentationLib.imageio.files.nifti_header import NiftiHeader, parse_header
from VSSegmentationLib.imageio.files.own_header import fields_of_comment
from VSSegmentationLib.imageio.files.unpacking import is_gzip, opened, voxel_bytes
from VSSegmentationLib.imageio.scan import LoadedImage
from VSSegmentationLib.volume import Volume

_NUMBER_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
_OTHER_TYPES = {1: "bits", 32: "complex numbers", 128: "colors (RGB)", 1792: "complex numbers", 2304: "colors (RGBA)"}
_MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # unknown (mm by custom), meter, millimeter, micrometer
_SCANNER, _ALIGNED = 1, 2
_PLACE_TOLERANCE_MM = 0.5
_FARTHEST_MM = 1e6
_COMMENT = 6
"""Code of an extension that is plain text."""
_COARSEST_LABEL_STEP = 0.05
"""With more between the stored numbers, fractions look like rounded labels."""
_QUATERNION_EXCESS = 1e-3
"""By how much b, c and d may be too long together: more than rounding to single precision makes of a half turn."""
_READ_OF_EXTENSIONS = 64 * 1024
"""So much of the extensions is looked at: ours is the first and has a few hundred bytes."""


def read_nifti(path: Path, *, is_labelmap: bool = False) -> LoadedImage:
    """Read a NIfTI file, compressed or not.

    Raises:
        InputRefusedError: If it is damaged, truncated, not one 3D volume of real numbers, or contradicts itself.
    """
    stored, packed = path.stat().st_size, is_gzip(path)
    with opened(path) as source:
        start = source.read(540)
        header = parse_header(start)
        shape = _shape(header)
        dhw_to_ras, warnings = _placement(header)
        number_type = _number_type(header)
        declared = math.prod(shape) * number_type.itemsize
        available = stored if packed else stored - header.voxels_at
        check_declared_bytes(declared, available, compressed=packed, is_labelmap=is_labelmap)
        before = start + source.read(max(header.voxels_at - len(start), 0))
        already = before[header.voxels_at :]  # of a tiny volume
        most_filling = declared // max(shape) if _is_start_sure(before, header) else 1
        data = already + voxel_bytes(source, declared - len(already), most_filling)
    array = _scaled(np.frombuffer(data, number_type).reshape(shape), header, is_labelmap=is_labelmap)
    return LoadedImage(
        volume=Volume(array, dhw_to_ras, axes_assumed=_states_no_place(header)),
        file_format="NIfTI",
        warnings=warnings,
        fields=fields_of_comment(_comments(before[: header.voxels_at], header)),
    )


def _states_no_place(header: NiftiHeader) -> bool:
    return header.sform_code <= 0 and header.qform_code <= 0


def _is_start_sure(before: bytes, header: NiftiHeader) -> bool:
    """Return whether the voxels can begin where the header says: behind it, and behind all that extends it.

    Where they can't, one of the two is damaged, and only voxels that end with the file tell that it was not the start.
    """
    end = _length(before, header) + 4
    if header.voxels_at < end or not before[end - 4]:
        return header.voxels_at >= end
    ends = [stop for _, _, stop in _extensions(before, header)]
    return bool(ends) and ends[-1] <= header.voxels_at


def _length(before: bytes, header: NiftiHeader) -> int:
    return int(struct.unpack(header.order + "i", before[:4])[0])  # a header begins with its own length


def _extensions(before: bytes, header: NiftiHeader) -> Iterator[tuple[int, int, int]]:
    """Yield code, first byte and end of what extends the header; the last one may end behind its place."""
    begin = _length(before, header)
    at, most = begin + 4, min(len(before), header.voxels_at, begin + _READ_OF_EXTENSIONS)
    while before[begin : begin + 1] not in (b"", b"\0") and at + 8 <= most:
        size, code = struct.unpack_from(header.order + "2i", before, at)
        if size < 8:
            return
        yield code, at + 8, at + size
        at += size


def _comments(before: bytes, header: NiftiHeader) -> bytes:
    """Return the text of the comments that extend the header; of damaged extensions, what comes before the damage."""
    whole = [
        (start, end) for code, start, end in _extensions(before, header) if code == _COMMENT and end <= len(before)
    ]
    return b"\n".join(before[start:end].rstrip(b"\0") for start, end in whole)


def _shape(header: NiftiHeader) -> Shape:
    rank = header.dim[0]
    if not 1 <= rank <= 7 or min(header.dim[1 : rank + 1]) < 1:
        msg = f"The NIfTI header is damaged: its dimensions read {header.dim}; export the file again"
        raise InputRefusedError(msg)
    if header.voxels_at < 0:
        msg = "The NIfTI header is damaged: it does not say where the voxels begin; export the file again"
        raise InputRefusedError(msg)
    sizes = list(header.dim[1 : rank + 1])
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes.pop()
    return checked_shape(sizes[::-1])


def _number_type(header: NiftiHeader) -> np.dtype[Any]:
    if header.datatype not in _NUMBER_TYPES:
        came = _OTHER_TYPES.get(header.datatype, f"number type {header.datatype}")
        msg = f"The voxels must be plain gray values, and the file holds {came}; export the magnitude image"
        raise InputRefusedError(msg)
    return np.dtype(header.order + _NUMBER_TYPES[header.datatype])


def _scaled(stored: NDArray[Any], header: NiftiHeader, *, is_labelmap: bool) -> NDArray[Any]:
    slope, intercept = header.slope, header.intercept
    scales = math.isfinite(slope) and math.isfinite(intercept) and slope != 0 and (slope, intercept) != (1, 0)
    if not scales:
        return stored.astype(stored.dtype.newbyteorder("="), copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        values = stored * np.float64(slope) + intercept
        step = abs(slope) if is_labelmap and np.issubdtype(stored.dtype, np.integer) else 0.0
        if 0 < step <= _COARSEST_LABEL_STEP and np.abs(values).max() < 2**15:
            # A writer packed labels into fewer bits: each is off by less than the step that the stored numbers make.
            whole = np.rint(values)
            if math.isclose(max(float(np.abs(values - whole).max()), step), step):
                return whole.astype(np.int16)
        return values.astype(np.float32)


def _placement(header: NiftiHeader) -> tuple[Affine, tuple[str, ...]]:
    """Choose between the two placements a header may carry: the scanner's own first, then the sform."""
    millimeters = _MM_PER_UNIT.get(header.units)
    if millimeters is None:
        msg = f"The unit of the voxel size must be a length, and the header states code {header.units}; export it again"
        raise InputRefusedError(msg)
    # A size has no sign: ITK, nibabel and the reference library take it so.
    pixdim = np.abs(np.array(header.pixdim[1:4]) * millimeters)
    sform = np.vstack([np.reshape(header.sform, (3, 4)) * millimeters, (0, 0, 0, 1)]) if header.sform_code > 0 else None
    if sform is not None:
        _check_finite(sform)
    check_spacing(pixdim[::-1].tolist())
    qform, unsound = _sound_qform(header, pixdim, millimeters, is_needed=sform is None)
    if sform is not None:
        _check_same_spacing(sform, pixdim)
    if sform is None and qform is None:
        # ITK, and with it Slicer, places such a file along left, posterior, superior: the result has to lie on it.
        warning = (
            "The file does not state how it lies in the patient (NIfTI sform and qform codes are 0); left, posterior "
            "and superior were assumed for its axes, so sides may be exchanged."
        )
        return _checked_affine(np.diag([-pixdim[0], -pixdim[1], pixdim[2], 1.0])), (warning,)
    if sform is None or qform is None:
        chosen = qform if sform is None else sform
        assert chosen is not None
        return _checked_affine(chosen), unsound
    own_space = (_SCANNER, _ALIGNED)
    use_qform = header.sform_code not in own_space and header.qform_code in own_space
    use_qform |= header.sform_code != _SCANNER and header.qform_code == _SCANNER
    affine = _checked_affine(qform if use_qform else sform)
    if _corner_distance_mm(sform, qform, header.dim[1:4]) <= _PLACE_TOLERANCE_MM:
        return affine, ()
    used = "qform" if use_qform else "sform"
    return affine, (f"The file states two different placements (NIfTI sform and qform); the {used} was used.",)


def _sound_qform(
    header: NiftiHeader, pixdim: NDArray[np.float64], millimeters: float, *, is_needed: bool
) -> tuple[NDArray[np.float64] | None, tuple[str, ...]]:
    """Return the qform if there is one; one that is damaged and not needed is left out, with a warning."""
    if header.qform_code <= 0:
        return None, ()
    try:
        qform = _qform(header, pixdim, millimeters)
        _check_finite(qform)
    except InputRefusedError:
        if is_needed:
            raise
        return None, (_UNSOUND_QFORM,)
    return qform, ()


_UNSOUND_QFORM = (
    "One of the two placements that the file states is damaged (NIfTI qform: no rotation); the other one, the sform, "
    "was used."
)


def _check_finite(placement: NDArray[np.float64]) -> None:
    if not np.isfinite(placement).all() or np.abs(placement[:, 3]).max() > _FARTHEST_MM:
        msg = "The header states a placement that is not finite or more than a kilometer off; export the file again"
        raise InputRefusedError(msg)


def _qform(header: NiftiHeader, pixdim: NDArray[np.float64], millimeters: float) -> NDArray[np.float64]:
    b, c, d = header.quaternion
    length = b * b + c * c + d * d
    if not length <= 1 + _QUATERNION_EXCESS:
        msg = (
            f"The header states a quaternion that is no rotation (b, c, d of squared length {length:.4g}, at most 1 is "
            "possible); export the file again"
        )
        raise InputRefusedError(msg)
    if length > 1:  # rounded up: a half turn
        b, c, d = (part / math.sqrt(length) for part in (b, c, d))
    a = math.sqrt(max(0.0, 1.0 - length))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    handed = -1.0 if header.pixdim[0] < 0 else 1.0
    affine = np.eye(4)
    affine[:3, :3] = rotation * pixdim * (1, 1, handed)
    affine[:3, 3] = np.array(header.offset) * millimeters
    return affine


def _check_same_spacing(sform: NDArray[np.float64], pixdim: NDArray[np.float64]) -> None:
    lengths = np.linalg.norm(sform[:, :3], axis=0)
    check_spacing(lengths[::-1].tolist())
    if np.abs(lengths / pixdim - 1).max() > 0.01:
        msg = (
            f"The file states two voxel sizes, {_by(pixdim)} mm (pixdim) and {_by(lengths)} mm (sform), so nothing can "
            "be measured in it; export it again from the original DICOM"
        )
        raise InputRefusedError(msg)


def _by(lengths: NDArray[np.float64]) -> str:
    return " x ".join(f"{x:.4g}" for x in lengths)


def _checked_affine(ijk: NDArray[np.float64]) -> Affine:
    try:
        return dhw_to_ras_from_ras(ijk)
    except GeometryError as error:
        msg = "The header states axes that do not span space, so the voxels have no place; export the file again"
        raise InputRefusedError(msg) from error


def _corner_distance_mm(one: NDArray[np.float64], other: NDArray[np.float64], sizes: tuple[int, ...]) -> float:
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in sizes], indexing="ij")).reshape(3, -1).T
    apart = geometry.transform_points(one, corners) - geometry.transform_points(other, corners)
    return float(np.linalg.norm(apart, axis=1).max())

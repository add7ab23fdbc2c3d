"""Writing NRRD and MetaImage, compressed: the whole file in Python, so that a full disk is an error with words.

ITK's writers can't spell every name and don't always notice that a disk is full. Numbers are written so that they read
back bit for bit.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.frames import LPS_TO_RAS, itk_place
from VSSegmentationLib.imageio.files.packing import gzipped, planes_of, zlib_packed
from VSSegmentationLib.volume import Volume

_NRRD_TYPES = {
    "u1": "unsigned char", "i1": "signed char", "u2": "unsigned short", "i2": "short", "u4": "unsigned int",
    "i4": "int", "u8": "unsigned long long int", "i8": "long long int", "f4": "float", "f8": "double",
}  # fmt: skip
_META_TYPES = {
    "u1": "MET_UCHAR", "i1": "MET_CHAR", "u2": "MET_USHORT", "i2": "MET_SHORT", "u4": "MET_UINT", "i4": "MET_INT",
    "u8": "MET_ULONG_LONG", "i8": "MET_LONG_LONG", "f4": "MET_FLOAT", "f8": "MET_DOUBLE",
}  # fmt: skip


def write_nrrd(path: Path, volume: Volume, fields: Mapping[str, str]) -> None:
    """Write a volume as .nrrd or .seg.nrrd, with fields of one's own as `key:=value`."""
    code, array = _little_endian(volume)
    lps = LPS_TO_RAS @ volume.dhw_to_ras
    vectors = [_vector(lps[:3, axis]) for axis in (2, 1, 0)]
    lines = [
        "NRRD0004",
        f"type: {_NRRD_TYPES[code]}",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {_row(volume.shape[::-1])}",
        f"space directions: {' '.join(vectors)}",
        "kinds: domain domain domain",
        "endian: little",
        "encoding: gzip",
        f"space origin: {_vector(lps[:3, 3])}",
        *(f"{key}:={_escaped(value)}" for key, value in fields.items()),
    ]
    with path.open("wb") as file:
        file.write(_text(lines) + b"\n")
        for part in gzipped(planes_of(array)):
            file.write(part)


def write_meta_image(path: Path, volume: Volume, fields: Mapping[str, str]) -> None:
    """Write a volume as .mha, with fields of one's own as `key = value`."""
    code, array = _little_endian(volume)
    origin, spacing, direction = itk_place(volume.dhw_to_ras)
    packed = zlib_packed(planes_of(array))
    lines = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "CompressedData = True",
        f"CompressedDataSize = {len(packed)}",
        f"TransformMatrix = {_row(np.reshape(direction, (3, 3)).T.ravel().tolist())}",
        f"Offset = {_row(origin)}",
        "CenterOfRotation = 0 0 0",
        f"ElementSpacing = {_row(spacing)}",
        f"DimSize = {_row(volume.shape[::-1])}",
        f"ElementType = {_META_TYPES[code]}",
        *(f"{key} = {value}" for key, value in fields.items()),
        "ElementDataFile = LOCAL",
    ]
    path.write_bytes(_text(lines) + packed)


def _little_endian(volume: Volume) -> tuple[str, NDArray[Any]]:
    array = volume.array.view(np.uint8) if volume.array.dtype == np.bool_ else volume.array
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return array.dtype.str[1:], array


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _row(numbers: Iterable[float]) -> str:
    return " ".join(f"{number:.17g}" for number in numbers)


def _vector(numbers: Iterable[float]) -> str:
    return f"({','.join(f'{number:.17g}' for number in numbers)})"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")

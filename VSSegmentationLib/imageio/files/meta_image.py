"""The header of MetaImages (.mha, or .mhd with the data beside it).

Source: the MetaIO documentation of ITK (TransformMatrix holds the direction of the first axis, then of the second...).
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.imageio.declared import check_spacing, checked_shape
from VSSegmentationLib.imageio.files.stored_image import (
    StoredImage,
    damaged,
    data_beside,
    header_text,
    numbers_in,
    placed,
    whole_numbers_in,
)

_FORMAT = "MetaImage"
_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4",
    "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}  # fmt: skip
_TRUE, _FALSE = ("true", "1"), ("false", "0")
_LINE = re.compile(r"[ \t]*([^\x00-\x1f\ufffd=]*[^\x00-\x20\ufffd=])[ \t]*=[ \t]*([^\x00-\x08\x0b-\x1f\ufffd]*)")
"""Keys of others may hold any sign: ITK writes those of NIfTI (`dim[0]`) and DICOM (`0008|0060`) into its files."""
_NOT_TOLD = "?"
"""In the place of the letters of `AnatomicalOrientation`: the directions are those of no patient."""
_DIRECTIONS, _ORIGINS = ("TransformMatrix", "Rotation", "Orientation"), ("Offset", "Position", "Origin")
_UNIT_TOLERANCE = 0.01


def meta_image_header(path: Path) -> StoredImage:
    """Read the header of a MetaImage.

    Raises:
        InputRefusedError: If it is damaged, not one 3D volume, or does not state its voxel size.
    """
    text, header_bytes = header_text(path, end=b"ElementDataFile")
    fields = _fields(text)
    if fields.get("ElementNumberOfChannels", "1") != "1":
        msg = "The voxels must be plain gray values, and the MetaImage holds several channels; export one of them"
        raise InputRefusedError(msg)
    sizes = whole_numbers_in(fields.get("DimSize", ""), _FORMAT)
    shape = checked_shape(sizes[::-1])
    if fields.get("NDims", "3") != "3":
        raise InputRefusedError(damaged(_FORMAT))
    code = _TYPES.get(fields.get("ElementType", ""))
    if code is None:
        msg = "The voxels must be plain gray values, and the MetaImage states another type; export the magnitude image"
        raise InputRefusedError(msg)
    if not _is_true(fields, "BinaryData", default="True"):
        msg = "The voxels of the MetaImage are written as text, and binary ones are needed; save it as .mha anew"
        raise InputRefusedError(msg)
    big = _is_true(fields, "BinaryDataByteOrderMSB") or _is_true(fields, "ElementByteOrderMSB")
    compressed = _is_true(fields, "CompressedData")
    if compressed and not fields.get("CompressedDataSize", "").isdecimal():
        msg = "The MetaImage does not say how many bytes its packed voxels have (CompressedDataSize); save it again"
        raise InputRefusedError(msg)
    data_file = fields.get("ElementDataFile", "")
    local = data_file.upper() == "LOCAL"
    return StoredImage(
        file_format=_FORMAT,
        shape_dhw=shape,
        number_type=np.dtype((">" if big else "<") + code),
        dhw_to_ras=_place(fields),
        states_orientation=not set(_DIRECTIONS).isdisjoint(fields)
        and _NOT_TOLD not in fields.get("AnatomicalOrientation", ""),
        compressed=compressed,
        data_file=path if local else data_beside(path, data_file),
        header_bytes=header_bytes if local else 0,
        skipped_bytes=0 if local else _skipped(fields),
        fields=fields,
    )


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if (line.strip() and found is None) or (found is not None and found[1] in fields):
            msg = "The MetaImage header is damaged: a line of it is no `key = value`, or comes twice; export it again"
            raise InputRefusedError(msg)
        if found is not None:
            fields[found[1]] = found[2].strip()
    return fields


def _is_true(fields: Mapping[str, str], key: str, default: str = "False") -> bool:
    word = fields.get(key, default).lower()
    if word not in (*_TRUE, *_FALSE):
        msg = f"The MetaImage header is damaged: {key} must be True or False; export the file again"
        raise InputRefusedError(msg)
    return word in _TRUE


def _skipped(fields: Mapping[str, str]) -> int:
    numbers = whole_numbers_in(fields.get("HeaderSize", "0"), _FORMAT)
    if len(numbers) != 1 or numbers[0] < -1:
        raise InputRefusedError(damaged(_FORMAT))
    return numbers[0]


def _place(fields: Mapping[str, str]) -> Affine:
    stated = fields.get("ElementSpacing", fields.get("ElementSize"))
    if stated is None:
        msg = "The MetaImage does not state its voxel size, so nothing can be measured in it; add ElementSpacing"
        raise InputRefusedError(msg)
    spacing = numbers_in(stated, _FORMAT)
    directions = numbers_in(_first(fields, _DIRECTIONS, "1 0 0 0 1 0 0 0 1"), _FORMAT)
    origin = numbers_in(_first(fields, _ORIGINS, "0 0 0"), _FORMAT)
    center = numbers_in(fields.get("CenterOfRotation", "0 0 0"), _FORMAT)
    if (len(spacing), len(directions), len(origin), len(center)) != (3, 9, 3, 3):
        raise InputRefusedError(damaged(_FORMAT))
    check_spacing(spacing[::-1])
    rows = np.reshape(directions, (3, 3))
    if not np.abs(np.linalg.norm(rows, axis=1) - 1).max() <= _UNIT_TOLERANCE:
        msg = (
            "The directions that the MetaImage states are not of length 1, so the size of its voxels is not certain; "
            "export the file again"
        )
        raise InputRefusedError(msg)
    return placed(_FORMAT, rows.T * spacing, np.array(origin))


def _first(fields: Mapping[str, str], keys: tuple[str, ...], default: str) -> str:
    return next((fields[key] for key in keys if key in fields), default)

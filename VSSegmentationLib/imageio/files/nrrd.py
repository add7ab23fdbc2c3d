"""The header of NRRD files (.nrrd, or .nhdr with its data beside it).

Source: the NRRD file format definition (teem.sourceforge.net/nrrd/format.html).
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.frames import signs_to_lps
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

_FORMAT = "NRRD"
_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_AXES = {
    "right-anterior-superior": "RAS", "ras": "RAS",
    "left-anterior-superior": "LAS", "las": "LAS",
    "left-posterior-superior": "LPS", "lps": "LPS",
}  # fmt: skip
"""The spaces whose axes point to sides of the patient, and where to.

A space of a scanner, a right-handed or left-handed one, or one that has a dimension and no name, does not say it.
"""
_MOST_LAYERS = 1024
_ENCODINGS = {"raw": False, "gz": True, "gzip": True}
_ORDERS = {"little": "<", "big": ">"}


def nrrd_header(path: Path, *, layers_allowed: bool = False) -> StoredImage:
    """Read the header of an NRRD file.

    Args:
        path: The file.
        layers_allowed: Whether a first axis of kind "list" may hold the layers of a segmentation, as Slicer writes.

    Raises:
        InputRefusedError: If it is damaged, not one 3D volume in millimeters, or does not state its voxel size.
    """
    text, header_bytes = header_text(path, end=b"")
    fields = _fields(text)
    sizes = whole_numbers_in(fields.get("sizes", ""), _FORMAT)
    kinds = fields.get("kinds", "").lower().split()
    has_layers = layers_allowed and kinds[:1] == ["list"] and len(sizes) == 4
    dimension = fields.get("dimension", str(len(sizes)))
    layers = sizes.pop(0) if has_layers else 1
    _check_kinds(kinds[1:] if has_layers else kinds)
    shape = checked_shape(sizes[::-1])
    if dimension != str(3 + has_layers) or not 1 <= layers <= _MOST_LAYERS:
        raise InputRefusedError(damaged(_FORMAT))
    encoding = fields.get("encoding", "").lower()
    if encoding not in _ENCODINGS:
        msg = f"The NRRD encoding must be raw or gzip, and the header states {encoding[:12]!r}; save it as gzip"
        raise InputRefusedError(msg)
    detached = fields.get("data file", fields.get("datafile"))
    data_file = path if detached is None else data_beside(path, detached)
    space = fields.get("space", "").lower()
    return StoredImage(
        file_format=_FORMAT,
        shape_dhw=shape,
        number_type=_number_type(fields),
        dhw_to_ras=_place(fields),
        states_orientation=space in _AXES and "space directions" in fields,
        compressed=_ENCODINGS[encoding],
        data_file=data_file,
        header_bytes=header_bytes if detached is None else 0,
        skipped_lines=_skip(fields, "line", least=0),
        skipped_bytes=_skip(fields, "byte", least=0 if _ENCODINGS[encoding] else -1),
        layers=layers,
        fields=_own_fields(text),
    )


def _fields(text: str) -> dict[str, str]:
    """Return the fields of the format itself.

    Raises:
        InputRefusedError: If a line is neither a field nor a comment nor a pair of the writer's own, or comes twice.
    """
    fields: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        if not line.strip() or line.startswith("#") or ":=" in line:
            continue
        key, colon, value = line.partition(":")
        key = key.strip().lower()
        if not colon or key in fields or not line.replace("\t", " ").isprintable():
            msg = "The NRRD header is damaged: a line of it is no field of the format, or comes twice; export it again"
            raise InputRefusedError(msg)
        fields[key] = value.strip()
    return fields


def _number_type(fields: Mapping[str, str]) -> np.dtype[np.generic]:
    code = next((code for code, names in _TYPES.items() if fields.get("type", "") in names), None)
    if code is None:
        msg = (
            "The voxels must be plain gray values, and the NRRD header states another type; export the magnitude image"
        )
        raise InputRefusedError(msg)
    order = "|" if code[1] == "1" else _ORDERS.get(fields.get("endian", "").lower())
    if order is None:
        msg = "The NRRD header does not say in which order the bytes of a voxel come (endian); export the file again"
        raise InputRefusedError(msg)
    return np.dtype(order + code)


def _check_kinds(kinds: list[str]) -> None:
    if not set(kinds) - {"domain", "space", "none", "???"}:
        return
    msg = (
        "The NRRD file holds more than one value per voxel or time point (a list, vector or color axis); "
        "one three-dimensional volume is needed: export a single volume of it"
    )
    raise InputRefusedError(msg)


def _place(fields: Mapping[str, str]) -> Affine:
    for key in ("space units", "units"):
        units = set(re.findall(r'"([^"]*)"', fields.get(key, "")))
        if not units <= {"mm", "millimeter", "millimeters", "", "???", "none"}:
            msg = "The NRRD header states a unit of length other than mm; export the file in millimeters"
            raise InputRefusedError(msg)
    steps = _vectors(fields["space directions"]) if "space directions" in fields else np.zeros(0)
    if "space directions" not in fields and "spacings" in fields:
        spacing = [each for each in numbers_in(fields["spacings"], _FORMAT) if not math.isnan(each)]  # NaN: of a list
        check_spacing(spacing[::-1] or (0.0,))
        steps = np.diag(spacing) if len(spacing) == 3 else steps
    if steps.shape != (3, 3):
        msg = (
            "The NRRD file does not state its voxel size, so nothing can be measured in it; export it with its geometry"
        )
        raise InputRefusedError(msg)
    check_spacing(np.linalg.norm(steps, axis=1)[::-1].tolist())
    origin = _vectors(fields.get("space origin", "(0,0,0)"))
    if origin.shape != (1, 3):
        raise InputRefusedError(damaged(_FORMAT))
    signs = signs_to_lps(_AXES.get(fields.get("space", "").lower(), "LPS"))
    return placed(_FORMAT, (steps * signs).T, origin[0] * signs)


def _vectors(text: str) -> NDArray[np.float64]:
    """Return the (N, 3) vectors of a field; "none", for an axis that is not of space, is passed over."""
    vectors = [numbers_in(part.replace(",", " "), _FORMAT) for part in re.findall(r"\(([^)]*)\)", text)]
    if any(len(vector) != 3 for vector in vectors):
        raise InputRefusedError(damaged(_FORMAT))
    return np.array(vectors, dtype=np.float64).reshape(-1, 3)


def _skip(fields: Mapping[str, str], what: str, least: int) -> int:
    numbers = whole_numbers_in(fields.get(f"{what} skip", fields.get(f"{what}skip", "0")), _FORMAT)
    if len(numbers) != 1 or not least <= numbers[0] <= 2**26:
        raise InputRefusedError(damaged(_FORMAT))
    return numbers[0]


def _own_fields(text: str) -> dict[str, str]:
    r"""Return the pairs `key:=value` of the writer's own; a line break in them is written \n and a backslash twice."""
    pairs = re.findall(r"^([^#\n][^\n]*?):=(.*)$", text, flags=re.MULTILINE)
    return {key: re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value) for key, value in pairs}

"""The text headers of NRRD and MetaImage, read far enough to know what ITK would allocate and whether it is there.

Sources: the NRRD file format definition (teem.sourceforge.net/nrrd/format.html) and the MetaIO documentation of ITK.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.geometry import Shape
from VSSegmentationLib.imageio.declared import check_spacing, checked_shape

_HEADER_LIMIT = 256 * 1024
_NRRD_BYTES = {
    1: ("signed char", "int8", "int8_t", "uchar", "unsigned char", "uint8", "uint8_t"),
    2: ("short", "short int", "signed short", "signed short int", "int16", "int16_t",
        "ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    4: ("int", "signed int", "int32", "int32_t", "uint", "unsigned int", "uint32", "uint32_t", "float"),
    8: ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t",
        "ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t", "double"),
}  # fmt: skip
_META_BYTES = {
    "MET_CHAR": 1, "MET_UCHAR": 1, "MET_SHORT": 2, "MET_USHORT": 2, "MET_INT": 4, "MET_UINT": 4, "MET_LONG": 4,
    "MET_ULONG": 4, "MET_FLOAT": 4, "MET_LONG_LONG": 8, "MET_ULONG_LONG": 8, "MET_DOUBLE": 8,
}  # fmt: skip
_SPACES_OF_PATIENT = (
    "right-anterior-superior",
    "ras",
    "left-anterior-superior",
    "las",
    "left-posterior-superior",
    "lps",
)
_NRRD_ENCODINGS = {"raw": False, "gz": True, "gzip": True}


@dataclass(frozen=True, kw_only=True)
class DeclaredImage:
    """What a text header promises."""

    shape_dhw: Shape
    voxel_bytes: int
    """Of all voxels together, unpacked."""
    stored_bytes: int
    """Of the file part that holds them."""
    compressed: bool
    states_orientation: bool


def nrrd_declares(path: Path, *, layers_allowed: bool = False) -> DeclaredImage:
    """Read the header of an NRRD file (.nrrd, or .nhdr with its data beside it).

    Args:
        path: The file.
        layers_allowed: Whether a first axis of kind "list" may hold the layers of a segmentation, as Slicer writes.

    Raises:
        InputRefusedError: If it is damaged, not one 3D volume, or does not state its voxel size.
    """
    text, header_bytes = _header_text(path, end=b"\n\n")
    fields = {
        key.strip().lower(): value.strip()
        for key, value in re.findall(r"^([^:#\n]+):(?!=)[ \t]*(.*)$", text, flags=re.MULTILINE)
    }
    sizes = _integers(fields.get("sizes", ""), "NRRD")
    kinds = fields.get("kinds", "").lower().split()
    layers = sizes.pop(0) if layers_allowed and kinds[:1] == ["list"] and len(sizes) == 4 else 1
    _check_kinds(kinds[1:] if layers_allowed and kinds[:1] == ["list"] else kinds)
    shape = checked_shape(sizes[::-1])
    item = next((size for size, names in _NRRD_BYTES.items() if fields.get("type", "") in names), None)
    if item is None:
        msg = (
            "The voxels must be plain gray values, and the NRRD header states another type; export the magnitude image"
        )
        raise InputRefusedError(msg)
    encoding = fields.get("encoding", "").lower()
    if encoding not in _NRRD_ENCODINGS:
        msg = f"The NRRD encoding must be raw or gzip, and the header states {encoding[:12]!r}; save it as gzip"
        raise InputRefusedError(msg)
    _check_nrrd_spacing(fields)
    detached = fields.get("data file", fields.get("datafile"))
    stored = _detached_bytes(path, detached) if detached is not None else path.stat().st_size - header_bytes
    return DeclaredImage(
        shape_dhw=shape,
        voxel_bytes=math.prod(shape) * item * layers,
        stored_bytes=stored,
        compressed=_NRRD_ENCODINGS[encoding],
        states_orientation=_is_space_of_patient(fields.get("space", "")) and "space directions" in fields,
    )


def meta_image_declares(path: Path) -> DeclaredImage:
    """Read the header of a MetaImage (.mha, or .mhd with its data beside it).

    Raises:
        InputRefusedError: If it is damaged, not one 3D volume, or does not state its voxel size.
    """
    text, header_bytes = _header_text(path, end=b"ElementDataFile")
    fields = {
        key: value.strip() for key, value in re.findall(r"^[ \t]*(\w+)[ \t]*=[ \t]*(.*)$", text, flags=re.MULTILINE)
    }
    if fields.get("ElementNumberOfChannels", "1") != "1":
        msg = "The voxels must be plain gray values, and the MetaImage holds several channels; export one of them"
        raise InputRefusedError(msg)
    shape = checked_shape(_integers(fields.get("DimSize", ""), "MetaImage")[::-1])
    item = _META_BYTES.get(fields.get("ElementType", ""))
    if item is None:
        msg = "The voxels must be plain gray values, and the MetaImage states another type; export the magnitude image"
        raise InputRefusedError(msg)
    spacing = fields.get("ElementSpacing", fields.get("ElementSize"))
    if spacing is None:
        msg = "The MetaImage does not state its voxel size, so nothing can be measured in it; add ElementSpacing"
        raise InputRefusedError(msg)
    check_spacing(_reals(spacing, "MetaImage")[::-1])
    data_file = fields.get("ElementDataFile", "")
    local = data_file.upper() == "LOCAL"
    return DeclaredImage(
        shape_dhw=shape,
        voxel_bytes=math.prod(shape) * item,
        stored_bytes=path.stat().st_size - header_bytes if local else _detached_bytes(path, data_file),
        compressed=fields.get("CompressedData", "False").lower() in ("true", "1"),
        states_orientation=bool({"TransformMatrix", "Rotation", "Orientation"} & fields.keys()),
    )


def _header_text(path: Path, *, end: bytes) -> tuple[str, int]:
    """Return the header and its length in bytes; `end` is an empty line, or what the last line begins with."""
    with path.open("rb") as file:
        start = file.read(_HEADER_LIMIT).replace(b"\r\n", b"\n") if end == b"\n\n" else file.read(_HEADER_LIMIT)
    found = start.find(end)
    if found < 0 and path.suffix.lower() == ".nhdr":
        return start.decode("utf-8", "replace"), len(start)
    stop = found + 2 if end == b"\n\n" else start.find(b"\n", found) + 1
    if found < 0 or stop <= 0:
        msg = "The image header has no end: the file is damaged or truncated; copy or export it again"
        raise InputRefusedError(msg)
    return start[:stop].decode("utf-8", "replace"), stop


def _is_space_of_patient(space: str) -> bool:
    """Return whether the axes of an NRRD space point to sides of the patient, as few spaces of the format do.

    A space of a scanner, a right-handed or left-handed one, or one that has a dimension and no name, does not say it.
    """
    return space.lower() in _SPACES_OF_PATIENT


def _check_kinds(kinds: list[str]) -> None:
    if set(kinds) <= {"domain", "space", "none", "???"}:
        return
    msg = (
        "The NRRD file holds more than one value per voxel or time point (a list, vector or color axis); "
        "one three-dimensional volume is needed: export a single volume of it"
    )
    raise InputRefusedError(msg)


def _check_nrrd_spacing(fields: dict[str, str]) -> None:
    if "space directions" in fields:
        vectors = re.findall(r"\(([^)]*)\)", fields["space directions"])
        spacing = [math.hypot(*_reals(vector.replace(",", " "), "NRRD")) for vector in vectors]
    else:
        spacing = _reals(fields.get("spacings", ""), "NRRD") if "spacings" in fields else []
    if len(spacing) != 3:
        msg = (
            "The NRRD file does not state its voxel size, so nothing can be measured in it; export it with its geometry"
        )
        raise InputRefusedError(msg)
    check_spacing(spacing[::-1])


def _detached_bytes(path: Path, name: str) -> int:
    """Return the size of a data file beside its header; a header may not point anywhere else."""
    beside = path.parent / name
    plain = name not in ("", ".", "..") and Path(name).name == name and "\\" not in name and "%" not in name
    if not plain or not beside.is_file():
        msg = "The voxels must be in the file itself or in one file beside its header; save it as one .nrrd or .mha"
        raise InputRefusedError(msg)
    return beside.stat().st_size


def _integers(text: str, kind: str) -> list[int]:
    try:
        return [int(part) for part in text.split()]
    except ValueError as error:
        raise InputRefusedError(_damaged(kind)) from error


def _reals(text: str, kind: str) -> list[float]:
    try:
        return [float(part) for part in text.split()]
    except ValueError as error:
        raise InputRefusedError(_damaged(kind)) from error


def _damaged(kind: str) -> str:
    return f"The {kind} header is damaged: its sizes can't be read as numbers; export the file again"

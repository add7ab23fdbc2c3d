"""What the text headers of NRRD and MetaImage promise, and the voxels they promise it of.

Voxels are read here rather than by ITK: its NRRD reader writes past its buffers on long fields, its MetaImage reader
takes packed data with turned bits and talks to standard error, and neither can spell every name of a file.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.frames import dhw_to_ras_from_lps
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.imageio.declared import check_declared_bytes
from VSSegmentationLib.imageio.files.unpacking import ByteSource, Inflated, is_gzip, opened, voxel_bytes

_HEADER_LIMIT = 1024 * 1024
_LONGEST_LINE = 32 * 1024
"""Of a segment of 3D Slicer with all its tags there are some hundred bytes."""
_MOST_DIGITS = 18
_MOST_SKIPPED = 64 * 1024 * 1024
_LONGEST_NAME = 255
"""In bytes: no file system has longer ones, and asking for one is an error of another kind."""
_FARTHEST_MM = 1e6


@dataclass(frozen=True, kw_only=True)
class StoredImage:
    """What a text header promises."""

    file_format: str
    shape_dhw: Shape
    number_type: np.dtype[Any]
    dhw_to_ras: Affine
    states_orientation: bool
    compressed: bool
    data_file: Path
    """The file itself, or one beside it."""
    header_bytes: int
    """Before the voxels, where they are in the file itself; 0 for a file beside it."""
    skipped_lines: int = 0
    skipped_bytes: int = 0
    """-1: the voxels end the file, whatever lies before them."""
    layers: int = 1
    """Values of a voxel, which come one after the other."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Of the writer's own."""

    @property
    def voxel_bytes(self) -> int:
        """Of all voxels together, unpacked."""
        return math.prod(self.shape_dhw) * self.number_type.itemsize * self.layers


def header_text(path: Path, *, end: bytes) -> tuple[str, int]:
    """Return a header and its length in bytes; `end` is an empty line, or what the last line begins with.

    Raises:
        InputRefusedError: If it has no end, or a line that is out of all proportion.
    """
    with opened(path) as source:
        start = source.read(_HEADER_LIMIT)
    lines, at = [], 0
    while at < len(start):
        stop = start.find(b"\n", at) + 1 or len(start)
        line = start[at:stop]
        if len(line) > _LONGEST_LINE:
            msg = (
                f"The image header is damaged: it has a line of {len(line)} bytes or more, and at most {_LONGEST_LINE} "
                "are read; export the file again"
            )
            raise InputRefusedError(msg)
        at, whole = stop, line.endswith(b"\n")
        lines.append(line.rstrip(b"\r\n"))
        if whole and (line.lstrip().startswith(end) if end else not lines[-1]):
            return b"\n".join(lines).decode("utf-8", "replace"), at
    if not end and path.suffix.lower() == ".nhdr":
        return b"\n".join(lines).decode("utf-8", "replace"), len(start)
    msg = "The image header has no end: the file is damaged or truncated; copy or export it again"
    raise InputRefusedError(msg)


def data_beside(path: Path, name: str) -> Path:
    """Return the data file beside a header; a header may not point anywhere else.

    Raises:
        InputRefusedError: If it points elsewhere, or the file is not there.
    """
    plain = name not in ("", ".", "..") and not set("/\\%\0") & set(name) and len(name.encode()) <= _LONGEST_NAME
    if not plain or not (path.parent / name).is_file():
        msg = "The voxels must be in the file itself or in one file beside its header; save it as one .nrrd or .mha"
        raise InputRefusedError(msg)
    return path.parent / name


def placed(file_format: str, axes_lps: NDArray[np.float64], origin_lps: NDArray[np.float64]) -> Affine:
    """Return the affine of axes (3, 3), whose columns are steps along i, j, k, and an origin.

    Raises:
        InputRefusedError: If they are not finite or do not span space.
    """
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3, :3], ijk_to_lps[:3, 3] = axes_lps, origin_lps
    try:
        if np.isfinite(ijk_to_lps).all() and np.abs(origin_lps).max() <= _FARTHEST_MM:
            return dhw_to_ras_from_lps(ijk_to_lps)
    except GeometryError as error:
        raise InputRefusedError(_no_place(file_format)) from error
    raise InputRefusedError(_no_place(file_format))


def _no_place(file_format: str) -> str:
    return (
        f"The {file_format} header is damaged: its axes do not span space or its origin is no place in millimeters; "
        "export the file again"
    )


def numbers_in(text: str, file_format: str) -> list[float]:
    """Return the numbers of a field.

    Raises:
        InputRefusedError: If it holds something else.
    """
    try:
        return [float(part) for part in text.split()]
    except ValueError as error:
        raise InputRefusedError(damaged(file_format)) from error


def whole_numbers_in(text: str, file_format: str) -> list[int]:
    """Return the whole numbers of a field.

    Raises:
        InputRefusedError: If it holds something else.
    """
    try:
        return [whole_number(part) for part in text.split()]
    except ValueError as error:
        raise InputRefusedError(damaged(file_format)) from error


def whole_number(text: str) -> int:
    """Return the whole number of a text.

    Raises:
        ValueError: If it is none, or has more digits than a count, a value or a place in a file.
    """
    if len(text) > _MOST_DIGITS:
        msg = "the number has too many digits"
        raise ValueError(msg)
    return int(text)


def damaged(file_format: str) -> str:
    """Return the sentence about a header whose numbers are none."""
    return f"The {file_format} header is damaged: its sizes can't be read as numbers; export the file again"


def read_layers(image: StoredImage, *, is_labelmap: bool) -> tuple[NDArray[Any], ...]:
    """Return the voxels, each layer (D, H, W).

    Raises:
        InputRefusedError: If they are damaged, or not as many as the header promises.
    """
    declared = image.voxel_bytes
    stored = image.data_file.stat().st_size - image.header_bytes - max(image.skipped_bytes, 0)
    packed = image.compressed or is_gzip(image.data_file)
    check_declared_bytes(declared, stored, compressed=packed, is_labelmap=is_labelmap)
    smallest_plane = declared // max(image.shape_dhw)
    with _voxels(image) as source:
        data = voxel_bytes(source, declared, smallest_plane)
    array = np.frombuffer(data, image.number_type).astype(image.number_type.newbyteorder("="), copy=False)
    if image.layers == 1:
        return (array.reshape(image.shape_dhw),)
    return tuple(np.moveaxis(array.reshape(*image.shape_dhw, image.layers), -1, 0))


@contextlib.contextmanager
def _voxels(image: StoredImage) -> Iterator[ByteSource]:
    """Give the bytes of the voxels, the first one first."""
    ends_the_file = image.skipped_bytes < 0
    before = image.data_file.stat().st_size - image.voxel_bytes if ends_the_file else image.header_bytes
    if before < 0 or image.skipped_bytes > _MOST_SKIPPED:
        msg = (
            f"The {image.file_format} header is damaged: it says wrongly where the voxels begin; export the file again"
        )
        raise InputRefusedError(msg)
    # A data file beside the header is packed once; a file that holds its header may be packed as a whole, too.
    is_its_own_packing = image.compressed and not image.header_bytes
    with image.data_file.open("rb") if is_its_own_packing else opened(image.data_file) as source:
        source.read(before)
        for _ in range(image.skipped_lines):
            while source.read(1) not in (b"\n", b""):
                pass
        voxels = Inflated(source) if image.compressed else source
        voxels.read(max(image.skipped_bytes, 0))
        yield voxels

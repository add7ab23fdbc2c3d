"""DICOM files whose data set is packed as a whole (Deflated Explicit VR Little Endian), unpacked within bounds.

pydicom would unpack whatever comes: a file of a megabyte can ask for gigabytes. Source: DICOM PS3.5 A.5; PS3.10 7.1 for
the meta information, which is never packed.
"""

import io
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag, Tag

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.files.unpacking import inflated_whole

_DEFLATED, _EXPLICIT = b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.1\0"
_PREAMBLE_BYTES = 132
_LONG_LENGTH = (b"OB", b"OW", b"OF", b"OD", b"OL", b"SQ", b"UC", b"UN", b"UR", b"UT")
_SYNTAX, _GROUP_LENGTH = 0x0010, 0x0000
_PIXEL_DATA = (0x7FE00008, 0x7FE00009, 0x7FE00010)
"""Of floats, of doubles, of whole numbers."""
_DECIDING_GROUPS = (0x0020, 0x0028, 0x3006, 0x5200)
"""Of places, of voxels, of structures, of frames."""
_META_LIMIT = 64 * 1024
_ELEMENT_HEAD_BYTES = 12
_MOST_RATIO, _SMALL_BYTES = 100, 64 * 1024**2
"""Slices of nothing but air pack better than that; they are small. Anything else is no image."""


def unpacked_dicom(path: Path) -> bytes | None:
    """Return a file with a deflated data set as one with a plain one; None where it is not deflated.

    Raises:
        InputRefusedError: If it is damaged, or unpacks to far more than an image could.
    """
    with path.open("rb") as file:
        start = file.read(_META_LIMIT)
        elements, end = _meta_elements(start)
        if elements.get(_SYNTAX, b"")[8:].rstrip(b"\0 ") != _DEFLATED:
            return None
        if end > _META_LIMIT - _ELEMENT_HEAD_BYTES:
            msg = f"The meta information of the file is longer than {_META_LIMIT // 1024} kB, which no scanner writes; "
            msg += "unpacked by another program it can be read"
            raise InputRefusedError(msg)
        file.seek(end)
        most = max(_SMALL_BYTES, _MOST_RATIO * path.stat().st_size)
        content = inflated_whole(file, most, raw=True)
    elements[_SYNTAX] = struct.pack("<HH2sH", 2, _SYNTAX, b"UI", len(_EXPLICIT)) + _EXPLICIT
    meta = b"".join(elements[number] for number in sorted(elements) if number != _GROUP_LENGTH)
    length = struct.pack("<HH2sHI", 2, _GROUP_LENGTH, b"UL", 4, len(meta))
    return start[:_PREAMBLE_BYTES] + length + meta + content


def _meta_elements(start: bytes) -> tuple[dict[int, bytes], int]:
    """Return the elements of the meta information, each as a whole by its number, and where they end."""
    elements: dict[int, bytes] = {}
    at = _PREAMBLE_BYTES
    while start[at - 4 : at] == b"DICM" or elements:
        if len(start) < at + _ELEMENT_HEAD_BYTES or start[at : at + 2] != b"\2\0":
            break
        number, kind = struct.unpack_from("<H2s", start, at + 2)
        long = kind in _LONG_LENGTH
        length = struct.unpack_from("<I" if long else "<H", start, at + (8 if long else 6))[0]
        stop = at + (12 if long else 8) + length
        elements[number] = start[at:stop]
        at = stop
    return elements, at


@contextmanager
def opened_dicom(path: Path) -> Iterator[BinaryIO]:
    """Give a DICOM file to read, its data set unpacked.

    Raises:
        InputRefusedError: As `unpacked_dicom`.
    """
    content = unpacked_dicom(path)
    with path.open("rb") if content is None else io.BytesIO(content) as file:
        yield file


def read_data_set(file: BinaryIO, *, tags: Sequence[str] | None = None) -> Dataset:
    """Return the elements of a data set; with `tags` only these, up to the pixel data, where the file is left.

    Raises:
        ValueError: If an element that readers go by is there twice: of two, some take the first and others the last.
    """
    seen: set[int] = set()

    def ends(tag: BaseTag, _kind: str | None, _length: int) -> bool:
        if tag in seen and tag.group in _DECIDING_GROUPS:
            msg = "an element is there twice"
            raise ValueError(msg)
        seen.add(tag)
        return tags is not None and tag in _PIXEL_DATA

    wanted: list[BaseTag | int] | None = None if tags is None else [Tag(tag) for tag in tags]
    return read_partial(file, ends, force=True, specific_tags=wanted)


@contextmanager
def unpacked_file(path: Path) -> Iterator[Path]:
    """Give the path of a file that is not deflated: the same one, or one for the time being.

    Raises:
        InputRefusedError: As `unpacked_dicom`.
    """
    content = unpacked_dicom(path)
    if content is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="vs_dicom_") as folder:
        plain = Path(folder) / "image.dcm"
        plain.write_bytes(content)
        yield plain

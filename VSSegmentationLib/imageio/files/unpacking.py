"""The one place where packed bytes are unpacked: as far as is asked for, to their very end, with length and checksum.

Source: RFC 1950 (zlib) and RFC 1952 (gzip, whose members follow each other). Both end with a checksum of what was
packed, which the readers of other libraries look at only if the header of the image promises exactly as many bytes.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from VSSegmentationLib.errors import InputRefusedError

_CHUNK_BYTES = 256 * 1024
_EITHER = zlib.MAX_WBITS | 32
"""gzip or zlib, told by the first bytes."""
_RAW_DEFLATE = -zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"
_DAMAGED = "The compressed file is damaged or truncated; copy or export it again"


class ByteSource(Protocol):
    """What gives bytes one after the other; fewer than asked for at its end."""

    def read(self, count: int, /) -> bytes:
        """Return the next bytes."""


class Inflated:
    """The bytes of a packed stream, at most as many as are asked for; reaching the end compares its checksum."""

    def __init__(self, packed: ByteSource, *, raw: bool = False) -> None:
        self._packed = packed
        self._inflate = zlib.decompressobj(_RAW_DEFLATE if raw else _EITHER)
        self._raw = raw
        self._waiting = b""
        self._ended = False

    def read(self, count: int, /) -> bytes:
        """Return the next bytes, fewer at the end.

        Raises:
            InputRefusedError: If the stream is damaged, truncated, or followed by something else.
        """
        out = bytearray()
        while len(out) < count and not self._ended:
            chunk = self._waiting or self._packed.read(_CHUNK_BYTES)
            try:
                piece = self._inflate.decompress(chunk, count - len(out))
            except zlib.error as error:
                raise InputRefusedError(_DAMAGED) from error
            self._waiting = self._inflate.unconsumed_tail
            out += piece
            if self._inflate.eof:
                self._next_member(self._inflate.unused_data)
            elif not chunk and not piece:
                raise InputRefusedError(_DAMAGED)
        return bytes(out)

    def _next_member(self, rest: bytes) -> None:
        """Go on with the next member of a gzip file; zeros that fill up a tape or a block end it."""
        rest = rest.lstrip(b"\0")
        while not rest and (more := self._packed.read(_CHUNK_BYTES)):
            rest = more.lstrip(b"\0")
        if not rest:
            self._ended = True
            return
        rest += self._packed.read(len(_GZIP_MAGIC))
        if self._raw or not rest.startswith(_GZIP_MAGIC):
            raise InputRefusedError(_DAMAGED)
        self._inflate, self._waiting = zlib.decompressobj(_EITHER), rest


def inflated_whole(packed: ByteSource, most_bytes: int, *, raw: bool = False) -> bytes:
    """Return all that a stream unpacks to.

    Args:
        packed: From its first byte on.
        most_bytes: More is a compression bomb.
        raw: Whether it is deflate alone, without the frame of zlib or gzip, as DICOM has it.

    Raises:
        InputRefusedError: If it is damaged or truncated, or unpacks to more.
    """
    content = Inflated(packed, raw=raw).read(most_bytes + 1)
    if len(content) > most_bytes:
        megabytes = most_bytes / 1024**2
        msg = f"The file unpacks to more than {megabytes:.0f} MB, which no image of its size does; export it again"
        raise InputRefusedError(msg)
    return content


def is_gzip(path: Path) -> bool:
    """Return whether a file begins as gzip does, whatever its name says."""
    with path.open("rb") as file:
        return file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC


@contextmanager
def opened(path: Path) -> Iterator[ByteSource]:
    """Give the bytes of a file, unpacked where it is gzip."""
    packed = is_gzip(path)
    with path.open("rb") as file:
        yield Inflated(file) if packed else file


def voxel_bytes(source: ByteSource, declared: int, smallest_plane: int) -> bytes:
    """Return the bytes of the voxels, which end the source but for some filling.

    Args:
        source: From the first voxel on.
        declared: How many the header promises.
        smallest_plane: Bytes of the smallest plane of the volume along any axis: a header that lost a count along an
            axis leaves that much over at least.

    Raises:
        InputRefusedError: If there are fewer, or more than filling explains, or a checksum does not fit.
    """
    data = source.read(declared)
    if len(data) < declared:
        msg = (
            f"The file is truncated: its header promises {declared} bytes of voxels and {len(data)} are there; "
            "copy or export it again"
        )
        raise InputRefusedError(msg)
    if len(source.read(smallest_plane)) == smallest_plane:
        msg = (
            f"The file contradicts itself: its header promises {declared} bytes of voxels and more are there; "
            "copy or export it again"
        )
        raise InputRefusedError(msg)
    return data

"""A picture as PNG bytes, with the standard library alone: Slicer guarantees no imaging package."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_COLOR_TYPES = {1: 0, 3: 2}
"""PNG's number for gray and for red, green, blue, by how many values a pixel has."""


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG file of an 8-bit picture.

    Args:
        pixels: (rows, columns) gray or (rows, columns, 3) RGB, uint8, at least one of each.

    Source: PNG specification, third edition (W3C 2025), sections 5 (chunks), 9 (filter type 0), 11.2.1 (IHDR).
    """
    rows, columns = pixels.shape[:2]
    color_type = _COLOR_TYPES[1 if pixels.ndim == 2 else pixels.shape[2]]
    header = struct.pack(">IIBBBBB", columns, rows, 8, color_type, 0, 0, 0)
    unfiltered = np.pad(
        pixels.reshape(rows, -1), ((0, 0), (1, 0))
    ).tobytes()  # each row begins with filter type 0: none
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(unfiltered, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

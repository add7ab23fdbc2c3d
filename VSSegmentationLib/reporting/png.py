"""A gray picture as PNG bytes, with the standard library alone: Slicer guarantees no imaging package."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray


def encode_gray_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG file of an 8-bit gray picture.

    Args:
        pixels: (rows, columns) uint8, at least one of each.

    Source: PNG specification, third edition (W3C 2025), sections 5 (chunks), 9 (filter type 0), 11.2.1 (IHDR).
    """
    rows, columns = pixels.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    unfiltered = np.pad(pixels, ((0, 0), (1, 0))).tobytes()  # each row begins with its filter type, 0: none
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(unfiltered, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

import io
import struct
import zlib

import numpy as np
import pytest

from VSSegmentationLib.reporting.pictures.png import encode_png


def decode(data: bytes) -> np.ndarray:
    """A reader of its own: chunks with their checksums, unfiltered rows."""
    stream = io.BytesIO(data)
    assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
    chunks = {}
    while head := stream.read(8):
        length, kind = struct.unpack(">I4s", head)
        body = stream.read(length)
        assert struct.unpack(">I", stream.read(4))[0] == zlib.crc32(kind + body)
        chunks[kind] = body
    columns, rows, depth, color = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, list(chunks)[-1]) == (8, b"IEND")
    channels = {0: 1, 2: 3}[color]
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(rows, channels * columns + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape((rows, columns) if channels == 1 else (rows, columns, 3))


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (146, 97), (1, 1, 3), (5, 4, 3)])
def test_picture_comes_back_as_it_was(shape):
    pixels = np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)
    assert np.array_equal(decode(encode_png(pixels)), pixels)


def test_another_reader_sees_the_same_picture():
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed; the own reader above is")
    for shape in ((3, 4), (2, 2, 3)):
        pixels = np.arange(12, dtype=np.uint8).reshape(shape) * 20
        assert np.array_equal(np.asarray(image.open(io.BytesIO(encode_png(pixels)))), pixels)

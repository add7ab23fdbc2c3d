"""Packing voxels slice by slice: neither the bytes of a whole head nor their packed form is held a second time."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEVEL = 6
_GZIP = zlib.MAX_WBITS | 16
"""gzip's frame, without a time stamp: the same volume gives the same bytes."""


def planes_of(array: NDArray[Any]) -> Iterator[bytes]:
    """Yield the bytes of one slice of (D, H, W) after the other, in C order."""
    for plane in array:
        yield np.ascontiguousarray(plane).tobytes()


def gzipped(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what gzip makes of all parts together."""
    return _packed(parts, _GZIP)


def zlib_packed(parts: Iterable[bytes]) -> bytes:
    """Return what zlib makes of all parts together."""
    return b"".join(_packed(parts, zlib.MAX_WBITS))


def _packed(parts: Iterable[bytes], frame: int) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=frame)
    for part in parts:
        yield packer.compress(part)
    yield packer.flush()

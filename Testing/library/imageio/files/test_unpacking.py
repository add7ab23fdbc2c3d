"""How much is unpacked: all of what is asked for, not a byte more, and nothing behind its end."""

import gzip
import io
import zlib

import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.files.unpacking import Inflated, inflated_whole

WORDS = bytes(range(256)) * 10


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize("most", [len(WORDS), len(WORDS) + 1])
def test_a_stream_may_unpack_to_just_as_much_as_is_allowed(most):
    assert inflated_whole(io.BytesIO(zlib.compress(WORDS)), most) == WORDS


@pytest.mark.parametrize(("most", "told"), [(1_048_576, "more than 1 MB"), (1_574_000, "more than 2 MB")])
def test_more_is_refused_in_whole_megabytes_of_1024_times_1024_bytes(most, told):
    """1 574 000 bytes are 1.501 of them."""
    with pytest.raises(InputRefusedError, match=told):
        inflated_whole(io.BytesIO(zlib.compress(bytes(most + 1))), most)


def test_of_a_long_stream_just_so_many_bytes_are_given_as_are_asked_for():
    content = np.random.default_rng(1).integers(0, 256, 900_000, np.uint8).tobytes()  # packed as long as they are
    source = Inflated(io.BytesIO(zlib.compress(content)))
    assert [source.read(count) for count in (500_000, 1, 399_998, 5)] == [
        content[:500_000], content[500_000:500_001], content[500_001:-1], content[-1:],
    ]  # fmt: skip


def test_members_of_gzip_follow_each_other_and_zeros_may_fill_up_what_is_left():
    packed = gzip.compress(WORDS) + gzip.compress(b"more") + bytes(300_000)
    assert inflated_whole(io.BytesIO(packed), 10_000) == WORDS + b"more"


@pytest.mark.parametrize(
    ("packed", "is_raw"),
    [
        (zlib.compress(WORDS) + zlib.compress(b"more"), False),
        (gzip.compress(WORDS) + b"more", False),
        (raw_deflate(WORDS) + gzip.compress(b"more"), True),
        (raw_deflate(WORDS) + b"more", True),
    ],
)
def test_anything_else_behind_a_stream_is_damage(packed, is_raw):
    with pytest.raises(InputRefusedError, match="damaged or truncated"):
        inflated_whole(io.BytesIO(packed), 10_000, raw=is_raw)
    assert inflated_whole(io.BytesIO(raw_deflate(WORDS) + bytes(2)), 10_000, raw=True) == WORDS

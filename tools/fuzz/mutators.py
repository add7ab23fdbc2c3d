"""Ways in which files are damaged: turned bits, lost and doubled pieces, numbers and words that nobody expects."""

import copy
import json
import random
import re
import struct
from collections.abc import Callable
from typing import Any

_NUMBERS = (0.0, -0.0, -1.0, 1.0, 1e-20, 1e20, 3e38, float("nan"), float("inf"), float("-inf"), 255.0, 65536.0)
_WHOLE = (0, 1, -1, 2, 3, 127, 255, 256, 32767, 65535, 2**31 - 1, -(2**31), 2**32 - 1)
_WORDS = (
    b"nan", b"inf", b"-1", b"0", b"1e400", b"1e-400", b"", b"9" * 400, b"9" * 5000, b"(", b")", b"none", b"\xfc",
    b"\x00", b"true", b"null", b"NaN", b"-Infinity", b"[" * 3000, b"{", b"\"", b"../../x", b"%s%n", b"LIST",
    b"\xff\xfe",
)  # fmt: skip

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 10**30, 0.5, 1e308, -1e-320, "", "x", "a" * 400, "\x00", "../x", "NaN", [], [[]], [0],
    [None], ["x"], {}, {"x": 0}, {"": None},
)  # fmt: skip
_TYPES_CHANGED = 0.5
"""Share of JSON files that stay JSON, with other values in them."""


def mutated(content: bytes, rng: random.Random, *, head: int | None = None) -> bytes:
    """Return the content damaged in one to four ways.

    Args:
        content: Of a sound file.
        rng: Decides everything.
        head: So many first bytes are damaged as often as all the rest: where a header lies.
    """
    if content[:1] in b"{[" and rng.random() < _TYPES_CHANGED:
        return _change_values(content, rng)
    for _ in range(rng.choice((1, 1, 1, 1, 1, 2, 3))):
        end = len(content) if head is None or rng.random() < 0.4 else min(head, len(content))
        content = rng.choice(_WAYS)(content, max(end, 1), rng)
    return content


def _turn_bits(content: bytes, end: int, rng: random.Random) -> bytes:
    out = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8))):
        if out:
            out[rng.randrange(min(end, len(out)))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _put_number(content: bytes, end: int, rng: random.Random) -> bytes:
    form = rng.choice(("<f", ">f", "<d", "<h", "<H", "<i", "<I", ">i", "<q"))
    value = rng.choice(_NUMBERS) if form[1] in "fd" else rng.choice(_WHOLE)
    if form[1] not in "fd":
        bits = 8 * struct.calcsize(form)
        value = value % 2**bits
        value = value - 2**bits if form[1].islower() and value >= 2 ** (bits - 1) else value
    piece = struct.pack(form, value)
    at = rng.randrange(max(1, end - len(piece))) // 2 * 2
    return content[:at] + piece + content[at + len(piece) :]


def _cut(content: bytes, _end: int, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _lose(content: bytes, end: int, rng: random.Random) -> bytes:
    at = rng.randrange(end)
    return content[:at] + content[at + rng.choice((1, 2, 4, 64)) :]


def _double(content: bytes, end: int, rng: random.Random) -> bytes:
    at, length = rng.randrange(end), rng.choice((1, 4, 64, 512))
    return content[: at + length] + content[at:]


def _put_word(content: bytes, end: int, rng: random.Random) -> bytes:
    """Put another word in the place of one; of a file that is no text, a few letters of it pass for one."""
    words = list(re.finditer(rb"[-+.\w]+", content[:end]))
    if not words:
        return _turn_bits(content, end, rng)
    word = rng.choice(words)
    return content[: word.start()] + rng.choice(_WORDS) + content[word.end() :]


def _change_lines(content: bytes, end: int, rng: random.Random) -> bytes:
    lines = content[:end].split(b"\n")
    at = rng.randrange(len(lines))
    how = rng.randrange(4)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(rng.randrange(len(lines)), lines[at])
    elif how == 2:
        lines[at] += b"x" * rng.choice((100, 70_000))
    else:
        lines[at] = rng.choice(_WORDS)
    return b"\n".join(lines) + content[end:]


def _change_values(content: bytes, rng: random.Random) -> bytes:
    """Put other values in the place of one to three of a JSON text, or of one line of JSON lines."""
    lines = content.split(b"\n")
    at = rng.randrange(len(lines)) if lines[0][-1:] in b"}]" else None
    text = content if at is None else lines[at]
    try:
        value = json.loads(text)
    except ValueError:  # an empty line, or other text that begins as JSON does
        return _turn_bits(content, len(content), rng)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        value = _with_another(value, rng)
    changed = json.dumps(value).encode()
    return changed if at is None else b"\n".join([*lines[:at], changed, *lines[at + 1 :]])


def _with_another(value: Any, rng: random.Random) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict | list) and value and rng.random() < 0.85:
        key: Any = rng.choice(sorted(value)) if isinstance(value, dict) else rng.randrange(len(value))
        if rng.random() < 0.1:
            del value[key]
        else:
            value[key] = _with_another(value[key], rng)
        return value
    return copy.deepcopy(rng.choice(_VALUES))


_WAYS: tuple[Callable[[bytes, int, random.Random], bytes], ...] = (
    _turn_bits, _turn_bits, _turn_bits, _turn_bits, _put_number, _put_number, _put_number, _cut,
    _lose, _double, _put_word, _put_word, _change_lines,
)  # fmt: skip

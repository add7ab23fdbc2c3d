"""JSON as RFC 8259 has it: of any damage one kind of error, and no numbers that are none."""

import json
import math
import re
from pathlib import Path
from typing import Any


def parse_json(text: str | bytes, *, finite: bool = True, any_name: bool = False) -> Any:  # noqa: ANN401 - whatever the text holds
    """Return what a JSON text in UTF-8 holds.

    Args:
        text: The text.
        finite: Whether NaN, infinity and whole numbers beyond what a double holds are refused; some programs write
            them where nobody looks. Else such a whole number is infinite, as it is to JavaScript.
        any_name: Whether halves of characters are let pass, as which Python carries names of files that are no UTF-8.

    Raises:
        ValueError: If it is none, nests deeper than anybody writes, holds half of a character that is written as two,
            or NaN or infinity and must not.
    """
    try:
        if not finite:
            value = json.loads(text, parse_int=_whole)
        else:
            value = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_finite_whole)
        return value if any_name else _with_whole_texts(value, text)
    except RecursionError as error:
        msg = "the text nests too deeply"
        raise ValueError(msg) from error


def read_json_file(path: Path, *, finite: bool = True) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return what a JSON file holds.

    Raises:
        ValueError: As `parse_json`; also if it is no UTF-8.
        OSError: If it can't be read.
    """
    return parse_json(path.read_text(encoding="utf-8"), finite=finite)


def _with_whole_texts(value: Any, text: str | bytes) -> Any:  # noqa: ANN401 - whatever the text holds
    r"""Return the value if its texts are Unicode: \ud800 alone is JSON, and nothing can write it again."""
    half = r"\\u[dD][89a-fA-F]"
    if re.search(half, text) if isinstance(text, str) else re.search(half.encode(), text):
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # of which UnicodeEncodeError is a ValueError
    return value


def _refuse(constant: str) -> None:
    msg = f"numbers must be finite, got {constant}"
    raise ValueError(msg)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _refuse(text[:20])
    return number


def _whole(text: str) -> int | float:
    number = float(text)
    return number if math.isinf(number) else int(text)


def _finite_whole(text: str) -> int | float:
    number = _whole(text)
    if isinstance(number, float):
        _refuse(text[:20])
    return number

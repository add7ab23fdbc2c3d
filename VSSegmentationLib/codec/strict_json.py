"""JSON as RFC 8259 has it: of any damage one kind of error, and no numbers that are none."""

import json
from pathlib import Path
from typing import Any


def parse_json(text: str | bytes, *, finite: bool = True) -> Any:  # noqa: ANN401 - whatever the text holds
    """Return what a JSON text in UTF-8 holds.

    Args:
        text: The text.
        finite: Whether NaN and infinity are refused; some programs write them where nobody looks.

    Raises:
        ValueError: If it is none, nests deeper than anybody writes, or holds NaN or infinity and must not.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite) if finite else json.loads(text)
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


def _refuse(constant: str) -> None:
    msg = f"numbers must be finite, got {constant}"
    raise ValueError(msg)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        _refuse(text[:20])
    return number

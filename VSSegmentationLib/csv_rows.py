"""Rows as CSV (RFC 4180): one writer for every table of the library, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

CsvRow = Mapping[str, object]


def csv_text(columns: Sequence[str], rows: Iterable[CsvRow], *, header: bool = True, line_end: str = "\r\n") -> str:
    """Return rows as CSV; text that a spreadsheet would run as a formula is defused by an apostrophe.

    Args:
        columns: In their order; a row need not have all of them, and what it has beside them is left out.
        rows: Values by column; None leaves the cell empty.
        header: Whether the names of the columns come first.
        line_end: As RFC 4180 has it, or a line feed alone for tables that programs append to.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator=line_end)
    if header:
        writer.writeheader()
    writer.writerows({name: defused(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[CsvRow]) -> None:
    """Write rows as a CSV file in UTF-8; see `csv_text`."""
    path.write_text(csv_text(columns, rows), encoding="utf-8", newline="")


def defused(value: object) -> object:
    """Return text that no spreadsheet takes for a formula; numbers, also negative ones, and a lone sign stay."""
    if not isinstance(value, str) or len(value.strip()) == 1 or _is_number(value):
        return value
    return f"'{value}" if _begins_like_a_formula(value) else value


def _begins_like_a_formula(text: str) -> bool:
    return text.lstrip()[:1] in tuple("=+-@|%＝＋－＠") or text[:1] in tuple("\t\r\n")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text[:1] not in tuple("\t\r\n")

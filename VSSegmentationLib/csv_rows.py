"""Rows as CSV (RFC 4180): one writer for every table of the library, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

CsvRow = Mapping[str, object]


def csv_text(
    columns: Sequence[str],
    rows: Iterable[CsvRow],
    *,
    header: bool = True,
    line_end: str = "\r\n",
    numbers_only: bool = False,
) -> str:
    """Return rows as CSV; text that a spreadsheet would run as a formula is defused by an apostrophe.

    Args:
        columns: In their order; a row need not have all of them, and what it has beside them is left out.
        rows: Values by column; None leaves the cell empty.
        header: Whether the names of the columns come first.
        line_end: As RFC 4180 has it, or a line feed alone for tables that programs append to.
        numbers_only: Whether all cells are numbers, some already written out: none is text to defuse.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator=line_end)
    if header:
        writer.writeheader()
    kept: Callable[[object], object] = (lambda value: value) if numbers_only else defused
    writer.writerows({name: kept(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[CsvRow]) -> None:
    """Write rows as a CSV file in UTF-8; see `csv_text`."""
    path.write_text(csv_text(columns, rows), encoding="utf-8", newline="")


def defused(value: object) -> object:
    """Return text that no spreadsheet takes for a formula; numbers, also negative ones, and a lone sign stay."""
    if isinstance(value, str) and len(value.strip()) != 1 and _begins_like_a_formula(value):
        return f"'{value}"
    return value


def _begins_like_a_formula(text: str) -> bool:
    return text.lstrip()[:1] in tuple("=+-@|%＝＋－＠") or text[:1] in tuple("\t\r\n")

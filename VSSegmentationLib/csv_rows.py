"""Rows as CSV (RFC 4180): one writer and one reader for every table, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from VSSegmentationLib.errors import InputRefusedError

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
    writer.writerows({name: kept(_written(value)) for name, value in row.items()} for row in rows)
    return text.getvalue()


def spelled(name: str) -> str:
    """Return the name of a file as UTF-8 can hold it; of bytes that are none, a replacement character is left.

    Names are bytes on POSIX: Python carries those that it can't spell in halves of characters, which nothing can write.
    """
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _written(value: object) -> object:
    return spelled(value) if isinstance(value, str) else value


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[CsvRow]) -> None:
    """Write rows as a CSV file in UTF-8; see `csv_text`."""
    path.write_text(csv_text(columns, rows), encoding="utf-8", newline="")


class CsvTable(NamedTuple):
    """A table that was read."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    """Each with a text for every column."""

    def checked(self, names: Sequence[str], name: str) -> "CsvTable":
        """Return the table, which has these columns among others.

        Raises:
            InputRefusedError: If it has not.
        """
        if missing := [each for each in names if each not in self.columns]:
            msg = f"{name} must have the columns {', '.join(names)}, and it lacks {', '.join(missing)}; correct it"
            raise InputRefusedError(msg)
        return self


def read_csv(path: Path, *, separator: str = ",") -> CsvTable:
    """Read a table in UTF-8 whose first row names the columns.

    Raises:
        InputRefusedError: If it is none, names a column twice, or has a row of another length.
    """
    try:
        return parse_csv(path.read_text(encoding="utf-8-sig"), path.name, separator=separator)
    except UnicodeDecodeError as error:
        msg = f"{path.name} is no table in UTF-8; save it as UTF-8"
        raise InputRefusedError(msg) from error


def parse_csv(text: str, name: str, *, separator: str = ",") -> CsvTable:
    """Return the table that a text is.

    Args:
        text: With a first row that names the columns.
        name: Of the table, for errors.
        separator: What stands between cells.

    Raises:
        InputRefusedError: As `read_csv`.
    """
    try:
        head, *rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator, strict=True) if row] or [[]]
    except csv.Error as error:
        msg = f"{name} is no table ({type(error).__name__}); save it as CSV"
        raise InputRefusedError(msg) from error
    if len({*head}) < len(head):
        msg = f"{name} has a column twice; take one out"
        raise InputRefusedError(msg)
    for line, row in enumerate(rows, start=2):
        if len(row) != len(head):
            msg = f"line {line} of {name} has another number of columns than its head; correct it"
            raise InputRefusedError(msg)
    return CsvTable(tuple(head), [dict(zip(head, row, strict=True)) for row in rows])


def defused(value: object) -> object:
    """Return text that no spreadsheet takes for a formula; numbers, also negative ones, and a lone sign stay."""
    if isinstance(value, str) and len(value.strip()) != 1 and _begins_like_a_formula(value):
        return f"'{value}"
    return value


def _begins_like_a_formula(text: str) -> bool:
    return text.lstrip()[:1] in tuple("=+-@|%＝＋－＠") or text[:1] in tuple("\t\r\n")

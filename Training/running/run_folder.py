"""A run folder: recipe.toml, environment.json, logs (CSV, TensorBoard), pictures, checkpoint.pt and best.pt."""

import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from Training.running.board import Board
from Training.tables import to_table, to_toml
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.csv_rows import csv_text, parse_csv
from VSSegmentationLib.errors import UsageError, VSSegmentationError

LOG_COLUMNS = (
    "step", "total", "dice", "cross_entropy", "attention", "boundary", "boundary_counted", "gradient_norm",
    "learning_rate", "seconds",
)  # fmt: skip


class DiskFullError(VSSegmentationError, OSError):
    """There is no room left for what a run writes; what it wrote before is whole."""


@contextmanager
def disk_full_explained() -> Iterator[None]:
    """Turn the system's word for a full disk or quota into one that says what is left and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        msg = (
            "there is no space left on the disk of the run folder; its last checkpoint is whole. "
            "Make room, then --resume goes on from there"
        )
        raise DiskFullError(msg) from error


class RunFolder:
    """Where a run keeps what it writes; both logs hold every step once, whatever was interrupted."""

    def __init__(self, path: Path, *, columns: Sequence[str] = LOG_COLUMNS, tensorboard: bool = False) -> None:
        """Take the folder, and the columns of its step log, the first of which is `step`."""
        self.path = path
        self.columns = tuple(columns)
        self._wants_board = tensorboard
        self._board: Board | None = None
        self.checkpoint = path / "checkpoint.pt"
        self.best = path / "best.pt"
        self.log = path / "log.csv"
        self.validation = path / "validation.csv"
        self.curves = path / "curves.png"
        self.predictions = path / "predictions.png"

    def refuse_if_used(self) -> None:
        """Refuse a folder that holds anything.

        Raises:
            UsageError: So that no run is ever overwritten.
        """
        if self.path.exists() and any(self.path.iterdir()):
            msg = f"the run folder {self.path.name!r} is not empty; add --resume to go on with it, or choose another"
            raise UsageError(msg)

    def prepare(self, recipe: object, environment: Mapping[str, Any], *, finished_steps: int) -> None:
        """Write what the run was started with, and cut both logs back to the steps that the checkpoint holds."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_text_atomically(self.path / "recipe.toml", to_toml(to_table(recipe)))
        write_text_atomically(self.path / "environment.json", json.dumps(environment, indent=2) + "\n")
        for log in (self.log, self.validation):
            if log.exists():
                _rewrite(log, [row for row in read_rows(log) if int(row["step"]) <= finished_steps])
        if self._wants_board:
            self._board = Board(self.path / "tensorboard", finished_steps=finished_steps)

    def append_log(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Add rows with the keys `columns`, and bring them to the disk."""
        is_new = not self.log.exists() or self.log.stat().st_size == 0
        with self.log.open("a", encoding="utf-8", newline="") as file:
            file.write(csv_text(self.columns, rows, header=is_new, line_end="\n", numbers_only=True))
            file.flush()
            os.fsync(file.fileno())  # a checkpoint must never be ahead of its log
        if self._board is not None:
            self._board.add_log(rows)

    def append_validation(self, step: int, values: Mapping[str, float]) -> None:
        """Add one row of what was measured after this many steps; a value not measured before makes a new column."""
        row = {"step": str(step), **{name: f"{value:.6g}" for name, value in values.items()}}
        _rewrite(self.validation, [*read_rows(self.validation), row])
        if self._board is not None:
            self._board.add_validation(step, values)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a log; a missing one has no rows. A last line that a kill cut off is left out."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1]
    return parse_csv(complete, path.name).rows


def _rewrite(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    write_text_atomically(path, csv_text(columns, rows, header=bool(rows), line_end="\n", numbers_only=True))

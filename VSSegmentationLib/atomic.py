"""Files written so that a kill at any moment leaves the former one or the new one, never half of one.

`note_finished` and `what_was_written` let the end of a command tell truly whether it has written anything.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO


class _Finished:
    count = 0


def note_finished() -> None:
    """Say that a result of this process is whole and in its place, whatever comes after it."""
    _Finished.count += 1


def finished_count() -> int:
    """Return how many results this process has brought into their places."""
    return _Finished.count


def what_was_written(before: int) -> str:
    """Return in words what is left by work that ends early.

    Args:
        before: What `finished_count` was when the work began.
    """
    return "nothing was written" if finished_count() == before else "what was finished before is kept"


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill a hidden file beside `path`, bring it to the disk, then put it in the place of `path`.

    Args:
        path: Its folder exists; an existing file is replaced.
        write: Given the open binary file. What it raises is raised on, and nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.partial")  # always the same: what a kill left is written over
    if path.is_file() and (os.path.ismount(path) or not os.access(path.parent, os.W_OK | os.X_OK)):
        _write_over(path, write)
        return
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_over(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Fill a file in whose place nothing can be put, as containers mount one, with what was whole before."""
    with tempfile.TemporaryFile() as whole:
        write(whole)
        whole.seek(0)
        with path.open("r+b") as file:
            shutil.copyfileobj(whole, file)
            file.truncate()
            os.fsync(file.fileno())


def write_text_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text the same way."""
    write_atomically(path, lambda file: file.write(text.encode("utf-8")))

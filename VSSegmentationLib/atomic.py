"""Files written so that a kill at any moment leaves the former one or the new one, never half of one."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO


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

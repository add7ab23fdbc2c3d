"""Whether the files of a case are those of the last run: a look at each first, its content only where that differs."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

_CHUNK = 1024 * 1024


def look_of(files: Sequence[Path]) -> str:
    """Return a hash of name, size, time of change (ns) and inode of each file; nothing is read.

    Raises:
        OSError: If one is not there.
    """
    digest = hashlib.sha256()
    for path in files:
        facts = path.stat()
        digest.update(f"{path.name}\0{facts.st_size}\0{facts.st_mtime_ns}\0{facts.st_ino}\n".encode("utf-8", "replace"))
    return digest.hexdigest()


def content_of(files: Sequence[Path]) -> str:
    """Return the SHA-256 of what the files hold, in their order, each with its length.

    Raises:
        OSError: If one can't be read.
    """
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()

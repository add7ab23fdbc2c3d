"""A mark in the name of a temporary file or folder that says which process made it, and whether that is gone."""

import hashlib
import os
import platform
import re
import time
from pathlib import Path

_FORM = re.compile(r"-?([0-9a-f]{8})-(\d+)-(\d+)")
_ABANDONED_AFTER_SECONDS = 3600.0
"""Where nobody can tell whether the maker is there: on another machine, in another container, of an older version."""


def own_mark() -> str:
    """Return the mark of this process: machine (or container), number, and when it began."""
    return f"{_machine()}-{os.getpid()}-{_began(os.getpid())}"


def maker_is_gone(mark: str, made: Path) -> bool:
    """Return whether the process that made something is there no more.

    Args:
        mark: Begins as `own_mark` has it, after a dash or at once; anything else is of a maker that is not known.
        made: What it made: if nobody can tell, what is older than an hour was left by a run that was killed.
    """
    found = _FORM.match(mark)
    if found is None or found[1] != _machine() or os.name == "nt":
        try:
            return time.time() - made.stat().st_mtime > _ABANDONED_AFTER_SECONDS
        except OSError:
            return False  # somebody else cleared it away
    number, began = int(found[2]), int(found[3])
    try:
        os.kill(number, 0)  # asks only
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # it is there, and another user's
        pass
    return _began(number) != began


def _machine() -> str:
    """Return what processes have in common that see each other by their numbers."""
    try:
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        space = Path()
    return hashlib.sha256(f"{platform.node()} {space}".encode("utf-8", "replace")).hexdigest()[:8]


def _began(number: int) -> int:
    """Return when a process began, in ticks since the machine did; 0 where the system does not tell."""
    try:
        after_name = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        return int(after_name.split()[19])
    except (OSError, ValueError, IndexError):
        return 0

"""None that cannot be used up: some compiled package of the host gives back more references to it than it took.

From Python 3.12 on, which Slicer carries, None is immortal (PEP 683). In Python 3.11 its count of references runs out
after enough clicks, and the process is aborted ("deallocating None").
"""

import ctypes
import sys


def make_none_immortal() -> None:
    """Raise the count of references to None so far that it never comes down to 0; nothing to do from Python 3.12 on."""
    if sys.version_info < (3, 12):
        ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40

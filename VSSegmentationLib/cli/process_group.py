"""A process that a parent program can end together with everything it has started."""

import os
import sys


def lead_own_group() -> int:
    """Lead a process group, unless at a terminal or on Windows, and return the process number.

    The parent may have started a launcher, such as PythonSlicer, whose end would leave this process running.
    """
    if os.name != "nt" and not sys.stdin.isatty() and os.getpid() != os.getpgrp():
        os.setpgrp()
    return os.getpid()

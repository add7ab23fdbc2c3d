"""The real command: in a process of its own, as a shell starts it, or, where that shows nothing more, in this one."""

import contextlib
import io
import logging
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

from VSSegmentationLib.__main__ import main

ROOT = Path(__file__).resolve().parents[2]

COMMAND = (sys.executable, "-m", "VSSegmentationLib")


class Done(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def environment(home: Path | None = None) -> dict[str, str]:
    """The parent's, with the repository to import from whatever the current folder is, before what is on the path."""
    own_home = {} if home is None else {"HOME": str(home), "USERPROFILE": str(home)}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, **own_home, "PYTHONPATH": path}


def vs_segmentation(*words: str | Path, cwd: Path | None = None, home: Path | None = None) -> Done:
    """Run the command in a process of its own."""
    return _run([*COMMAND, *map(str, words)], cwd, home)


def run_python(script: str, *words: str | Path, cwd: Path | None = None) -> Done:
    """Run a few lines of Python in a process of their own."""
    return _run([sys.executable, "-c", script, *map(str, words)], cwd, None)


def _run(command: list[str], cwd: Path | None, home: Path | None) -> Done:
    done = subprocess.run(
        command, cwd=cwd, env=environment(home), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        timeout=300, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def in_this_process(*words: str | Path) -> Done:
    """Run the command without the seconds that a new process needs to import torch; leaves this process as it was."""
    out, err = io.StringIO(), io.StringIO()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    hook, log_handlers = sys.excepthook, logging.getLogger().handlers[:]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            code = main([*map(str, words)])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.excepthook = hook
        logging.getLogger().handlers[:] = log_handlers
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return Done(code, out.getvalue(), err.getvalue())

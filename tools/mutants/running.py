"""Tests of a copy of the repository, in a process that is split off from one that has imported all else already."""

import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

_SELECTED = ("-q", "-p", "no:cacheprovider", "-m", "not slow")
_OF_OTHERS = ("scipy.ndimage", "scipy.optimize", "SimpleITK", "pydicom", "nibabel", "hypothesis", "torch", "highdicom")
"""What takes most of the time that a test takes to begin."""


class TimeIsOverError(Exception):
    """The tests took too long."""


def import_all_else() -> None:
    """Import what tests need and no change touches: once, for all processes that are split off."""
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # threads do not survive a fork
    for name in _OF_OTHERS:
        importlib.import_module(name)


def run_tests(words: Sequence[str], root: Path, *, limit: float | None, heard: bool = False) -> int:
    """Run tests of the repository at `root`, and return what pytest ends with.

    Args:
        words: Arguments of pytest.
        root: Of the repository, or of a copy of it.
        limit: Seconds.
        heard: Whether what they say is shown.

    Raises:
        TimeIsOverError: If that takes longer than the limit.
    """
    process = multiprocessing.get_context("fork").Process(target=_run, args=(list(words), root, heard))
    process.start()
    process.join(limit)
    if process.is_alive():
        assert process.pid is not None
        os.killpg(process.pid, signal.SIGKILL)  # with all that tests have started
        process.join()
        raise TimeIsOverError
    assert process.exitcode is not None
    return process.exitcode


def _run(words: list[str], root: Path, heard: bool) -> None:
    os.setsid()
    if not heard:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
    os.chdir(root)
    sys.path[:] = [str(root), *(each for each in sys.path if not (Path(each or ".") / "VSSegmentationLib").is_dir())]
    os.environ["PYTHONPATH"] = str(root)
    os._exit(int(pytest.main([*_SELECTED, *words])))

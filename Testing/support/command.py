"""The real command, in a process of its own, as a shell would start it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

COMMAND = (sys.executable, "-m", "VSSegmentationLib")


def environment() -> dict[str, str]:
    """The parent's, with the repository to import from whatever the current folder is."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def vs_segmentation(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return _run([*COMMAND, *map(str, words)], cwd)


def run_python(script: str, *words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a few lines of Python that prepare something and then call the command's own `main`."""
    return _run([sys.executable, "-c", script, *map(str, words)], cwd)


def _run(command: list[str], cwd: Path | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        timeout=300, check=False,
    )  # fmt: skip

"""Install a wheel into a fresh environment of its own and see that the command answers there.

Usage: python tools/try_wheel.py WHEEL [TORCH]
       make wheel
Nothing but the package and what it depends on is installed: what only the tests bring along would be missed here.
"""

import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

QUESTIONS = (("--version",), ("--help",), ("models", "list"))
"""What has to be answered; the last one reads the models that come along."""


def try_wheel(wheel: Path, folder: Path, torch: str = "torch") -> tuple[str, ...]:
    """Return what the installed command answers to `QUESTIONS`.

    Args:
        wheel: The file.
        folder: Empty; the environment is made in it.
        torch: What to ask pip for as PyTorch, first, so that no other build comes along with the package.

    Raises:
        subprocess.CalledProcessError: If the wheel cannot be installed, or a question is not answered.
    """
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    install = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for what in (torch, str(wheel)):
        _run([*install, what], folder)
    return tuple(_run([str(programs / "vs-segmentation"), *words], folder) for words in QUESTIONS)


def _run(words: Sequence[str], folder: Path) -> str:
    """Return what a command prints that sees the new environment alone, and no folder of this repository."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd=folder, env=around).stdout


def main() -> None:
    """Try the wheel that the command line names."""
    wheel, torch = Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else "torch"
    with tempfile.TemporaryDirectory() as folder:
        version, *_ = try_wheel(wheel, Path(folder), torch)
    print(f"{wheel.name} installs by itself and answers: {version.strip()}")


if __name__ == "__main__":
    main()

"""The set-up finds a Python that really runs."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "find_python.sh"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell script")


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _find(folder: Path, *wanted: str, **environment: str) -> subprocess.CompletedProcess[str]:
    environment["PATH"] = str(folder)
    return subprocess.run(["/bin/sh", SCRIPT, *wanted], env=environment, capture_output=True, text=True, check=False)


def test_a_shim_that_fails_and_a_python_that_does_not_fit_are_passed_over(tmp_path: Path):
    _program(tmp_path / "python3", "exit 1")  # runs, and is another version
    _program(tmp_path / "python3.12", "echo 'command not found' >&2; exit 127")  # a version manager's shim
    _program(tmp_path / "python3.11", f'exec "{sys.executable}" "$@"')
    found = _find(tmp_path)
    assert (found.returncode, found.stdout.strip()) == (0, sys.executable)


def test_the_python_asked_for_is_the_only_one_tried(tmp_path: Path):
    _program(tmp_path / "python3", f'exec "{sys.executable}" "$@"')
    refused = _find(tmp_path, "python3.9")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "PYTHON=python3.9 is not" in refused.stderr


def test_a_version_asked_for_is_the_one_found_and_no_other(tmp_path: Path):
    here = "3.{1}".format(*sys.version_info)
    other = {"3.11": "3.12", "3.12": "3.11"}[here]
    _program(tmp_path / "python3", f'exec "{sys.executable}" "$@"')
    assert _find(tmp_path, here).stdout.strip() == sys.executable
    refused = _find(tmp_path, other)
    assert refused.returncode == 1
    assert f"a Python {other} is not there" in refused.stderr


def test_a_version_that_pyenv_has_installed_is_found_though_its_shim_fails(tmp_path: Path):
    here = "3.{1}".format(*sys.version_info)
    _program(tmp_path / f"python{here}", "exit 127")
    installed = tmp_path / "pyenv" / "versions" / f"{here}.1" / "bin"
    installed.mkdir(parents=True)
    _program(installed / "python", f'exec "{sys.executable}" "$@"')
    found = _find(tmp_path, here, PYENV_ROOT=str(tmp_path / "pyenv"))
    assert (found.returncode, found.stdout.strip()) == (0, sys.executable)


def test_without_any_one_line_says_what_is_missing(tmp_path: Path):
    refused = _find(tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "Python 3.11 or 3.12 is needed" in refused.stderr

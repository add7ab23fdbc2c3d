"""`.ci/run` proves both Pythons where both are there, and fails if a part does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = "3.{1}".format(*sys.version_info)
OTHER = {"3.11": "3.12", "3.12": "3.11"}[HERE]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell script")


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _pretends_to_be(version: str, path: Path) -> str:
    major, minor = version.split(".")
    pretends = f"import sys; sys.version_info = ({major}, {minor}, 0); sys.executable = '{path}'; exec(sys.argv[2])"
    return f'exec "{sys.executable}" -c "{pretends}" "$@"'


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder first on the path, with this Python, no other, and a `make` that writes down what it is asked."""
    for name in ("python", f"python{OTHER}"):
        _program(tmp_path / name, "exit 127")
    for name in ("python3", f"python{HERE}"):
        _program(tmp_path / name, f'exec "{sys.executable}" "$@"')
    _program(tmp_path / "make", f'echo "$@" >> "{tmp_path}/asked"; [ "$1" != "$FAILS" ]')
    return tmp_path


def _run(programs: Path, *, fails: str = "nothing") -> tuple[subprocess.CompletedProcess[str], list[str]]:
    environment = {"PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin", "FAILS": fails}
    command = [ROOT / ".ci" / "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done, (programs / "asked").read_text().splitlines()


def test_the_other_python_gets_a_short_proof_after_the_first_one(programs: Path):
    other = programs / f"python{OTHER}"
    _program(other, _pretends_to_be(OTHER, other))
    done, asked = _run(programs)
    assert asked[0] == "test"
    assert sorted(asked[1:]) == ["fuzz", "test-next-slicer", f"test-short PYTHON={other}"]  # the fuzzer beside others
    assert done.returncode == 0, done.stderr


def test_where_the_other_python_is_not_there_one_line_says_so(programs: Path):
    done, asked = _run(programs)
    assert asked[0] == "test"
    assert sorted(asked[1:]) == ["fuzz", "test-next-slicer"]
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Python {OTHER} is not here: ")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("part", ["test", "fuzz", "test-next-slicer", "test-short"])
def test_a_part_that_fails_fails_the_whole(programs: Path, part: str):
    other = programs / f"python{OTHER}"
    _program(other, _pretends_to_be(OTHER, other))
    done, _ = _run(programs, fails=part)
    assert done.returncode != 0


def test_the_short_proof_is_lint_types_and_tests_that_are_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\ntest-short: lint types short\n" in makefile
    printed = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "short", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    places = [word for word in printed.split() if word.startswith("Testing/")]
    assert len(places) > 3
    assert [place for place in places if not (ROOT / place).exists()] == []

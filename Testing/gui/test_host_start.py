"""The host starts once, says what is missing, and fails tests in which something went wrong unseen."""

import ctypes
import re
import subprocess
import sys
from pathlib import Path

import pytest

from Testing.support.host import offscreen

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("kind", "package"), [("vtkOSOpenGLRenderWindow", "libosmesa6"), ("vtkEGLRenderWindow", "libegl1")]
)
def test_a_missing_library_is_named_before_vtk_would_crash(monkeypatch, kind, package):
    def missing(name):
        message = f"{name}: cannot open shared object file"
        raise OSError(message)

    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", kind)
    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(offscreen.NoOffscreenRenderingError, match=f"please install {package}"):
        offscreen.check()


def test_what_the_environment_says_wins(monkeypatch):
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    offscreen.prepare()
    assert offscreen.os.environ["VTK_DEFAULT_OPENGL_WINDOW"] == "vtkEGLRenderWindow"
    assert offscreen.os.environ["QT_QPA_PLATFORM"] == "offscreen"


BAD_TESTS = """
from Testing.support.host.fixtures import _running_host, module_widget, pytest_collection_modifyitems, qapp, slicer_host


def test_a_slot_raises(slicer_host):
    import qt

    button = qt.QPushButton()
    button.connect("clicked()", lambda: 1 / 0)
    button.click()


def test_vtk_reports_an_error(slicer_host):
    import slicer

    slicer.mrmlScene.AddNode(None)


def test_nothing_goes_wrong(slicer_host):
    import qt

    qt.QPushButton().click()
"""


def test_what_goes_wrong_in_a_slot_or_in_vtk_fails_its_test_and_no_other(tmp_path: Path):
    (tmp_path / "test_bad.py").write_text(BAD_TESTS, encoding="utf-8")
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            str(tmp_path / "test_bad.py"),
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            tmp_path,
        ],
        cwd=ROOT,
        env=offscreen.os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    # What follows the name depends on the width of the terminal and on whether CI is set.
    wrong = re.findall(r"^ERROR \S+::(\w+)", run.stdout, flags=re.MULTILINE)
    assert wrong == ["test_a_slot_raises", "test_vtk_reports_an_error"], run.stdout + run.stderr
    assert "ZeroDivisionError" in run.stdout
    assert "3 passed, 2 errors" in run.stdout

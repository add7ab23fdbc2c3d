"""The wheel holds what the library needs, and works without what only tests install."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import VSSegmentationLib
from tools.try_wheel import QUESTIONS, try_wheel

ROOT = Path(__file__).resolve().parents[2]
DATA = (".pt", ".json", ".css", ".html", ".js", ".gz")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    assert len(list(folder.glob("*.tar.gz"))) == 1
    return made


def test_the_wheel_holds_every_file_of_the_library_and_nothing_else(wheel: Path):
    listed = ["git", "ls-files", "VSSegmentationLib"]
    tracked = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    wanted = {name for name in tracked if name.endswith((".py", "py.typed", *DATA))}
    with zipfile.ZipFile(wheel) as opened:
        held = {name for name in opened.namelist() if ".dist-info/" not in name}
    assert held == wanted


def test_the_wheel_installs_by_itself_and_the_command_answers(wheel: Path, tmp_path: Path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    torch = re.search(r"^TORCH \?= (.+)$", makefile, re.MULTILINE)[1]
    answers = dict(zip(QUESTIONS, try_wheel(wheel, tmp_path, torch), strict=True))
    assert VSSegmentationLib.__version__ in answers["--version",]
    assert "segment" in answers["--help",]
    assert "spvpa_t2_synthetic" in answers["models", "list"]

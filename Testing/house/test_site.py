"""The documentation builds without a warning, loads nothing from elsewhere, and shows what the rooms list."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_LOADED = re.compile(r"""<(?:script|img|iframe)[^>]*\bsrc="([^"]+)|<link[^>]*\bhref="([^"]+)""")
_CANONICAL = re.compile(r"""<link[^>]*rel="(?:canonical|prev|next)"[^>]*>""")
ROOMS = (
    "pipeline", "follow_up", "imageio", "measurement", "reporting", "evaluation", "inference", "models", "tasks",
    "networks", "losses", "scene", "worker",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]  # --quiet unsays --strict
    around = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=around)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_no_page_or_style_sheet_loads_anything_from_another_place(site: Path):
    pages = {page: _CANONICAL.sub("", page.read_text(encoding="utf-8")) for page in site.rglob("*.html")}
    assert len(pages) > 40
    loaded = {one or other for text in pages.values() for one, other in _LOADED.findall(text)}
    assert [address for address in sorted(loaded) if re.match(r"(https?:)?//", address)] == []
    sheets = [sheet.read_text(encoding="utf-8") for sheet in site.rglob("*.css")]
    assert sheets
    assert not any(re.search(r"""url\(["']?(https?:)?//|@import\s+["']?http""", text) for text in sheets)


@pytest.mark.parametrize("room", ROOMS)
def test_the_reference_shows_every_public_name_of_a_room(site: Path, room: str):
    page = (site / "reference" / f"{room}.html").read_text(encoding="utf-8")
    listed = re.search(r"__all__ = \[(.*?)\]", _source(room), re.DOTALL)[1]
    names = re.findall(r'"(\w+)"', listed)
    shown = set(re.findall(rf'id="VSSegmentationLib\.{room}\.([\w.]+)"', page))
    assert names
    assert [name for name in names if not shown & {name, f"{name}.{name}"}] == []  # a file may bear its function's name


def _source(room: str) -> str:
    spec = importlib.util.find_spec(f"VSSegmentationLib.{room}")
    return Path(spec.origin).read_text(encoding="utf-8")

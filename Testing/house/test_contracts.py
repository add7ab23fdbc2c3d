"""The layers hold, and the checker that says so can say no."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_layers_hold():
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("VSSegmentationLib/measurement/__init__.py", "import torch", "sees torch BROKEN"),
        ("VSSegmentationLib/geometry.py", "import VSSegmentationLib.pipeline", "from the top BROKEN"),
        ("VSSegmentationLib/volume.py", "import Training", "never sees Training BROKEN"),
        ("VSSegmentationLib/volume.py", "import matplotlib", "nothing else is imported BROKEN"),
        ("VSSegmentationLib/cohort/tables.py", "import matplotlib", "nothing else is imported BROKEN"),
        ("VSSegmentationLib/cohort/files.py", "import torch", "sees torch BROKEN"),
        ("VSSegmentationLib/measurement/plane.py", "import slicer", "sees Slicer's nodes BROKEN"),
        ("VSSegmentationLib/outputs.py", "import vtk", "sees Slicer's nodes BROKEN"),
        ("VSSegmentationLib/scene/volumes.py", "import torch", "sees torch BROKEN"),
        ("VSSegmentationLib/follow_up/times.py", "import VSSegmentationLib.pipeline", "from the top BROKEN"),
        ("VSSegmentationLib/follow_up/times.py", "import VSSegmentationLib.outputs", "from the top BROKEN"),
        ("VSSegmentationLib/follow_up/alignment.py", "import torch", "sees torch BROKEN"),
        ("VSSegmentationLib/follow_up/examination.py", "import VSSegmentationLib.follow_up.times", "follow_up BROKEN"),
        ("VSSegmentationLib/pipeline/measuring.py", "import VSSegmentationLib.inference", "sees torch BROKEN"),
        ("VSSegmentationLib/pipeline/masks.py", "import VSSegmentationLib.pipeline.segmenting", "sees torch BROKEN"),
        ("VSSegmentationLib/pipeline/result.py", "import VSSegmentationLib.pipeline.masks", "the pipeline BROKEN"),
        ("VSSegmentationLib/cli/options/report.py", "import VSSegmentationLib.cli.commands", "command line BROKEN"),
        ("VSSegmentationLib/new_room.py", "", "from the top"),
    ],
)
def test_a_line_that_breaks_the_layers_is_found(tmp_path: Path, file: str, line: str, broken: str):
    for name in ("VSSegmentationLib", "Training"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.pt", "sample", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as opened:
        opened.write(f"\n{line}\n")
    done = _lint_imports(tmp_path)
    assert done.returncode == 1
    assert broken in done.stdout

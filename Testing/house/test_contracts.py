"""The layers hold, and the checker that says so can say no."""

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NO_CODE = shutil.ignore_patterns("*.pt", "sample*", "__pycache__")


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
        ("VSSegmentationLib/outputs.py", "import VSSegmentationLib.api.result", "from the top BROKEN"),
        ("VSSegmentationLib/api/result.py", "import nibabel", "nothing else is imported BROKEN"),
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
        ("Training/tables.py", "import Training.recipes", "Training, from the top down BROKEN"),
        ("Training/recipes/config.py", "import Training.weights", "Training, from the top down BROKEN"),
        ("Training/weights/checkpoint.py", "import Training.masks", "Training, from the top down BROKEN"),
        ("Training/masks/predict.py", "def late():\n    import Training.scoring", "Training, from the top down BROKEN"),
        ("Training/synthesis/pool.py", "import Training.data", "Training, from the top down BROKEN"),
        ("Training/builders.py", "import Training.scoring", "Training, from the top down BROKEN"),
        ("Training/scoring/scores.py", "import Training.running", "Training, from the top down BROKEN"),
        ("Training/running/loop.py", "import Training.release", "Training, from the top down BROKEN"),
        ("Training/running/stepping.py", "import Training.adaptation", "Training, from the top down BROKEN"),
        ("Training/release/export.py", "import Training.experiments", "Training, from the top down BROKEN"),
        ("Training/experiments/jobs.py", "import Training.__main__", "Training, from the top down BROKEN"),
        ("Training/new_room.py", "", "Training, from the top down"),
        (
            "VSSegmentationLib/reporting/report/words.py",
            "import VSSegmentationLib.reporting.page.page",
            "of reporting BROKEN",
        ),
        (
            "VSSegmentationLib/reporting/html/template.py",
            "import VSSegmentationLib.reporting.pictures.solid",
            "of reporting BROKEN",
        ),
        ("VSSegmentationLib/reporting/new_room.py", "", "of reporting"),
        (
            "VSSegmentationLib/imageio/files/nifti.py",
            "import VSSegmentationLib.imageio.dicom.reading",
            "of imageio BROKEN",
        ),
        ("VSSegmentationLib/imageio/new_room.py", "", "of imageio"),
        (
            "VSSegmentationLib/measurement/vestibular_schwannoma/measure.py",
            "import VSSegmentationLib.measurement.growth",
            "single examinations BROKEN",
        ),
    ],
)
def test_a_line_that_breaks_the_layers_is_found(tmp_path: Path, file: str, line: str, broken: str):
    for name in ("VSSegmentationLib", "Training"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=_NO_CODE)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as opened:
        opened.write(f"\n{line}\n")
    done = _lint_imports(tmp_path)
    assert done.returncode == 1
    assert broken in done.stdout


def test_only_the_door_looks_upward_for_the_sake_of_types():
    """The import contracts leave out what is imported for type checkers alone."""
    assert _upward_for_types(ROOT) == []


def test_a_look_upward_for_the_sake_of_types_is_found(tmp_path: Path):
    shutil.copytree(ROOT / "VSSegmentationLib", tmp_path / "VSSegmentationLib", ignore=_NO_CODE)
    with (tmp_path / "VSSegmentationLib" / "geometry.py").open("a", encoding="utf-8") as opened:
        opened.write("\nif TYPE_CHECKING:\n    from VSSegmentationLib.volume import Volume\n")
    assert _upward_for_types(tmp_path) == [("VSSegmentationLib/geometry.py", "VSSegmentationLib.volume")]


def _upward_for_types(root: Path) -> list[tuple[str, str]]:
    floors = _floors()
    return [
        (path.relative_to(root).as_posix(), wanted)
        for path in (root / "VSSegmentationLib").rglob("*.py")
        for wanted in _imported_for_types(path)
        if path != root / "VSSegmentationLib" / "__init__.py"
        and floors[path.relative_to(root).with_suffix("").parts[1]] > floors[wanted.split(".")[1]]
    ]


def _floors() -> dict[str, int]:
    """The floor of each room of the library, counted from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = [each["layers"] for each in contracts if each.get("containers") == ["VSSegmentationLib"]]
    return {room: floor for floor, rooms in enumerate(layers) for room in rooms.replace(" ", "").split("|")}


def _imported_for_types(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for each in node.body:
                names = [each.module] if isinstance(each, ast.ImportFrom) else [alias.name for alias in each.names]
                yield from (name for name in names if name.startswith("VSSegmentationLib."))

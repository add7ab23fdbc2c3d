"""What `import VSSegmentationLib as vs` gives, and what it does not bring along."""

import subprocess
import sys
from pathlib import Path

import pytest

import VSSegmentationLib as vs

ROOT = Path(__file__).resolve().parents[3]
SLOW = ("torch", "SimpleITK", "scipy", "numpy", "pydicom", "pandas", "PIL")
PROMISED = {"read_scan", "segment", "measure", "compare", "evaluate", "Volume", "Label", "list_models", "Segmenter"}


def imported_by(code: str) -> set[str]:
    """Which of the slow packages a fresh Python has imported after running the code."""
    told = f"{code}\nimport sys\nprint(*[name for name in {SLOW!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_that_is_slow():
    assert imported_by("import VSSegmentationLib as vs; dir(vs)") == set()


@pytest.mark.parametrize(
    "asked",
    [
        "vs.Volume",
        "vs.Label",
        "vs.list_models()",
        "vs.read_scan",
        "vs.Result",
        "vs.to_frame",
        "vs.measure",
        "vs.compare",
    ],
)
def test_only_what_runs_a_network_brings_torch(asked: str):
    assert "torch" not in imported_by(f"import VSSegmentationLib as vs; {asked}")


def test_the_names_of_the_door_are_all_there_and_told_to_editors():
    assert set(vs.__all__) >= PROMISED
    assert set(vs.__all__) <= set(dir(vs))
    for name in vs.__all__:
        assert getattr(vs, name) is getattr(vs, name), name


def test_every_name_is_told_to_type_checkers_as_well():
    source = Path(vs.__file__).read_text(encoding="utf-8")
    told = source[source.index("if TYPE_CHECKING:") : source.index("__version__ =")]
    assert [name for name in vs.__all__ if name != "__version__" and name not in told.replace(",", " ").split()] == []


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'VSSegmentationLib' has no attribute 'segmnt'"):
        _ = vs.segmnt


def test_the_package_says_that_it_is_typed():
    assert (Path(vs.__file__).parent / "py.typed").is_file()


def test_a_type_checker_sees_the_types_of_the_door(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(
        "import VSSegmentationLib as vs\nreveal_type(vs.segment('a.nii').measurements['vol_total'].value)\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 'Revealed type is "float | None"' in done.stdout.replace("builtins.", ""), done.stdout

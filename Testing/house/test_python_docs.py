"""What the pages say about Python runs as it is written: docstrings, docs/python.md, the notebook."""

import contextlib
import doctest
import importlib
import io
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import VSSegmentationLib as vs

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "python.md"
NOTEBOOK = ROOT / "docs" / "notebooks" / "first_steps.ipynb"
MODULES = ["VSSegmentationLib", "VSSegmentationLib.volume"] + [
    f"VSSegmentationLib.api.{path.stem}"
    for path in sorted((ROOT / "VSSegmentationLib" / "api").glob("*.py"))
    if path.stem != "__init__"
]
CALLED = [
    name for name in vs.__all__ if callable(getattr(vs, name)) and name not in ("Label", "Scan", "VSSegmentationError")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_the_docstrings_run(name: str):
    done = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert done.failed == 0


@pytest.mark.parametrize("name", CALLED)
def test_every_function_and_value_of_the_door_has_a_docstring_with_an_example(name: str):
    assert ">>> " in (getattr(vs, name).__doc__ or ""), name


def blocks_of(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_page_runs_from_top_to_bottom_and_writes_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    said = io.StringIO()
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(said):
        for block in blocks_of(PAGE):
            exec(compile(block, str(PAGE), "exec"), names)
    assert (tmp_path / "results" / "exam1" / "report.html").is_file()
    assert (tmp_path / "results" / "growth" / "growth.html").is_file()
    cases = {line.split(",")[0] for line in (tmp_path / "results.csv").read_text(encoding="utf-8").splitlines()[1:]}
    assert cases == {"exam1_t2.nii.gz", "exam2_t2.nii.gz"}
    assert "A tumor was found on the patient's left side." in said.getvalue()


def test_from_one_scan_to_a_folder_takes_at_most_twenty_lines():
    lines = [line for line in blocks_of(PAGE)[0].splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= 20


def test_what_the_page_points_to_exists():
    places = re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE.read_text(encoding="utf-8"))
    assert places
    assert [place for place in places if not (PAGE.parent / place).exists()] == []


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    assert (tmp_path / "results" / "exam1" / "report.html").is_file()
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert any("data:image/svg+xml" in each.get("text/html", "") for each in shown)
    assert all(len(each.get("text/plain", "")) < 2000 for each in shown)


def test_the_notebook_is_kept_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert [cell.execution_count for cell in notebook.cells if cell.cell_type == "code" and cell.outputs] == []

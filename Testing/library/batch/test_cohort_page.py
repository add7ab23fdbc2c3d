"""What docs/cohort.md says to type runs as it is written: the job array, the rule of Snakemake, the notebook."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from VSSegmentationLib.models import EMBEDDED_FOLDER

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "cohort.md").read_text(encoding="utf-8")
NOTEBOOK = ROOT / "docs" / "notebooks" / "cohort.ipynb"
SAMPLE = EMBEDDED_FOLDER / "sample"
SECONDS = 900


def block(language, *, holding):
    """The one example of the page in a language that holds some words."""
    (found,) = [
        text for text in re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if holding in text
    ]
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A shell in which `vs-segmentation` is this tree."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "vs-segmentation"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m VSSegmentationLib "$@"\n')
    program.chmod(0o755)
    paths = os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": paths, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """A folder with both examinations of the sample and a manifest of them."""
    folder = tmp_path_factory.mktemp("cohort")
    (folder / "scans").mkdir()
    for number in (1, 2):
        shutil.copyfile(SAMPLE / f"exam{number}_t2.nii.gz", folder / "scans" / f"{number}.nii.gz")
    rows = [("case", "patient", "day", "image", "modality")]
    rows += [(f"p1_{number}", "p1", 400 * number, f"scans/{number}.nii.gz", "T2") for number in (1, 2)]
    with (folder / "cohort.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder


@pytest.fixture(scope="module")
def studied(cohort, environment):
    """The study that the script of the job array makes of the first chunk."""
    (cohort / "chunks").mkdir()
    manifest = (cohort / "cohort.csv").read_text().replace("scans/", "../scans/")
    (cohort / "chunks" / "0.csv").write_text(manifest)
    (cohort / "job.sh").write_text(block("sh", holding="#SBATCH"))
    task = {**environment, "SLURM_ARRAY_TASK_ID": "0"}
    done = subprocess.run(
        ["sh", "job.sh"], cwd=cohort, env=task, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return cohort / "studies" / "0"


def test_a_task_of_the_job_array_makes_its_study(studied):
    table = pd.read_csv(studied / "study_wide.csv")
    assert table["status"].tolist() == ["done", "done"]
    assert (studied / "patients" / "p1" / "growth.html").is_file()


def test_the_script_asks_slurm_for_what_it_then_uses():
    script = block("sh", holding="#SBATCH")
    asked = int(re.search(r"--cpus-per-task=(\d+)", script)[1])
    assert int(re.search(r"--slots (\d+)", script)[1]) <= asked
    assert script.startswith("#!/bin/sh\n#SBATCH")  # after the first command Slurm reads no more of them


def test_the_examples_of_tables_say_what_the_study_holds(studied, monkeypatch):
    monkeypatch.chdir(studied.parent)
    studied.rename(studied.with_name("study"))
    try:
        names = {}
        lines = block("python", holding="import pandas").splitlines()
        exec(compile("\n".join(lines), "docs/cohort.md", "exec"), names)
        assert len(names["done"]) == 2
        headline = names["every"][names["every"]["is_headline"].astype(str) == "True"]
        assert len(headline) == 2
        last = eval(lines[-1], names)
        assert last.tolist() == pytest.approx(headline.groupby("measure")["value"].median().tolist())
        assert len(last) > 0
    finally:
        studied.with_name("study").rename(studied)


def test_the_rule_cuts_the_manifest_into_chunks_of_fifty(tmp_path, monkeypatch):
    rule = block("python", holding="rule chunk")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cohort.csv").write_text("case,image\n" + "".join(f"c{n},{n}.nii.gz\n" for n in range(120)))
    names = {}
    exec(compile(rule[: rule.index("rule chunk")], "Snakefile", "exec"), names)
    assert [len(part) for part in names["PARTS"]] == [50, 50, 20]
    assert [name for part in names["PARTS"] for name in part] == [f"c{n}" for n in range(120)]


def test_the_command_of_the_rule_runs_its_part_alone(cohort, environment):
    rule = block("python", holding="rule chunk")
    command = re.search(r'shell: "(.*)"', rule)[1]
    values = {"{input}": "cohort.csv", "{wildcards.part}": "1", "{threads}": "1", "{params.cases}": "p1_2"}
    for told, put in values.items():
        assert told in command
        command = command.replace(told, put)
    done = subprocess.run(
        ["sh", "-c", f"{command} --dry-run"], cwd=cohort, env=environment, capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "To be run: 1" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("snakemake") is None, reason="snakemake is not here: pip install snakemake")
def test_snakemake_runs_the_rule(cohort, environment):
    (cohort / "Snakefile").write_text(block("python", holding="rule chunk"))
    done = subprocess.run(
        ["snakemake", "--cores", "1", "studies/0/cohort.json", "--directory", cohort, "--forceall"],
        cwd=cohort, env={**environment, "PATH": f"{environment['PATH']}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (cohort / "studies" / "0" / "cohort.json").is_file()


def test_the_notebook_runs_from_top_to_bottom(tmp_path, monkeypatch, environment):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name in ("PATH", "PYTHONPATH", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, environment[name])
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # what it shows is made where it is run
    NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = str([cell.get("outputs") for cell in notebook.cells])
    assert "p1_first" in shown
    assert "cm3" in shown
    assert "svg" in shown or "table" in shown

"""What Slurm is asked for, read from the script it would be given; no Slurm is needed for that."""

import re
from pathlib import Path

import pytest

from VSSegmentationLib.batch.slurm import SlurmJobs, job_script, read_slurm_file, slurm_engine
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.warm_child import Bounds


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SlurmJobs:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "slurm.toml"
    file.write_text(
        'jobs = 4\nslots_per_job = 8\ncores_per_slot = 3\nmemory_per_slot_gib = 4\nwalltime = "04:00:00"\n'
        'queue = "gpu"\ndirectives = ["--gres=gpu:2"]\nprologue = ["module load python"]\n',
        encoding="utf-8",
    )
    return read_slurm_file(file)


def test_a_job_books_all_cores_and_memory_and_its_workers_have_one_thread_each(jobs: SlurmJobs):
    script = job_script(jobs)
    assert "#SBATCH --cpus-per-task=24" in script  # 8 slots of 3 cores
    assert "#SBATCH --mem=32G" in script
    assert "#SBATCH -t 04:00:00" in script
    assert "#SBATCH -p gpu" in script
    assert "#SBATCH --gres=gpu:2" in script
    assert "module load python" in script
    assert re.search(r"--nworkers 8\b", script)
    assert re.search(r"--nthreads 1\b", script)
    assert "--no-nanny" in script


def test_workers_end_before_their_job_does_and_listen_on_loopback_for_their_pages(jobs: SlurmJobs):
    script = job_script(jobs)
    assert int(re.search(r"--lifetime (\d+)s", script)[1]) == 4 * 3600 - 600
    assert "--dashboard-address 127.0.0.1:0" in script


def test_where_there_is_no_slurm_that_is_said_before_anything_is_begun(jobs: SlurmJobs, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="sbatch was not found"), slurm_engine(jobs, Bounds()):
        pass


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("jobs = 0", "must be above 0"), ("jobs = 1\ncolour = 2", "colour"), ("jobs =", "can't be read as TOML")],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, text: str, sentence: str):
    (tmp_path / "slurm.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=sentence):
        read_slurm_file(tmp_path / "slurm.toml")

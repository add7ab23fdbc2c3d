"""The small products of numpy keep to one thread: beside a busy machine a click takes half the time or less."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from Testing.support.command import ROOT, environment
from Testing.support.worker_process import worker_process
from VSSegmentationLib.blas_threads import keep_to_one_thread

SAMPLE = ROOT / "VSSegmentationLib" / "models" / "sample" / "exam1_t2.nii.gz"
JOBS = 4


def test_a_number_that_the_user_asked_for_stays():
    asked = {"OPENBLAS_NUM_THREADS": "3"}
    keep_to_one_thread(asked)
    assert asked["OPENBLAS_NUM_THREADS"] == "3"
    assert asked["VECLIB_MAXIMUM_THREADS"] == "1"


def test_numpy_is_not_loaded_before_it_was_told():
    code = "import sys, VSSegmentationLib.__main__; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0


@pytest.mark.slow  # that numpy is told to keep to one thread is shown above
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="tells the CPU time of another process by /proc")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="on one core numpy has one thread anyway")
def test_beside_a_busy_machine_a_warm_job_takes_less_cpu_time_than_with_a_thread_for_each_core(
    monkeypatch: pytest.MonkeyPatch, tmp_path
):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    with busy_machine():
        ours = warm_cpu_seconds(tmp_path)
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", str(os.cpu_count()))
        without = warm_cpu_seconds(tmp_path)
    assert ours < 0.8 * without


@contextmanager
def busy_machine() -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for each in loops:
            each.kill()
            each.wait()


def warm_cpu_seconds(folder) -> float:
    """CPU time of a job whose models are in memory, the middle one of three."""
    seconds = []
    with worker_process() as worker:
        for number in range(JOBS):
            before = cpu_seconds(worker.process.pid)
            worker.say(do="segment", id=str(number), input=str(SAMPLE), output=str(folder / "l.nii.gz"), modality="T2")
            assert "result" in worker.answer()
            seconds.append(cpu_seconds(worker.process.pid) - before)
    return median(seconds[1:])


def cpu_seconds(process: int) -> float:
    user, system = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

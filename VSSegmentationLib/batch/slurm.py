"""Slots on a cluster with Slurm, by dask-jobqueue: one job holds as many workers as it has cores for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from VSSegmentationLib.batch.engine import Engine, using
from VSSegmentationLib.codec import from_plain, read_toml_file
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.warm_child import Bounds


@dataclass(frozen=True, kw_only=True)
class SlurmJobs:
    """What is asked of Slurm: the keys of the TOML file."""

    jobs: int
    """How many, each on one machine."""
    slots_per_job: int = 1
    """Cases at a time in each of them."""
    cores_per_slot: int = 2
    memory_per_slot_gib: float = 4.0
    walltime: str = "08:00:00"
    queue: str | None = None
    account: str | None = None
    interface: str | None = None
    """Network interface by which the machines reach the one that runs `batch`, such as ib0."""
    directives: tuple[str, ...] = ()
    """Further lines for the head of the job, such as --gres=gpu:1."""
    prologue: tuple[str, ...] = ()
    """Lines of shell before the worker starts, such as `module load python`."""
    python: str = "python"
    """Of an environment with this software, as the machines see it."""
    log_directory: str | None = None

    def __post_init__(self) -> None:
        if min(self.jobs, self.slots_per_job, self.cores_per_slot) < 1 or self.memory_per_slot_gib <= 0:
            msg = "jobs, slots_per_job, cores_per_slot and memory_per_slot_gib must be above 0"
            raise UsageError(msg)


def read_slurm_file(path: Path) -> SlurmJobs:
    """Read what to ask Slurm for.

    Raises:
        UsageError: If there is no such file, it is no TOML, or a key is not known.
    """
    try:
        told = read_toml_file(path)
    except (OSError, ValueError) as error:
        msg = "the Slurm file can't be read as TOML; see docs/cohort.md for one"
        raise UsageError(msg) from error
    return from_plain(SlurmJobs, told, "slurm", error=UsageError, quoting=True)


def job_script(jobs: SlurmJobs) -> str:
    """Return the script that Slurm would be given; needs no Slurm.

    Raises:
        UsageError: If dask-jobqueue is missing.
    """
    cluster = _cluster(jobs)
    try:
        script: str = cluster.job_script()
    finally:
        cluster.close()
    return script


@contextmanager
def slurm_engine(jobs: SlurmJobs, bounds: Bounds) -> Iterator[Engine]:
    """Give an engine whose slots are jobs of Slurm, which end with it.

    Raises:
        UsageError: If there is no Slurm here, or dask-jobqueue is missing.
    """
    if shutil.which("sbatch") is None:  # without it the cluster fails later, and fails again while it is closed
        msg = "there is no Slurm here (sbatch was not found); run it on a machine that submits jobs"
        raise UsageError(msg)
    cluster = _cluster(jobs)
    try:
        cluster.scale(jobs=jobs.jobs)
        with using(cluster, jobs.cores_per_slot, bounds, cluster.security) as engine:
            yield engine
    finally:
        cluster.close()


def _cluster(jobs: SlurmJobs) -> Any:  # noqa: ANN401 - of a package without types
    try:
        from dask_jobqueue import SLURMCluster  # noqa: PLC0415 - extra `slurm`
    except ImportError as error:
        msg = "--slurm needs dask-jobqueue, which is missing here: pip install 'dask-jobqueue>=0.9' 'cryptography>=42'"
        raise UsageError(msg) from error
    slots = jobs.slots_per_job
    return SLURMCluster(
        cores=slots,  # as many as processes, so that each has one thread: more cores are booked by job_cpu
        processes=slots,
        job_cpu=slots * jobs.cores_per_slot,
        memory=f"{slots * jobs.memory_per_slot_gib:g}GiB",
        walltime=jobs.walltime,
        queue=jobs.queue,
        account=jobs.account,
        interface=jobs.interface,
        job_extra_directives=list(jobs.directives),
        job_script_prologue=list(jobs.prologue),
        python=jobs.python,
        nanny=False,
        log_directory=jobs.log_directory,
        worker_extra_args=[*_lifetime(jobs.walltime), "--dashboard-address", "127.0.0.1:0"],
        scheduler_options={"dashboard_address": "127.0.0.1:0"},
        security=True,  # with certificates made for this run, which the jobs find in a folder of this user
        shared_temp_directory=_private_folder(),
    )


def _lifetime(walltime: str) -> list[str]:
    """Let workers end by themselves before Slurm ends them, not all at once."""
    try:
        days, _, clock = walltime.rpartition("-")
        parts = [int(each) for each in clock.split(":")]
        hours, minutes, seconds = [*[0] * (3 - len(parts)), *parts] if len(parts) > 1 else (0, *parts, 0)
        total = int(days or 0) * 86400 + hours * 3600 + minutes * 60 + seconds
    except ValueError as error:
        msg = "walltime is HH:MM:SS or D-HH:MM:SS"
        raise UsageError(msg) from error
    return ["--lifetime", f"{max(60, total - 600)}s", "--lifetime-stagger", "120s"]


def _private_folder() -> str:
    """Return a folder of this user that the machines of a cluster see, too."""
    folder = Path.home() / ".cache" / "vs-segmentation"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder)

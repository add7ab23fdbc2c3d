"""Runs of an experiment beside each other: done once, kept, and what is there is not done again."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import torch

OnDone = Callable[[int, int, str], None]
"""Told how many of all runs are done, and which was the last."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run."""

    title: str
    result: Path
    """What it writes last; where it is, the run is done."""
    do: Callable[[], None]
    """Goes on from its own checkpoint if it was interrupted; must be picklable."""


def run_jobs(jobs: Sequence[Job], *, processes: int, on_done: OnDone = lambda _done, _all, _what: None) -> None:
    """Do the jobs whose result is not there yet.

    Args:
        jobs: In the order in which they are begun.
        processes: How many at the same time, each with one thread.
        on_done: See `OnDone`.
    """
    waiting = [job for job in jobs if not job.result.is_file()]
    done = len(jobs) - len(waiting)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=torch.set_num_threads, initargs=(1,)) as workers:
        running = {workers.submit(job.do): job for job in waiting}
        try:
            for finished in as_completed(running):
                finished.result()
                done += 1
                on_done(done, len(jobs), running[finished].title)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise

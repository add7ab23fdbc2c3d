"""Units of an experiment beside each other: done once, kept, and what is there is not done again."""

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import torch

OnDone = Callable[[int, int, str], None]
"""Told how many of all units are done, and which was the last."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One unit."""

    title: str
    result: Path
    """What it writes last; where it is, the unit is done."""
    do: Callable[[], bool]
    """Goes on from its own checkpoint if it was interrupted, and returns whether it came to its end; must be picklable.
    A unit that takes longer than a sitting is given again."""


def run_jobs(
    jobs: Sequence[Job],
    *,
    processes: int,
    on_done: OnDone = lambda _done, _all, _what: None,
    may_begin: Callable[[], bool] = lambda: True,
) -> bool:
    """Do the jobs whose result is not there yet, and return whether all of them are done now.

    Args:
        jobs: In the order in which they are begun.
        processes: How many at the same time, each with one thread.
        on_done: See `OnDone`.
        may_begin: Asked before each sitting; once False, what runs is finished and nothing else is begun.
    """
    waiting = deque(job for job in jobs if not job.result.is_file())
    done = len(jobs) - len(waiting)
    if not waiting:
        return True
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=torch.set_num_threads, initargs=(1,)) as workers:
        running: dict[Future[bool], Job] = {}
        try:
            while True:
                while waiting and len(running) < processes and may_begin():
                    job = waiting.popleft()
                    running[workers.submit(job.do)] = job
                if not running:
                    return not waiting
                for finished in wait(running, return_when=FIRST_COMPLETED).done:
                    job = running.pop(finished)
                    if finished.result():
                        done += 1
                        on_done(done, len(jobs), job.title)
                    else:
                        waiting.append(job)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def for_minutes(minutes: float | None) -> Callable[[], bool]:
    """Return what says whether so many minutes from now are not over yet; of None, they never are."""
    end = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    return lambda: time.monotonic() < end

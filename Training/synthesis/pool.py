"""The pool of skull bases on disk: drawn once, rendered anew for every patch."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
import torch

from Training.synthesis.anatomy import Anatomy, AnatomyConfig, draw_anatomy
from Training.synthesis.head import read_head
from VSSegmentationLib.atomic import write_atomically


def write_pool(
    heads: Sequence[Path],
    folder: Path,
    count: int,
    seed: int,
    *,
    config: AnatomyConfig,
    processes: int = 1,
    on_progress: Callable[[float, str], None] | None = None,
) -> None:
    """Write skull bases `NNNN.npz`; number n is a pure function of (seed, n, heads).

    A file holds tissues, head (its name), and porus_dhw_mm, fundus_dhw_mm and cochlea_dhw_mm: (2, 3), right then left.

    Args:
        heads: Head label maps; number n is drawn from head n modulo their count.
        folder: Where to; files that exist are kept, so an interrupted run goes on.
        count: How many in all.
        seed: Seed of the pool.
        config: What skull bases are drawn from.
        processes: How many draw at the same time, each from a head of its own.
        on_progress: Called with the share done and a sentence.

    Raises:
        InputRefusedError: If a head label map will not do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = [range(which, count, len(heads)) for which in range(min(count, len(heads)))]  # each head is read once
    done = 0

    def note(part: range) -> None:
        nonlocal done
        done += len(part)
        if on_progress is not None:
            on_progress(done / count, f"{done} of {count} skull bases")

    if processes == 1:
        for part in parts:
            _write_part(heads[part.start], part, folder, seed, config)
            note(part)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=torch.set_num_threads, initargs=(1,)) as workers:
        jobs = {workers.submit(_write_part, heads[part.start], part, folder, seed, config): part for part in parts}
        try:
            for job in as_completed(jobs):
                job.result()
                note(jobs[job])
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def _write_part(path: Path, numbers: range, folder: Path, seed: int, config: AnatomyConfig) -> None:
    missing = [number for number in numbers if not (folder / f"{number:04d}.npz").exists()]
    if not missing:
        return
    head = read_head(path)
    for number in missing:
        anatomy = draw_anatomy(np.random.default_rng([seed, number]), head, config)
        write_atomically(folder / f"{number:04d}.npz", partial(_save, anatomy=anatomy, head=head.name))


def _save(file: IO[bytes], *, anatomy: Anatomy, head: str) -> None:
    np.savez_compressed(
        file,
        tissues=anatomy.tissues,
        porus_dhw_mm=np.stack([ear.porus for ear in anatomy.ears]),
        fundus_dhw_mm=np.stack([ear.fundus for ear in anatomy.ears]),
        cochlea_dhw_mm=np.stack([ear.cochlea_center for ear in anatomy.ears]),
        head=np.array(head),
    )

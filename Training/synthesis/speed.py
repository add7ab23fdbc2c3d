"""How many patches are rendered a minute."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor

import torch

from Training.synthesis.source import SynthesisConfig, SyntheticSource


def patches_a_minute(config: SynthesisConfig, count: int, processes: int) -> float:
    """Render `count` patches in each of several processes of one thread; return how many they make in a minute.

    Raises:
        ConfigError: If the pool is empty.
    """
    SyntheticSource(config)  # refuses an empty pool here, not in every process
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=torch.set_num_threads, initargs=(1,)) as workers:
        jobs = [workers.submit(_seconds_of, config, range(k * count, (k + 1) * count)) for k in range(processes)]
        slowest = max(job.result() for job in jobs)
    return 60 * count * processes / slowest


def _seconds_of(config: SynthesisConfig, indices: range) -> float:
    source = SyntheticSource(config)
    begin = time.perf_counter()
    for index in indices:
        source.sample(index)
    return time.perf_counter() - begin

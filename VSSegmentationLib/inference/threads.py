"""How many threads of torch help just now: all of them on a quiet machine, one beside a busy one.

Threads of torch wait for each other by turning; where another program holds a core, each step waits for the thread that
was put aside, and two threads take longer than one.
"""

from time import perf_counter

import torch

_FASTER_BY = 1.2
"""So many times faster further threads have to be than one."""
_PRODUCT = 384
_REPEATS = 6


def set_threads_that_help(most: int) -> int:
    """Give torch `most` threads if they multiply faster than one does at this moment, else one; return how many."""
    if most > 1:
        seconds = {count: _seconds_with(count) for count in (1, most)}
        most = most if seconds[1] > _FASTER_BY * seconds[most] else 1
    torch.set_num_threads(most)
    return most


def _seconds_with(threads: int) -> float:
    """Return what a few products take: their sum, since now and then one of them finds a core free by chance."""
    torch.set_num_threads(threads)
    factor = torch.ones((_PRODUCT, _PRODUCT))
    factor @ factor  # wakes the threads
    begun = perf_counter()
    for _ in range(_REPEATS):
        factor @ factor
    return perf_counter() - begun

"""How many cases this machine can do at a time."""

from pathlib import Path

import psutil

from VSSegmentationLib.warm_child import usable_cores

CHILD_GIB = 2.5
"""What a child may need on whole heads; measured by benchmarks/cohort.py, with room."""
_MOST_SLOTS = 16


def default_slots(device: str, cores: int | None = None, free_gib: float | None = None, gpus: int | None = None) -> int:
    """Return one slot per GPU, else one per core, as far as memory allows.

    Two slots of one thread do more than one of two threads; several on one GPU may ask more memory of it than it has.

    Args:
        device: What cases are to run on, as it was typed.
        cores: As many as this process may use by default.
        free_gib: Memory that is free; what this machine says by default.
        gpus: Of NVIDIA; as many as this machine shows by default.
    """
    count = len(list(Path("/dev").glob("nvidia[0-9]*"))) if gpus is None else gpus
    if device == "mps" or device.startswith("cuda:"):
        return 1
    if device in ("auto", "cuda") and count:
        return count
    cores = cores or usable_cores()
    free = psutil.virtual_memory().available / 1024**3 if free_gib is None else free_gib
    return max(1, min(cores, int(free // CHILD_GIB), _MOST_SLOTS))

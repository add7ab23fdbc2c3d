"""The pool of skull bases on disk: drawn once, rendered anew for every patch."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from Training.synthesis.anatomy import AnatomyConfig, draw_anatomy
from Training.synthesis.head import Head, read_head


def write_pool(
    heads: Sequence[Path],
    folder: Path,
    count: int,
    seed: int,
    *,
    config: AnatomyConfig,
    part: tuple[int, int] = (0, 1),
    on_progress: Callable[[float, str], None] | None = None,
) -> None:
    """Write skull bases `NNNN.npz` (tissues, porus_dhw_mm, head); number n is a pure function of (seed, n, heads).

    Args:
        heads: Head label maps; number n is drawn from head n modulo their count.
        folder: Where to; files that exist are kept, so an interrupted run goes on.
        count: How many in all.
        seed: Seed of the pool.
        config: What skull bases are drawn from.
        part: (k, n): write only every n-th, beginning with k, so that processes can share the work.
        on_progress: Called with the share done and a sentence.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mine = [n for n in range(count) if n % part[1] == part[0]]
    head: tuple[int, Head] | None = None
    for position, number in enumerate(sorted(mine, key=lambda n: n % len(heads))):  # each head is read once
        target = folder / f"{number:04d}.npz"
        if target.exists():
            continue
        which = number % len(heads)
        if head is None or head[0] != which:
            head = which, read_head(heads[which])
        anatomy = draw_anatomy(np.random.default_rng([seed, number]), head[1], config)
        partial = target.with_suffix(".part")
        with partial.open("wb") as file:
            np.savez_compressed(
                file,
                tissues=anatomy.tissues,
                porus_dhw_mm=np.stack([ear.porus for ear in anatomy.ears]),
                head=np.array(head[1].name),
            )
        partial.replace(target)
        if on_progress is not None:
            on_progress((position + 1) / len(mine), f"skull base {number}")

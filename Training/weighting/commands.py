"""`python -m Training weighting`: draw heads of each weighting, and fit what tells them apart."""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from Training.weighting.fitting import fit, write_network
from Training.weighting.samples import Example, draw_examples, heads_of
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference.weighting import CLASSES, load_weighting_network

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_weighting_command(commands: _Commands) -> None:
    """Add the command to the others."""
    parser = commands.add_parser("weighting", help="fit what tells T2, ceT1 and T1 apart, on synthetic heads")
    parser.add_argument("--heads", type=Path, required=True, help="folder of the head label maps for training")
    parser.add_argument("--held-out", type=Path, required=True, help="folder of those that it is tried on")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--count", type=int, default=2400, help="how many heads are drawn (default: 2400)")
    parser.add_argument("--held-out-count", type=int, default=300, help="of the held-out ones (default: 300)")
    parser.add_argument("--seed", type=int, default=6, help="another seed draws others (default: 6)")
    parser.add_argument("--processes", type=int, default=2, help="how many draw at the same time (default: 2)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    if min(options.count, options.held_out_count, options.processes) < 1:
        msg = "--count, --held-out-count and --processes must be at least 1"
        raise UsageError(msg)
    examples = _drawn(options.heads, options.seed, options.count, options.processes)
    held_out = _drawn(options.held_out, options.seed + 1, options.held_out_count, options.processes)
    if not examples or not held_out:
        msg = "no head showed an ear well enough; draw more with --count"
        raise UsageError(msg)
    trained_on = (
        f"{len(examples)} ears of {options.count} synthetic heads (seed {options.seed}) made from "
        f"{len(list(options.heads.glob('*.nii.gz')))} public head label maps; no image of a patient was used"
    )
    write_network(options.out, fit(examples, options.seed), {"version": "1", "trained_on": trained_on})
    for line in _confusion(options.out, held_out):
        print(line)


def _drawn(folder: Path, seed: int, count: int, processes: int) -> list[Example]:
    parts = [range(start, count, processes) for start in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        return [each for part in pool.map(partial(_draw_part, folder, seed), parts) for each in part]


def _draw_part(folder: Path, seed: int, indices: range) -> list[Example]:
    source = heads_of(str(folder), seed)
    return [each for index in indices for each in draw_examples(source, index)]


def _confusion(path: Path, held_out: list[Example]) -> Iterator[str]:
    """Yield the table of held-out ears: rows are what they are, columns what is most probable."""
    network = load_weighting_network(path)
    table = np.zeros((len(CLASSES), len(CLASSES)), int)
    for each in held_out:
        table[each.kind, int(network.probabilities(each.features).argmax())] += 1
    yield "held out   " + "".join(f"{name:>8}" for name in CLASSES)
    for name, row in zip(CLASSES, table, strict=True):
        yield f"{name:11}" + "".join(f"{n:8d}" for n in row)

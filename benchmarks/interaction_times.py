"""How long a corrected mask and its numbers take to follow a click on a whole head, in the module with its worker.

    python -m benchmarks.interaction_times [--refiner FILE] [--clicks N] [--rows runs/rows]

A volume of 512 x 512 x 80 voxels with a tumor in two parts is corrected click by click, from the release of the mouse
until mask, numbers, table and lines have followed; the module on real MRML, its worker in a process of its own, both on
one core of the processor, with nothing else of ours on it or beside a loop that never rests. Processor time and wall
clock are taken, and the worker's largest memory. Linux alone tells these. The load of the machine is told, too: a core
that others use is no free one.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QEventLoop

from benchmarks.edit_to_numbers import MODULE, SHAPE, two_parts
from benchmarks.interaction_rows import TIMES
from Testing.support.host import host as hosting
from VSSegmentationLib import geometry
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.models import default_refiner, find_model
from VSSegmentationLib.volume import Volume

PRECISIONS = ("float32", "bfloat16")
_TICKS = os.sysconf("SC_CLK_TCK")
_HEAD = (
    "numbers", "the core", "wall s: median", "largest", "CPU s: worker, median", "module, median", "worker's memory, GB"
)  # fmt: skip


class Followed(NamedTuple):
    """One click."""

    wall_s: float
    worker_cpu_s: float
    module_cpu_s: float


class Module:
    """The module's widget with a tumor at hand, and the process of its worker."""

    def __init__(self) -> None:
        self.host = hosting.start()
        self.widget = self.host.load_module(MODULE)
        import slicer  # noqa: PLC0415 - complete once the host has started

        from VSSegmentationLib import scene  # noqa: PLC0415 - needs MRML

        self.labelmap = two_parts()
        volume = scene.add_volume(slicer.mrmlScene, _image(self.labelmap), name="head")
        scene.add_segmentation(slicer.mrmlScene, self.labelmap, volume, name="tumor")
        self.widget.casePanel.ui.inputSelector.setCurrentNode(volume)
        self.wait(lambda: self.widget.session.examination is not None)

    def wait(self, until: Any) -> None:
        while not until():
            self.host.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def click(self, place: geometry.Triplet) -> Followed:
        """Click and wait for mask and numbers."""
        corrections, live = self.widget.editPanel.corrections, self.widget.session.live
        wall, own, worker = time.perf_counter(), time.process_time(), self.worker_cpu_s
        corrections.add(Interaction(sign="add", points_ras_mm=(place,)))
        self.wait(lambda: not corrections.pending and not live.isOutdated)
        self.host.process_events()
        if not live.examination.corrections:
            raise SystemExit(self.widget.editPanel.ui.clickLabel.text)
        return Followed(time.perf_counter() - wall, self.worker_cpu_s - worker, time.process_time() - own)

    @property
    def worker_cpu_s(self) -> float:
        """Processor time of the worker so far; 0 before it runs."""
        return sum(sum(map(int, _stat(each)[11:13])) / _TICKS for each in self._pids())

    @property
    def worker_peak_gb(self) -> float:
        """Its largest memory so far."""
        lines = [line for each in self._pids() for line in Path(f"/proc/{each}/status").read_text().splitlines()]
        return max(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e9

    def _pids(self) -> list[int]:
        process = self.widget.client._process
        leader = None if process is None else process.groupLeader
        every = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())
        return [each for each in every if leader is not None and _group(each) == leader]


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _stat(pid: int) -> list[str]:
    """Return what follows the name of a process in its line: state, parent, group and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _image(labelmap: Volume) -> Volume:
    noise = np.random.default_rng(1).normal(100, 20, SHAPE)
    return labelmap.with_array((noise + 60 * (labelmap.array > 0)).astype(np.float32))


def _places(count: int) -> list[geometry.Triplet]:
    """Return places a little outside of the tumor, each another, in one slice."""
    affine, around = two_parts().dhw_to_ras, np.linspace(0.5, 2 * np.pi - 0.5, count)
    index = np.column_stack([np.full(count, 40.0), 256 + 27.3 * np.sin(around), 200 + 27.3 * np.cos(around)])
    return [(r, a, s) for r, a, s in geometry.transform_points(affine, index).tolist()]


@contextmanager
def beside_a_loop(core: int, *, wanted: bool) -> Iterator[None]:
    """Let a loop that never rests share a core, if it is wanted."""
    if not wanted:
        yield
        return
    loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    os.sched_setaffinity(loop.pid, {core})
    try:
        yield
    finally:
        loop.send_signal(signal.SIGKILL)
        loop.wait()


def measured(clicks: int, model: Path) -> list[str]:
    """Return the lines of the table."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    module, lines = Module(), [f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
    module.widget.editPanel.corrections.options["refiner"] = str(model)
    places = iter(_places(len(PRECISIONS) * (2 * clicks + 2)))
    for precision in PRECISIONS:
        module.widget.editPanel.corrections.options["precision"] = precision
        for _ in range(2):  # loads the models, reads the scan
            module.click(next(places))
        for is_busy in (False, True):
            with beside_a_loop(core, wanted=is_busy):
                found = [module.click(next(places)) for _ in range(clicks)]
            cells = [
                precision, "beside a busy loop" if is_busy else "nothing else of ours",
                f"{median(each.wall_s for each in found):.2f}", f"{max(each.wall_s for each in found):.2f}",
                f"{median(each.worker_cpu_s for each in found):.2f}",
                f"{median(each.module_cpu_s for each in found):.2f}", f"{module.worker_peak_gb:.2f}",
            ]  # fmt: skip
            lines.append(f"| {' | '.join(cells)} |")
    module.widget.client.shutDown()
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--refiner", help="model file or name; without it the one that is installed")
    parser.add_argument("--clicks", type=int, default=7, help="for each line of the table")
    parser.add_argument("--rows", type=Path, help="folder of benchmarks.interaction, whose page then has this section")
    options = parser.parse_args()
    model = find_model(options.refiner or default_refiner())
    lines = measured(options.clicks, model)
    setting = (
        f"Model `{model.stem}`; {options.clicks} clicks a line; load of the machine {os.getloadavg()[0]:.1f} of "
        f"{os.cpu_count()} cores. The goals: 0.7 s in float32 and 0.35 s in bfloat16 on a free core, 1.5 s beside a "
        "busy one, 1 GB."
    )
    about = " ".join((__doc__ or "").split("\n\n")[2].split())
    how = "Made by `python -m benchmarks.interaction_times`, with the same `--rows`."
    text = "\n\n".join(["## How long a click takes", about, setting, "\n".join(lines), how])
    print(text)
    if options.rows is not None:
        options.rows.mkdir(parents=True, exist_ok=True)
        write_text_atomically(options.rows / TIMES, text + "\n")


if __name__ == "__main__":
    main()

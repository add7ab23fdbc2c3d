"""What a cohort costs beside its cases: engine, resuming, start-up, memory, a second slot, and the page.

    python -m benchmarks.cohort [--stubs 10000] [--cases 24] [--out FILE.md]

Three parts. Stub cases on 64 slots in one process tell what the engine takes, as processor time of this process, which
holds scheduler and slots. Real cases, the sample that comes along again and again under names of its own, run on one
slot of one thread and then on two: what matters is cases per minute and what other programs leave of the machine, so
the load is printed beside, and what two processes of the library with no engine at all leave each other. The page of
made-up cases is drawn by Chromium (selenium, Debian: chromium-driver).
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from VSSegmentationLib.batch.cases import Case, Found
from VSSegmentationLib.batch.engine import local_engine
from VSSegmentationLib.batch.journal import Journal
from VSSegmentationLib.batch.planning import THUMBNAILS, BatchOptions, make_plan
from VSSegmentationLib.batch.running import run_cases
from VSSegmentationLib.batch.study.writing import StudyWriter
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.warm_child import Answer, Bounds

PAGE = Path(__file__).parents[1] / "docs" / "experiments" / "cohort.md"
HEAD = """# What a cohort costs

Written by `python -m benchmarks.cohort`; what each figure means is said there. The real cases are the synthetic sample
that comes along, whose scans are smaller than whole heads.

Machine: {machine}. Load of the machine before and between the parts: {loads}.
Above the number of cores other programs took part of it, and wall clocks and the efficiency of a second slot tell of
them as much as of this software.
"""
SLOTS, PAGE_CASES = 64, 5000
MOST_ENGINE_MS, MOST_RESUME_S, MOST_DRAW_MS = 5.0, 20.0, 500.0


class Stub:
    """Answers at once."""

    def __init__(self, *, threads: int, slot: int) -> None:
        pass

    def do(self, _order: str, _job: Mapping[str, Any], _bounds: Bounds) -> Answer:
        result = {"values": {"vol_total": 1.0}, "volume": "vol_total", "findings": "A tumor was found.", "side": "left"}
        return Answer(result=result, seconds=0.0)

    def end(self) -> None:
        pass


class Spent(NamedTuple):
    wall_s: float
    cpu_s: float


def timed(work) -> tuple[Any, Spent]:
    wall, cpu = time.perf_counter(), time.process_time()
    value = work()
    return value, Spent(time.perf_counter() - wall, time.process_time() - cpu)


def found(folder: Path, count: int, content: bytes | Path) -> Found:
    cases = []
    for number in range(count):
        path = folder / f"{number:05d}.nii.gz"
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content)
        cases.append(Case(name=f"case-{number:05d}", key=path.name, input=path, files=(path,)))
    return Found(cases=tuple(cases))


def quiet(*_: object) -> None:
    pass


def stub_part(folder: Path, count: int) -> list[tuple[str, str, str]]:
    cohort = found(folder, count, b"scan")
    options = BatchOptions(study=folder / "study")
    journal = Journal(options.study)
    plan = make_plan(cohort, journal, options)

    def run() -> None:
        with local_engine(SLOTS, 1, Bounds(), Stub) as engine:
            run_cases(plan, engine, journal, on_change=quiet, should_stop=lambda: False)

    _, ran = timed(run)
    for case in cohort.cases:
        report = options.study / "cases" / case.name / "report.json"
        report.parent.mkdir(parents=True)
        report.write_text("{}", encoding="utf-8")
    journal.close()

    def resume() -> int:
        again = Journal(options.study)
        try:
            left = make_plan(cohort, again, options)
            StudyWriter(options, cohort, left, again).write()
            return len(left.to_do)
        finally:
            again.close()

    left, resumed = timed(resume)
    assert left == 0
    engine = f"engine, {count} stub cases on {SLOTS} slots, ms of processor a case"
    resuming = f"resuming and writing tables and page of {count} cases, s of wall clock"
    return [
        (engine, f"{1000 * ran.cpu_s / count:.2f}", f"≤ {MOST_ENGINE_MS:g}"),
        ("the same, ms of wall clock a case", f"{1000 * ran.wall_s / count:.2f}", ""),
        (resuming, f"{resumed.wall_s:.1f}", f"≤ {MOST_RESUME_S:g}"),
        ("the same, s of processor", f"{resumed.cpu_s:.1f}", ""),
    ]


class Throughput(NamedTuple):
    wall_s: float
    first_s: float
    """Until the first case was done: start of the engine and of a child, models and all."""
    peak_gib: float
    cases: int


def real_run(folder: Path, count: int, slots: int) -> Throughput:
    cohort = found(folder, count, SAMPLE_FOLDER / "exam1_t2.nii.gz")
    job = {"formats": ["seg.nrrd", "html", "report.json", "study.csv"], "modality": "T2"}
    options = BatchOptions(study=folder / "study", job=job, slots=slots)
    journal = Journal(options.study)
    (options.study / THUMBNAILS).mkdir()
    plan = make_plan(cohort, journal, options)
    ends: list[float] = []
    begun = time.perf_counter()
    with local_engine(slots, 1, options.bounds) as engine:
        tally = run_cases(
            plan,
            engine,
            journal,
            on_change=lambda *_: ends.append(time.perf_counter() - begun),
            should_stop=lambda: False,
        )
    journal.close()
    assert tally.done == count, {each.reason for each in journal.cases.values()}
    peak = max(float(each.result["peak_gib"] or 0) for each in journal.cases.values())
    return Throughput(ends[-1], ends[1], peak, count)


_ALONE = """
import sys, time, torch
import VSSegmentationLib as vs
torch.set_num_threads(1)
segmenter = vs.Segmenter(device="cpu")
scan = sys.argv[1]
segmenter.segment(scan, modality="T2")
print("ready", flush=True)
sys.stdin.readline()
begun = time.perf_counter()
for _ in range(int(sys.argv[2])):
    segmenter.segment(scan, modality="T2")
print(time.perf_counter() - begun, flush=True)
"""
"""Segments one scan again and again, with no engine, no files and no page; begins when told."""


def seconds_alone(processes: int, times: int) -> float:
    """Return the seconds that a case takes in each of some processes of the library that have nothing in common."""
    scan = str(SAMPLE_FOLDER / "exam1_t2.nii.gz")
    command = [sys.executable, "-c", _ALONE, scan, str(times)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(processes)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    spent = [float(each.communicate()[0]) for each in running]
    return max(spent) / times


def alone_part(times: int) -> list[tuple[str, str, str]]:
    """Tell how much two processes get in each other's way on this machine, without anything of the batch."""
    one, two = seconds_alone(1, times), seconds_alone(2, times)
    return [
        (f"the library by itself, {times} cases in one process, s a case", f"{one:.2f}", ""),
        ("in two processes at once, s a case", f"{two:.2f}", ""),
        ("what the machine leaves of a second process", f"{100 * one / two:.0f} %", ""),
    ]


@contextmanager
def held_to(cores: set[int]) -> Iterator[None]:
    """Hold this process, and what it starts, to some cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def real_part(folder: Path, count: int) -> list[tuple[str, str, str]]:
    """Run the sample on one slot, on one slot with one core for all it does, and on two slots.

    One slot of one thread takes more than one core: the engine hashes and writes beside it, and a case draws its
    pictures while it writes its files. So what a second slot brings is told both ways.
    """
    cores = sorted(os.sched_getaffinity(0))
    runs = {}
    for slots, held in ((1, cores), (1, cores[:1]), (2, cores[:2])):
        own = folder / f"{slots} on {len(held)}"
        own.mkdir()
        with held_to(set(held)):
            runs[slots, len(held)] = real_run(own, count, slots)
    # From the first case on: how long the rest took. What came before is start-up, told apart.
    rates = {way: 60 * (run.cases - way[0]) / (run.wall_s - run.first_s) for way, run in runs.items()}
    one, two = runs[1, len(cores)], runs[2, len(cores[:2])]
    rate = {1: rates[1, len(cores)], 2: rates[2, len(cores[:2])]}
    usual = (one.wall_s - one.first_s) / (count - 1)
    startup = max(0.0, one.first_s - usual)
    second, share = rate[2] / rate[1] / 2, startup / (startup + 50 * usual)
    return [
        (f"one slot of one thread, {count} cases, cases a minute", f"{rate[1]:.1f}", ""),
        ("two slots of one thread, cases a minute", f"{rate[2]:.1f}", ""),
        ("efficiency of the second slot: half of the quotient", f"{100 * second:.0f} %", "≥ 85 % on a quiet machine"),
        ("one slot held to one core, engine and all, cases a minute", f"{rates[1, 1]:.1f}", ""),
        ("two slots on two cores against it: half of the quotient", f"{100 * rate[2] / rates[1, 1] / 2:.0f} %", ""),
        ("start-up before the first case, beyond a usual case, s", f"{startup:.1f}", ""),
        ("the same, share of the time of 50 cases on one slot", f"{100 * share:.1f} %", "≤ 5 %"),
        ("peak memory of a child, GiB", f"{max(one.peak_gib, two.peak_gib):.2f}", ""),
    ]


def page_part(folder: Path) -> list[tuple[str, str, str]]:
    from Testing.support.study_pages import browser, write_made_up_page  # noqa: PLC0415 - needs selenium

    page = write_made_up_page(folder, PAGE_CASES)
    draws, elements = [], 0
    with browser(folder) as driver:
        for _ in range(5):
            driver.get(page.as_uri())
            draws.append(int(driver.execute_script("return document.documentElement.dataset.drawnMs")))
            elements = driver.execute_script("return document.querySelectorAll('*').length")
    drawn = f"page of {PAGE_CASES} cases, ms until it is drawn, median of 5 (largest {max(draws)})"
    return [
        (drawn, str(sorted(draws)[2]), f"≤ {MOST_DRAW_MS:g}"),
        ("elements of that page", str(elements), ""),
        ("its size, MB", f"{page.stat().st_size / 1e6:.1f}", ""),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stubs", type=int, default=10000)
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args()
    rows, loads = [], [os.getloadavg()[0]]
    for part, count in ((stub_part, options.stubs), (real_part, options.cases)):
        if count:
            with tempfile.TemporaryDirectory() as folder:
                rows += part(Path(folder), count)
            loads.append(os.getloadavg()[0])
    if options.cases:
        rows += alone_part(options.cases)
    with tempfile.TemporaryDirectory() as folder:
        rows += page_part(Path(folder))
    words = HEAD.format(
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, no GPU",
        loads=", ".join(f"{load:.1f}" for load in loads),
    )
    table = [f"| {name} | {value} | {wanted} |" for name, value, wanted in rows]
    lines = [words, "| | measured | wanted |", "|---|---|---|", *table, ""]
    options.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

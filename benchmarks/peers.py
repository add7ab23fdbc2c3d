"""This software beside what else one would run, in one run: time, share of the processor, memory and agreement.

    python -m benchmarks.peers [SCAN] [--head SERIES] [--trained FOLDER] [--rounds N] [--out FILE.md]

1. A click to the split tumor, models in memory, on SCAN (default: the sample that comes along) laid into a head, and
   on a real whole head, on a quiet machine and beside a program that holds a core; its growth with the size of the
   scan, each size in a process of its own, whose peak memory is told; all measures by the size of the tumor.
2. The networks of VS_Seg and nnU-Net that `benchmarks.peer_networks` trained in FOLDER, on a head of 512 x 512 voxels a
   slice: by their own pipelines (MONAI's sliding window as VS_Seg runs it, 384 x 384 x 64 with overlap 0.25; nnU-Net's
   predictor with and without mirror images, where it is installed) and by ours, with the Dice of the tumor found.
3. Floating-point operations a second beside those of a product of matrices.
4. A cold command from the start to all files, and an edit until the numbers follow.

The ways take turns. Processor time is that of all threads; wall clock tells something on a quiet machine only, and the
page says whether it was one.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.gemm_share import models_that_segment, shares, timed
from benchmarks.peer_networks import on_grid
from benchmarks.peer_ways import SAMPLE, compared
from benchmarks.tumor_sizes import growth_with_tumor
from VSSegmentationLib import pipeline
from VSSegmentationLib.imageio import Modality, Scan, read_scan, scan_of_volume
from VSSegmentationLib.imageio.weighting import stated
from VSSegmentationLib.inference import WarmModels, set_threads_that_help

PAGE = Path(__file__).parents[1] / "docs" / "experiments" / "peers.md"
SIZES = ("40x256", "80x512", "120x512", "400x512", "120x1024")
"""Slices, and voxels along a side of each."""
_PARTS = 6
_UNFINISHED = "The run was ended before its further parts: the same command on a quiet machine measures them."
BUSY_LOAD = 0.5
"""Of the load average for each core, beside this run: above it the machine is not quiet."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", nargs="?", type=Path, default=SAMPLE / "exam1_t2.nii.gz")
    parser.add_argument("--modality", choices=("T2", "ceT1"), default="T2")
    parser.add_argument("--head", type=Path, help="a whole head in contrast-enhanced T1, clicked on as it is")
    parser.add_argument("--trained", type=Path, help="folder of `benchmarks.peer_networks`")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each way")
    parser.add_argument("--slices", type=int, default=80, help="of the head that the networks are shown")
    parser.add_argument("--sizes", nargs="*", default=SIZES, help="of the scans of the growth table, as SLICESxSIDE")
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--size", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.threads or options.size:
        print(json.dumps(clicked(options)))
        return
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    parts: list[list[str]] = []
    for part in (
        lambda: clicks(options, cores),
        lambda: growth(options),
        growth_with_tumor,
        lambda: compared(options.trained, options.rounds, options.slices),
        shares,
        starts,
    ):
        parts.append(part())
        print("\n".join(parts[-1]), flush=True)
        options.out.write_text(page(options, load, cores, parts), encoding="utf-8")


# 1. A click, and how it grows


def clicked(options: argparse.Namespace) -> dict[str, float]:
    """Return what a click takes, the second time, and the peak memory of this process."""
    volume = read_scan(options.scan, accept_resampling=True).volume
    if options.size:
        slices, side = options.size
        volume = on_grid(volume, (slices, side, side), None)
    scan = stated(scan_of_volume(volume), Modality(options.modality))
    models = WarmModels()
    for _ in range(2):
        used = set_threads_that_help(options.threads or 1)
        _found, cost = timed(lambda: click(scan, models))
    unit = 1 if sys.platform == "darwin" else 1024
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
    return {**cost._asdict(), "peak_gb": peak_gb, "threads": used}


def click(scan: Scan, models: WarmModels) -> np.ndarray:
    options = pipeline.PipelineOptions(device="cpu", engine="torch")
    return pipeline.run(scan, options, load_bundle=models.load).content.labelmap.array


def in_a_process(scan: Path, modality: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.peers", str(scan), "--modality", modality, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def clicks(options: argparse.Namespace, cores: int) -> list[str]:
    """Return the wall clock of a click with all cores, and beside a program that holds one of them."""
    scans = [(f"{options.scan.name} on 512 x 512 x 80", options.scan, options.modality, ("--size", "80", "512"))]
    if options.head is not None:
        scans.append(("a real whole head in contrast-enhanced T1", options.head, "ceT1", ()))
    rows = []
    for name, scan, modality, size in scans:
        quiet = in_a_process(scan, modality, *size, "--threads", str(cores))
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
            beside = in_a_process(scan, modality, *size, "--threads", str(cores))
            busy.kill()
        rows.append(
            f"| {name} | {quiet['wall_s']:.2f} ({quiet['threads']}) | {beside['wall_s']:.2f} ({beside['threads']}) |"
        )
    return [
        "## A click to the split tumor", "",
        f"Wall clock from the scan in memory to all measures, models in memory, {cores} cores, as many threads of",
        "torch as the worker finds to help (in brackets), in the precision that it finds fastest.", "",
        "| scan | s, quiet | s, one core busy |", "|---|---|---|", *rows,
    ]  # fmt: skip


def growth(options: argparse.Namespace) -> list[str]:
    rows = []
    for slices, side in (size.split("x") for size in options.sizes):
        told = in_a_process(options.scan, options.modality, "--size", slices, side)
        rows.append(
            f"| {side} x {side} x {slices} | {told['cpu_s']:.2f} | {told['wall_s']:.2f} | {told['peak_gb']:.2f} |"
        )
    return [
        "## A click, by the size of the scan", "",
        "From the scan in memory to all measures, models in memory, one thread; peak memory of the process, which made",
        "the scan by resampling.", "",
        "| voxels | CPU s | wall s | peak GB |", "|---|---|---|---|", *rows,
    ]  # fmt: skip


# 4. Starts and edits


def starts() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "-m", "VSSegmentationLib", "segment", str(SAMPLE / "exam1_t2.nii.gz")]
        subprocess.run([*command, "--out", folder + "/out", "--modality", "T2"], check=True, capture_output=True)
        after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - wall
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    edits = subprocess.run(
        [sys.executable, "-m", "benchmarks.edit_to_numbers"], check=True, capture_output=True, text=True
    )
    return [
        "## A cold command, and an edit", "",
        f"`vs-segmentation segment` on the sample, from the start of the process to all files: {cpu:.1f} s of the",
        f"processor, {seconds:.1f} s by the clock. Numbers after a stroke on 512 x 512 x 80 voxels, by",
        "`python -m benchmarks.edit_to_numbers`:", "", *edits.stdout.splitlines()[-3:],
    ]  # fmt: skip


def page(options: argparse.Namespace, load: float, cores: int, parts: list[list[str]]) -> str:
    quiet = load <= BUSY_LOAD * cores
    said = (
        "The machine was quiet."
        if quiet
        else f"**The machine was busy** (load {load:.0f} on {cores} cores at the beginning): wall clock tells nothing,"
    )
    more = [] if quiet else ["and processor time is longer than on a quiet one. Compare ways within one table only."]
    given = " --head SERIES" if options.head else ""
    given += " --trained FOLDER" if options.trained else ""
    arguments = f"{options.scan.name}{given} --rounds {options.rounds} --slices {options.slices}"
    return "\n".join(
        [
            "# Speed beside other ways", "",
            f"Made by `python -m benchmarks.peers {arguments} --sizes {' '.join(options.sizes)}`",
            f"on {platform.machine()}, torch {torch.__version__}. Models: {models_that_segment()}.", "",
            said, *more, "",
            *(line for part in parts for line in [*part, ""]),
            *([_UNFINISHED, ""] if len(parts) < _PARTS else []),
        ]
    )  # fmt: skip


if __name__ == "__main__":
    main()

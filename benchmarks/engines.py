"""What each engine and precision takes for a scan, and how far its answer is from that of torch in float32.

    python -m benchmarks.engines ../shared/data [--repeats N] [--out FILE.md]

Real scans, models in memory, one thread; the ways take turns, so that what else the machine does meets all of them.
Seconds are medians of processor time and of wall clock, of the whole run from the scan in memory to all measures. It
ends with an error where a mask has a Dice below 0.998 to that of float32, or its leading diameter moves by over 0.1 mm.
"""

import argparse
import os
import platform
import sys
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.gemm_share import models_that_segment
from VSSegmentationLib import pipeline
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.imageio import Modality, Scan, read_scan
from VSSegmentationLib.imageio.weighting import stated
from VSSegmentationLib.inference import WarmModels
from VSSegmentationLib.inference.openvino_engine import has_openvino
from VSSegmentationLib.inference.precision import cpu_multiplies_bfloat16
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.labels import Label

PAGE = Path(__file__).parents[1] / "docs" / "experiments" / "engines.md"
SCANS = (
    ("vs_gk_95", "vs_gk/vs_gk_95_t2.nii.gz", "T2"),
    ("vs_gk_98", "vs_gk/vs_gk_98_t2.nii.gz", "T2"),
    ("vs_gk_99", "vs_gk/vs_gk_99_t1.nii.gz", "ceT1"),
    ("vs_seg_001", "vs_seg_001/ceT1_dicom", "ceT1"),
)
LEAST_DICE, MOST_MOVED_MM = 0.998, 0.1


class Run(NamedTuple):
    cpu_s: float
    wall_s: float
    labelmap: np.ndarray
    headline_mm: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args()
    torch.set_num_threads(1)
    ways, models, rows, worst = ways_here(), WarmModels(), [], []
    for name, place, modality in SCANS:
        scan = stated(read_scan(options.data / place), Modality(modality))
        runs = {way: [] for way in ways}
        for _ in range(options.repeats + 1):  # the first of each prepares it
            for way in ways:
                runs[way].append(run(scan, way, models))
        first = runs[ways[0]][-1]
        for way in ways:
            row, agrees = compared(name, way, runs[way][1:], first)
            rows.append(row)
            worst += [] if agrees else [f"{name} {' '.join(way)}"]
    options.out.write_text(page(rows, options.repeats), encoding="utf-8")
    print("\n".join(rows))
    if worst:
        print("too far from float32 by torch:", ", ".join(worst), file=sys.stderr)
    return 1 if worst else 0


def ways_here() -> list[tuple[str, str]]:
    """Engine and precision, float32 by torch first; bfloat16 only where it is of use."""
    engines = ["torch", *(["openvino"] if has_openvino() else [])]
    precisions = ["float32", *(["bfloat16"] if cpu_multiplies_bfloat16() else [])]
    return [(engine, precision) for engine in engines for precision in precisions]


def run(scan: Scan, way: tuple[str, str], models: WarmModels) -> Run:
    options = pipeline.PipelineOptions(engine=way[0], precision=way[1], device="cpu")
    cpu, wall = time.process_time(), time.perf_counter()
    content = pipeline.run(scan, options, load_bundle=models.load).content
    seconds = time.process_time() - cpu, time.perf_counter() - wall
    return Run(*seconds, content.labelmap.array, content.leading.value_mm or 0.0)


def compared(name: str, way: tuple[str, str], runs: list[Run], first: Run) -> tuple[str, bool]:
    mask, inner = runs[-1].labelmap, runs[-1].labelmap == Label.INTRAMEATAL
    whole = dice(VS.tumor_mask(mask), VS.tumor_mask(first.labelmap))
    parts = dice(inner, first.labelmap == Label.INTRAMEATAL)
    moved = abs(runs[-1].headline_mm - first.headline_mm)
    cpu, wall = (median(getattr(each, key) for each in runs) for key in ("cpu_s", "wall_s"))
    row = f"| {name} | {way[0]} | {way[1]} | {cpu:.2f} | {wall:.2f} | {whole:.4f} | {parts:.4f} | {moved:.2f} |"
    return row, whole >= LEAST_DICE and moved <= MOST_MOVED_MM


def page(rows: list[str], repeats: int) -> str:
    return "\n".join(
        [
            "# Engines and precisions",
            "",
            f"Made by `python -m benchmarks.engines ../shared/data`: one thread on {platform.machine()}, torch",
            f"{torch.__version__}, medians of {repeats} runs of each way in turn: whole runs, models in memory.",
            f"The load of the machine, which makes wall clock longer than CPU time, was {os.getloadavg()[0]:.0f}.",
            f"Models: {models_that_segment()}.",
            "Development scans: weights were chosen with them in view, which says nothing about how engines agree.",
            "",
            "| scan | engine | precision | CPU s | wall s | Dice, whole | Dice, intrameatal | headline moves, mm |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

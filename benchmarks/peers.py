"""This software beside what else one would run, in one run: time, share of the processor, memory and agreement.

    python -m benchmarks.peers [SCAN] [--modality ceT1] [--steps N] [--rounds N] [--slices N] [--out FILE.md]

1. A click to the split tumor, models in memory, on SCAN (default: the sample that comes along), and its growth with
   the size of the scan: the same scan on other grids, each in a process of its own, whose peak memory is told.
2. The network of VS_Seg, trained here for a few steps on one examination of the synthetic sample, on a head of
   512 x 512 voxels a slice: by MONAI's sliding window as VS_Seg runs it (384 x 384 x 64, overlap 0.25), by ours over
   the whole scan, and by ours with the region first, with the Dice of the tumor found to that of MONAI's way.
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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch

from benchmarks.gemm_share import Cost, shares, timed
from VSSegmentationLib import geometry, pipeline
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.imageio import Modality, Scan, load_labelmap, read_scan, scan_of_volume
from VSSegmentationLib.imageio.weighting import stated
from VSSegmentationLib.inference import (
    Compute,
    ModelBundle,
    Models,
    PreprocessingConfig,
    SegmenterSettings,
    WarmModels,
    WindowConfig,
    load_model,
    segment,
)
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.models import EMBEDDED_FOLDER, default_locator, embedded_models, find_model
from VSSegmentationLib.networks import SPVPA_KCL, build_network
from VSSegmentationLib.preprocessing import Grid, grid_of, indices_inside, intensity_of, resample, z_scored
from VSSegmentationLib.tensors import array_of, tensor_of
from VSSegmentationLib.volume import Volume, reorder

PAGE = Path(__file__).parents[1] / "docs" / "experiments" / "peers.md"
SAMPLE = EMBEDDED_FOLDER / "sample"
HEAD_SPACING_DHW_MM = (1.5, 0.41, 0.41)
WINDOW_DHW, OVERLAP = (64, 384, 384), 0.25
SIZES = ("40x256", "80x512", "120x512", "400x512", "120x1024")
"""Slices, and voxels along a side of each."""
PATCH_DHW = (16, 64, 64)
_PARTS = 4
_UNFINISHED = "The run was ended before its further parts: the same command on a quiet machine measures them."
BUSY_LOAD = 0.5
"""Of the load average for each core, beside this run: above it the machine is not quiet."""


@dataclass(frozen=True)
class Way:
    """One way to an answer, with what each turn took."""

    name: str
    answer: Callable[[], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", nargs="?", type=Path, default=SAMPLE / "exam1_t2.nii.gz")
    parser.add_argument("--modality", choices=("T2", "ceT1"), default="T2")
    parser.add_argument("--steps", type=int, default=300, help="that the network of VS_Seg is trained for")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each way")
    parser.add_argument("--slices", type=int, default=80, help="of the head that VS_Seg's network is shown")
    parser.add_argument("--sizes", nargs="*", default=SIZES, help="of the scans of the first table, as SLICESxSIDE")
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--size", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.size:
        print(json.dumps(clicked_at(options.scan, options.modality, options.size)))
        return
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    parts: list[list[str]] = []
    for part in (lambda: growth(options), lambda: peers(options), shares, starts):
        parts.append(part())
        print("\n".join(parts[-1]), flush=True)
        options.out.write_text(page(options, load, cores, parts), encoding="utf-8")


def on_grid(path: Path, shape: tuple[int, int, int], spacing_dhw_mm: tuple[float, float, float] | None) -> Volume:
    """Return a scan on a grid of another size; with a spacing, round its middle, with zeros where there is no scan."""
    volume = read_scan(path, accept_resampling=True).volume
    volume = reorder(volume, geometry.superior_anterior_right_order(volume.dhw_to_ras))
    own = [n * mm / m for n, mm, m in zip(volume.shape, volume.spacing_dhw_mm, shape, strict=True)]
    center = geometry.transform_points(volume.dhw_to_ras, (np.array(volume.shape) - 1) / 2)
    affine = np.eye(4)
    affine[:3, :3] = geometry.directions(volume.dhw_to_ras) * (spacing_dhw_mm or own)
    affine[:3, 3] = center - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    head = resample(volume, Grid(shape, geometry.as_affine(affine)))
    box = indices_inside(grid_of(head), grid_of(volume))
    inside = tuple(slice(a, b) for a, b in zip(box.start, box.stop, strict=True))
    array = np.zeros(shape, np.float32)
    array[inside] = head.array[inside]
    return head.with_array(array)


# 1. A click, and how it grows


def clicked_at(path: Path, modality: str, size: list[int]) -> dict[str, float]:
    """Return what a click takes on a scan of this size, the second time, and the peak memory of this process."""
    slices, side = size
    scan = stated(scan_of_volume(on_grid(path, (slices, side, side), None)), Modality(modality))
    models = WarmModels()
    for _ in range(2):
        _found, cost = timed(lambda: click(scan, models))
    unit = 1 if sys.platform == "darwin" else 1024
    return {**cost._asdict(), "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9}


def click(scan: Scan, models: WarmModels) -> np.ndarray:
    options = pipeline.PipelineOptions(device="cpu", engine="torch")
    return pipeline.run(scan, options, load_bundle=models.load).content.labelmap.array


def growth(options: argparse.Namespace) -> list[str]:
    rows = []
    for slices, side in (size.split("x") for size in options.sizes):
        command = [sys.executable, "-m", "benchmarks.peers", str(options.scan), "--modality", options.modality]
        command += ["--size", slices, side]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        told = json.loads(done.stdout.splitlines()[-1])
        rows.append(
            f"| {side} x {side} x {slices} | {told['cpu_s']:.2f} | {told['wall_s']:.2f} | {told['peak_gb']:.2f} |"
        )
    return [
        "## A click, by the size of the scan", "",
        "From the scan in memory to all measures, models in memory, one thread; peak memory of the process, which made",
        "the scan by resampling.", "",
        "| voxels | CPU s | wall s | peak GB |", "|---|---|---|---|", *rows,
    ]  # fmt: skip


# 2. The network of VS_Seg


def trained(steps: int) -> torch.nn.Module:
    """Return VS_Seg's network after some steps on patches of the first examination of the synthetic sample."""
    torch.manual_seed(1)
    draw = np.random.default_rng(1)
    image = read_scan(SAMPLE / "exam1_t2.nii.gz").volume
    truth = load_labelmap(SAMPLE / "exam1_truth.nii.gz").volume
    order = geometry.superior_anterior_right_order(image.dhw_to_ras)
    scored = z_scored(reorder(image, order).array, intensity_of(image.array))
    mask = VS.tumor_mask(reorder(truth, order).array)
    tumor = np.argwhere(mask)
    network = build_network(SPVPA_KCL)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for step in range(steps):
        about = draw.choice(tumor) if step % 2 else draw.integers(0, mask.shape)
        start = np.clip(about - np.array(PATCH_DHW) // 2 + draw.integers(-8, 9, 3), 0, np.array(mask.shape) - PATCH_DHW)
        place = tuple(slice(a, a + n) for a, n in zip(start.tolist(), PATCH_DHW, strict=True))
        optimizer.zero_grad()
        logits = network(tensor_of(scored[place].copy())[None, None]).logits
        wanted = tensor_of(mask[place].astype(np.int64))[None]
        probability = torch.softmax(logits, 1)[:, 1]
        overlap = (2 * (probability * wanted).sum() + 1) / (probability.sum() + wanted.sum() + 1)
        (torch.nn.functional.cross_entropy(logits, wanted) + 1 - overlap).backward()
        optimizer.step()
    return network.eval()


def peers(options: argparse.Namespace) -> list[str]:
    from monai.inferers import sliding_window_inference  # noqa: PLC0415 - for development only

    network = trained(options.steps)
    bundle = ModelBundle(
        name="vs_seg_trained_here", version="1", network=network, network_config=SPVPA_KCL,
        settings=SegmenterSettings(
            preprocessing=PreprocessingConfig(spacing_dhw_mm=None, intensity="scan"),
            window=WindowConfig(size_dhw=WINDOW_DHW, overlap=OVERLAP),
        ),
        labels=(0, VS.whole_tumor.value), modality="T2",
    )  # fmt: skip
    # One thread and float32 in all of them: precision and engine have a page of their own.
    head = on_grid(SAMPLE / "exam2_t2.nii.gz", (options.slices, 512, 512), HEAD_SPACING_DHW_MM)
    locator = load_model(find_model(default_locator() or ""))

    def by_monai() -> np.ndarray:
        image = tensor_of(z_scored(head.array, intensity_of(head.array)))[None, None]
        with torch.inference_mode():
            logits = sliding_window_inference(
                image, WINDOW_DHW, 1, lambda window: network(window).logits, overlap=OVERLAP, mode="gaussian"
            )
        return array_of(logits[0].argmax(0)) > 0

    def by_us(models: Models, *, first: bool) -> np.ndarray:
        compute = Compute("float32", "torch")
        return segment(head, models, device="cpu", compute=compute, region_first=first).labelmap.array > 0

    ways = [
        Way("MONAI's sliding window over the whole head", by_monai),
        Way("ours over the whole head", lambda: by_us(Models(segmenter=bundle), first=False)),
        Way("ours, the region first", lambda: by_us(Models(segmenter=bundle, locator=locator), first=True)),
        Way("what is our default instead", lambda: ours(head)),
    ]
    answers, costs = {}, {way.name: [] for way in ways}
    for _ in range(options.rounds):
        for way in ways:
            answers[way.name], cost = timed(way.answer)
            costs[way.name].append(cost)
    reference = costs[ways[0].name]
    tumor = _of_the_tumor(head, answers)
    rows = [
        f"| {way.name} | {_cpu(costs[way.name]):.1f} | {median(c.wall_s for c in costs[way.name]):.1f} | "
        f"{_cpu(reference) / _cpu(costs[way.name]):.1f} | {tumor[way.name]} |"
        for way in ways
    ]
    return [
        "## The network of VS_Seg", "",
        f"Its shape and windows; weights of {options.steps} steps on the first examination of the synthetic sample,",
        f"shown the second on 512 x 512 x {options.slices} voxels of 0.41 x 0.41 x 1.5 mm; float32, our default aside.",
        "Such weights find much that is no tumor, so Dice is that of the voxels up to 10 mm from the true tumor's box.",
        "nnU-Net v2 is not among the packages that come with the development tools, and is not compared.", "",
        "| way | CPU s | wall s | times as fast | Dice to MONAI's, to the truth |", "|---|---|---|---|---|", *rows,
    ]  # fmt: skip


def _cpu(costs: list[Cost]) -> float:
    return median(cost.cpu_s for cost in costs)


def _of_the_tumor(head: Volume, answers: dict[str, np.ndarray]) -> dict[str, str]:
    truth = load_labelmap(SAMPLE / "exam2_truth.nii.gz").volume
    truth = reorder(truth, geometry.superior_anterior_right_order(truth.dhw_to_ras))
    whole = truth.with_array(VS.tumor_mask(truth.array).astype(np.float32))
    mask = resample(whole, grid_of(head)).array >= 0.5
    room = np.ceil(10 / np.array(head.spacing_dhw_mm)).astype(int)
    found = np.argwhere(mask)
    low, high = np.maximum(found.min(axis=0) - room, 0), found.max(axis=0) + 1 + room
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    first = next(iter(answers.values()))[box]
    return {name: f"{dice(each[box], first):.4f}, {dice(each[box], mask[box]):.3f}" for name, each in answers.items()}


def ours(head: Volume) -> np.ndarray:
    return VS.tumor_mask(click(stated(scan_of_volume(head), Modality.T2), _models))


_models = WarmModels()


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
    name = options.scan.name
    models = ", ".join(f"{entry.card.name} {entry.card.version}" for entry in embedded_models())
    arguments = f"{name} --steps {options.steps} --rounds {options.rounds} --slices {options.slices}"
    return "\n".join(
        [
            "# Speed beside other ways", "",
            f"Made by `python -m benchmarks.peers {arguments} --sizes {' '.join(options.sizes)}`",
            f"on {platform.machine()}, one thread, torch {torch.__version__}. Models: {models}.", "",
            said, *more, "",
            *(line for part in parts for line in [*part, ""]),
            *([_UNFINISHED, ""] if len(parts) < _PARTS else []),
        ]
    )  # fmt: skip


if __name__ == "__main__":
    main()

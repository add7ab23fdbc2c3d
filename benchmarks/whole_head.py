"""Time, memory and agreement on a whole head: this software against MONAI's sliding window, same network and weights.

    python benchmarks/whole_head.py [SCAN] [--model NAME_OR_FILE] [--out FILE.md]

Both ways run one after the other on this machine, each in a process of its own, on one scan of the size of a whole
head: 512 x 512 x 80 voxels of 0.41 x 0.41 x 1.5 mm, resampled from SCAN (by default the sample that comes along).
Preprocessing, z-score and choice of the tumor are the same; what differs is where and how the network is run. MONAI's
way is the one of VS_Seg: windows of 384 x 384 x 64 voxels over the whole head, overlap 0.25, Gaussian blending.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from VSSegmentationLib import geometry
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.inference import Models, SegmenterSettings, load_model, segment
from VSSegmentationLib.inference.locate import Pori
from VSSegmentationLib.inference.postprocessing import FoundVoxels, choose_tumor
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.models import EMBEDDED_FOLDER, default_model, find_model
from VSSegmentationLib.preprocessing import (
    Grid,
    Intensity,
    Slab,
    grid_of,
    indices_inside,
    operators_between,
    resample,
    resample_slabs,
    working_grid,
    z_scored,
)
from VSSegmentationLib.volume import Volume, reorder

HEAD_SHAPE = (80, 512, 512)
HEAD_SPACING_DHW_MM = (1.5, 0.41, 0.41)
MONAI_WINDOW_DHW = (64, 384, 384)
MONAI_OVERLAP = 0.25
WAYS = ("ours", "monai")
REPORT = Path(__file__).parents[1] / "docs" / "experiments" / "whole_head.md"


def whole_head(path: Path, shape=HEAD_SHAPE) -> Volume:
    """The scan on a grid of the size of a whole head round its center; zeros where the scan has nothing."""
    volume = read_scan(path, accept_resampling=True).volume
    volume = reorder(volume, geometry.superior_anterior_right_order(volume.dhw_to_ras))
    center = geometry.transform_points(volume.dhw_to_ras, (np.array(volume.shape) - 1) / 2)
    affine = np.eye(4)
    affine[:3, :3] = geometry.directions(volume.dhw_to_ras) * HEAD_SPACING_DHW_MM
    affine[:3, 3] = center - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    head = resample(volume, Grid(shape, geometry.as_affine(affine)))
    array = np.zeros(shape, np.float32)
    box = indices_inside(grid_of(head), grid_of(volume))
    inside = tuple(slice(a, b) for a, b in zip(box.start, box.stop, strict=True))
    array[inside] = head.array[inside]
    return head.with_array(array)


def load_models(name_or_file: str) -> Models:
    segmenter = load_model(find_model(name_or_file))
    locator = None if segmenter.locator_name is None else load_model(find_model(segmenter.locator_name))
    return Models(segmenter=segmenter, locator=locator)


def run_ours(scan: Volume, models: Models):
    result = segment(scan, models, device="cpu")
    used = result.provenance["preprocessing"]
    return result.labelmap.array, {
        "mean": used["mean"],
        "deviation": used["deviation"],
        "region": result.provenance["region"],
        "stages": result.provenance["seconds"],
    }


def run_monai(scan: Volume, models: Models, intensity: Intensity):
    """The whole head at the segmenter's spacing through MONAI's sliding window, then the same steps as ours."""
    from monai.inferers import sliding_window_inference  # noqa: PLC0415 - only this process pays for it

    segmenter = models.segmenter
    working = working_grid(grid_of(scan), segmenter.settings.preprocessing.spacing_dhw_mm)
    image = torch.from_numpy(z_scored(resample(scan, working).array, intensity))
    with torch.inference_mode():
        logits = sliding_window_inference(
            image[None, None],
            roi_size=MONAI_WINDOW_DHW,
            sw_batch_size=1,
            predictor=lambda window: segmenter.network(window).logits,
            overlap=MONAI_OVERLAP,
            mode="gaussian",
        )
        probabilities = torch.softmax(logits[0], 0).numpy()
    tumor = np.zeros(scan.shape, np.float16)
    label = np.zeros(scan.shape, np.uint8)
    labels = np.array(segmenter.labels[1:], np.uint8)
    for slab in resample_slabs([Slab(0, probabilities)], operators_between(working, grid_of(scan))):
        tumor[slab.start] = slab.array[1:, 0].sum(axis=0)
        label[slab.start] = labels[slab.array[1:, 0].argmax(axis=0)]
    found = FoundVoxels(tumor, label, grid_of(scan))
    settings = segmenter.settings_as(SegmenterSettings)
    grid = grid_of(scan)
    return choose_tumor(found, Pori(), grid, settings.plausibility, settings.certainty).labelmap, {}


def run_one_way(way: str, folder: Path, model: str) -> None:
    """In a process of its own: load, segment, and leave labelmap and figures in the folder."""
    held = np.load(folder / "head.npz")
    scan = Volume(held["array"], held["affine"])
    models = load_models(model)
    begun = perf_counter()
    if way == "ours":
        labelmap, facts = run_ours(scan, models)
    else:
        ours = json.loads((folder / "ours.json").read_text())
        labelmap, facts = run_monai(scan, models, Intensity(ours["mean"], ours["deviation"]))
    facts["seconds"] = perf_counter() - begun
    unit = 1 if sys.platform == "darwin" else 1024
    facts["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
    facts["tumor_cm3"] = (
        np.count_nonzero(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labelmap))
        * geometry.voxel_volume_mm3(scan.dhw_to_ras)
        / 1000
    )
    np.save(folder / f"{way}.npy", labelmap)
    (folder / f"{way}.json").write_text(json.dumps(facts))


def dice(first, second) -> float | None:
    total = np.count_nonzero(first) + np.count_nonzero(second)
    return 2 * np.count_nonzero(first & second) / total if total else None


def report(folder: Path, source: str, model: str) -> str:
    facts = {way: json.loads((folder / f"{way}.json").read_text()) for way in WAYS}
    masks = [VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(np.load(folder / f"{way}.npy")) for way in WAYS]
    agreement = dice(*masks)
    ours, monai = facts["ours"], facts["monai"]
    shape = " x ".join(str(n) for n in ours["region"]["shape_dhw"])
    where = "the whole scan" if ours["region"]["whole_scan"] else f"one region of {shape} voxels"
    if ours["region"]["each_ear_by_itself"]:
        ear = " x ".join(str(n) for n in ours["region"]["window_dhw"])
        where = f"a window of {ear} voxels round each porus"
    window = " x ".join(str(n) for n in MONAI_WINDOW_DHW)
    rows = [
        ("where the network looks", where, f"the whole head, windows of {window}, overlap {MONAI_OVERLAP}"),
        ("seconds", f"{ours['seconds']:.1f}", f"{monai['seconds']:.1f}"),
        ("peak memory of the process", f"{ours['peak_gb']:.2f} GB", f"{monai['peak_gb']:.2f} GB"),
        ("tumor", f"{ours['tumor_cm3']:.2f} cm3", f"{monai['tumor_cm3']:.2f} cm3"),
    ]
    stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in ours["stages"].items())
    slices = np.load(folder / "ours.npy").shape[0]
    scan = f"{source}, on 512 x 512 x {slices} voxels of 0.41 x 0.41 x 1.5 mm"
    machine = f"{platform.system()} {platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    same = "not defined, neither found a tumor" if agreement is None else f"{agreement:.4f}"
    speed, memory = monai["seconds"] / ours["seconds"], ours["peak_gb"] / monai["peak_gb"]
    lines = [
        "# A whole head: this software against MONAI's sliding window",
        "",
        "Written by `python benchmarks/whole_head.py`. Same network, weights, working spacing, z-score and choice of",
        "the tumor; one run each, one after the other, on the CPU of one machine.",
        "",
        f"Scan: {scan}. Model: {model}.",
        f"Machine: {machine}.",
        "",
        "| | ours | MONAI |",
        "|---|---|---|",
        *(f"| {name} | {left} | {right} |" for name, left, right in rows),
        "",
        f"Dice between the two: {same}. Ours is {speed:.1f} times as fast, with {memory:.0%} of the memory.",
        f"Ours by stage: {stages}.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", nargs="?", type=Path, help="default: the first examination of the sample")
    parser.add_argument("--model", default=None, help="name or file; default: the embedded model for T2")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parents[1] / "docs" / "experiments" / "whole_head.md"
    )
    parser.add_argument("--slices", type=int, default=HEAD_SHAPE[0], help="fewer for a quick try")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    model = arguments.model or default_model("T2")
    if arguments.way:
        run_one_way(arguments.way, arguments.folder, model)
        return
    path = arguments.scan or sorted((EMBEDDED_FOLDER / "sample").glob("*_t2.nii.gz"))[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        head = whole_head(path, (arguments.slices, *HEAD_SHAPE[1:]))
        np.savez(folder / "head.npz", array=head.array, affine=head.dhw_to_ras)
        for way in WAYS:
            command = [sys.executable, __file__, "--way", way, "--folder", temporary, "--model", model]
            subprocess.run(command, check=True)
        text = report(folder, path.name, Path(model).name)
    print(text)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text)


if __name__ == "__main__":
    main()

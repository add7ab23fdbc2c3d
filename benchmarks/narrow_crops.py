"""Find out how little of an ear has to be seen: crops of the frozen stress set, with a tumor and without one.

python -m benchmarks.narrow_crops stress [--model NAME_OR_FILE] [--out docs/experiments]

`stress` is what `python -m Training.synthesis stress` writes. Every crop is judged, however little of it is seen. The
limits of `WindowConfig` (`least_seen_share`, `sure_seen_share`) were set by the page that this makes.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from Training.scoring.shipped import models_of
from Training.synthesis.strata import StressScan, stress_scans
from Training.synthesis.stress import stress_files
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.geometry import voxel_volume_mm3
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.inference import Models, WindowConfig, segment
from VSSegmentationLib.inference.settings import SegmenterSettings
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.models import default_model, find_model
from VSSegmentationLib.volume import Volume, crop

SIDES_MM = (18, 20, 23, 26, 30)
_ODD_STRATA = ("narrow", "thick slices")
_TUMOR_CM3 = (0.5, 6.0)


class Cropped(NamedTuple):
    """What was found in one crop."""

    side_mm: int
    seen: float
    """Largest share of an ear's window that the crop shows; 0 where no porus was located."""
    dice: float | None
    """None without a tumor."""
    found_cm3: float


def chosen_scans(folder: Path, modality: str, count: int) -> Iterator[tuple[Volume, Volume]]:
    """Yield image and truth of the first scans with a tumor of middling size, and of the first ones without any."""
    left = {True: count, False: count}
    for scan in stress_scans():
        if scan.modality != modality or scan.stratum in _ODD_STRATA or not any(left.values()):
            continue
        image, truth = _read(folder, scan)
        tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(truth.array)
        ill = bool(tumor.any())
        volume_cm3 = float(tumor.sum()) * voxel_volume_mm3(truth.dhw_to_ras) / 1000
        if left[ill] and (not ill or _TUMOR_CM3[0] < volume_cm3 < _TUMOR_CM3[1]):
            left[ill] -= 1
            yield image, truth


def crops_of(image: Volume, truth: Volume, models: Models) -> Iterator[Cropped]:
    """Yield what is found in cubes round the tumor, or round one cochlea where there is none."""
    middle = _middle(truth.array)
    for side_mm in SIDES_MM:
        half = np.array([side_mm / 2 / spacing for spacing in image.spacing_dhw_mm])
        start = np.maximum(np.floor(middle - half), 0).astype(int)
        stop = np.minimum(np.ceil(middle + half), image.array.shape).astype(int)
        scan, known = (crop(each, tuple(start.tolist()), tuple(stop.tolist())) for each in (image, truth))
        answer = segment(scan, models, modality=models.segmenter.modality)
        masks = [VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(each) for each in (answer.labelmap.array, known.array)]
        yield Cropped(
            side_mm,
            max(answer.provenance["ears_seen"].values(), default=0.0),
            dice(*masks) if masks[1].any() else None,
            float(masks[0].sum()) * voxel_volume_mm3(scan.dhw_to_ras) / 1000,
        )


def table(found: list[Cropped]) -> str:
    """Return one Markdown row for each size of crop."""
    lines = [
        "| cube, mm | share of the window seen, mean | tumors: Dice, mean | found at all | no tumor: false ones |",
        "|---|---|---|---|---|",
    ]
    for side in SIDES_MM:
        own = [each for each in found if each.side_mm == side]
        ill, free = [e for e in own if e.dice is not None], [e for e in own if e.dice is None]
        lines.append(
            f"| {side} | {fmean(e.seen for e in own if e.seen):.2f} | {fmean(e.dice or 0.0 for e in ill):.3f} "
            f"| {sum(bool(e.dice) for e in ill)} of {len(ill)} | {sum(e.found_cm3 > 0 for e in free)} of {len(free)} |"
        )
    return "\n".join(lines)


def _read(folder: Path, scan: StressScan) -> tuple[Volume, Volume]:
    image, truth = stress_files(folder, scan.number)
    return read_volume(image), read_volume(truth)


def _middle(labels: NDArray[np.uint8]) -> NDArray[np.float64]:
    tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
    at = np.argwhere(tumor if tumor.any() else labels == Label.COCHLEA)
    if not tumor.any():  # two cochleae: the one that comes first along the last axis
        at = at[at[:, 2] <= at[:, 2].min() + np.ptp(at[:, 2]) / 2]
    return np.asarray((at.min(axis=0) + at.max(axis=0)) / 2)


def _judging_all(models: Models) -> Models:
    settings = models.segmenter.settings_as(SegmenterSettings)
    window = replace(settings.window, least_seen_share=0.0)
    return replace(models, segmenter=replace(models.segmenter, settings=replace(settings, window=window)))


def main() -> None:
    """Crop, segment, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stress", type=Path)
    parser.add_argument("--model", help="default: the one for T2")
    parser.add_argument("--count", type=int, default=14, help="scans with a tumor, and as many without (default: 14)")
    parser.add_argument("--out", type=Path, help="folder for narrow_crops.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    models = _judging_all(models_of(find_model(options.model or default_model("T2"))))
    segmenter = models.segmenter
    limits = WindowConfig()
    found = []
    for image, truth in chosen_scans(options.stress, segmenter.modality, options.count):
        found += crops_of(image, truth, models)
        print(f"{len(found)} crops", flush=True)
    named = f" --model {options.model}" if options.model else ""
    low, high = _TUMOR_CM3
    page = (
        f"# Crops round one ear\n\nModel `{segmenter.name}` version {segmenter.version}, cubes cut out of scans of\n"
        f"the [frozen stress set](stress_set.md), {options.count} with a tumor of {low} to {high} cm³ and\n"
        f"{options.count} without one, each judged however little is seen.\n\n{table(found)}\n\n"
        f"So an ear is judged from a share of {limits.least_seen_share} on, and what is found there is called\n"
        f"uncertain below {limits.sure_seen_share}.\n\n"
        f"Made by `python -m benchmarks.narrow_crops stress{named} --out docs/experiments`.\n"
    )
    print(page)
    if options.out is not None:
        (options.out / "narrow_crops.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

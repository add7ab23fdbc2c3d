"""Robot users correct masks by clicks: Dice, boundary, volume, clicks to 0.90, by size; an oracle and others beside.

python -m benchmarks.interaction --stress stress --data ../shared/data --refiner refiner_synthetic --rows runs/rows \
    [--start errors,model] [--scans N] [--cpu-minutes M] [--methods none,oracle,...] [--card] [--out docs/experiments]

Masks to begin with are those of the shipped models (`model`), or the truth with simulated errors (`errors`). Each
session, of one scan, robot and method, is kept as soon as it is played: a second call goes on, plays what is missing,
and plays the network's again where its weights are others. `--cpu-minutes` ends it early, with what is there. Two
robots: one clicks the middle of the largest error, the other is as sloppy as readers are
(Training/recipes/interaction.py). The random walker needs scikit-image, GrowCut slicer-core. Real scans are for
measuring only.

`benchmarks.interaction_times`, given the same --rows, adds its section to the page.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.interaction_card import write_into_card
from benchmarks.interaction_curves import draw_curves
from benchmarks.interaction_methods import METHODS, Case
from benchmarks.interaction_page import PICTURE, page
from benchmarks.interaction_rows import TIMES, USERS, Row, rows_that_hold
from benchmarks.real_cases import CASES, truth_of
from Training.interaction import with_errors
from Training.masks import perturbed
from Training.recipes import ErrorRanges, PerturbationRanges
from Training.synthesis.strata import stress_scans
from Training.synthesis.stress import stress_files
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio import read_scan, read_volume
from VSSegmentationLib.inference import Compute, ModelBundle, Models, Refiner, load_model, segment
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.models import default_locator, default_model, find_model
from VSSegmentationLib.volume import Volume, crop

Mask = NDArray[np.bool_]
SCANS = 40
"""Of the stress set's 400: each of its nine strata with a tumor comes in three or four times, and with real scans and
all methods that takes about 30 CPU minutes."""
_NEEDS = {"random walker": "skimage", "grow cut": "slicer"}
_MARGIN_MM = 26.0
_LEAST_TRUE_MM3 = 20.0


class Scan(NamedTuple):
    """One with a tumor."""

    name: str
    image: Volume
    truth: Mask
    labels: NDArray[np.uint8]
    modality: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stress", type=Path, help="the frozen stress set, as `Training.synthesis stress` writes it")
    parser.add_argument("--data", type=Path, help="folder of the real development scans")
    parser.add_argument("--refiner", help="model file or name; without it the network is left out")
    parser.add_argument("--rows", type=Path, required=True, help="folder in which sessions are kept")
    parser.add_argument("--start", default="errors,model", help="masks to begin with (default: both)")
    parser.add_argument("--scans", type=int, default=SCANS, help="of the stress set, evenly spread over its strata")
    parser.add_argument(
        "--cpu-minutes", type=float, default=float("inf"), help="begin no further session after so many"
    )
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--card", action="store_true", help="write what the network came to into its card, too")
    parser.add_argument("--out", type=Path, help="folder for interaction.md and its picture")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = None if options.refiner is None else load_model(find_model(options.refiner))
    methods = [each for each in options.methods.split(",") if _can_run(each, model)]
    _play(options, model, methods)
    begun_by = {_maker(start, modality) for start in ("errors", "model") for modality in ("T2", "ceT1")}
    rows = rows_that_hold(options.rows, begun_by, None if model is None else model.sha256)
    if options.card:
        write_into_card(find_model(options.refiner), rows)
    times = options.rows / TIMES
    text = page(rows, model, times.read_text(encoding="utf-8") if times.is_file() else "")
    print(text)
    if options.out is not None:
        draw_curves(rows, options.out / PICTURE)
        (options.out / "interaction.md").write_text(text, encoding="utf-8")


def _can_run(method: str, model: ModelBundle | None) -> bool:
    if method not in METHODS:
        msg = f"--methods are {', '.join(METHODS)}; got {method!r}"
        raise SystemExit(msg)
    lacks = _NEEDS.get(method)
    if lacks is not None and find_spec(lacks) is None:
        print(f"{method} is left out: {lacks} is not installed", flush=True)
        return False
    return method != "network" or model is not None


def _play(options: argparse.Namespace, model: ModelBundle | None, methods: Sequence[str]) -> None:
    answered_by = {method: "" if model is None or method != "network" else model.sha256 for method in methods}
    for scan in _scans(options):
        for start in options.start.split(","):
            row = Row(options.rows / f"{start}_{scan.name}.json", _maker(start, scan.modality))
            missing = [
                (user, method) for user in USERS for method in methods if row.lacks(method, user, answered_by[method])
            ]
            if missing and time.process_time() < 60 * options.cpu_minutes:
                case = _case(scan, row, start, model)
                for user, method in missing:
                    if time.process_time() < 60 * options.cpu_minutes:
                        played = row.play(case, start, method, user, answered_by[method])
                        told = [round(each, 3) for each in played["dice"]]
                        print(f"{time.process_time():.0f} s", scan.name, start, user, method, told, flush=True)


def _scans(options: argparse.Namespace) -> Iterator[Scan]:
    """Yield each scan with a tumor: the real ones first, which are few."""
    if options.data is not None:
        for case in CASES:
            if case.truth is not None:
                path = options.data / case.image
                image = read_scan(path).volume if path.is_dir() else read_volume(path)
                true = np.asarray(truth_of(options.data / case.truth, image).array > 0)
                yield Scan(f"real_{case.name}", image, true, true.astype(np.uint8), case.modality)
    if options.stress is not None:
        every = stress_scans()
        for number in np.unique(np.linspace(0, len(every) - 1, min(options.scans, len(every))).astype(int)).tolist():
            image, truth = (read_volume(each) for each in stress_files(options.stress, number))
            labels = truth.array.astype(np.uint8)
            true = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
            if true.sum() * geometry.voxel_volume_mm3(image.dhw_to_ras) >= _LEAST_TRUE_MM3:
                yield Scan(f"stress_{number:03d}", image, true, np.where(true, labels, 0), every[number].modality)


def _maker(start: str, modality: str) -> str:
    return _models(modality).segmenter.sha256 if start == "model" else "simulated errors"


@cache
def _models(modality: str) -> Models:
    """Return what ships for a kind of scan."""
    locator = default_locator()
    assert locator is not None
    return Models(segmenter=load_model(find_model(default_model(modality))), locator=load_model(find_model(locator)))


def _case(scan: Scan, row: Row, start: str, model: ModelBundle | None) -> Case:
    """Return a scan cropped round its tumor, and the mask to begin with."""
    occupied = np.argwhere(scan.truth)
    margin = np.ceil(_MARGIN_MM / np.array(scan.image.spacing_dhw_mm)).astype(int)
    low = np.maximum(occupied.min(axis=0) - margin, 0)
    high = np.minimum(occupied.max(axis=0) + 1 + margin, scan.image.shape)
    box = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    own = crop(scan.image, tuple(low.tolist()), tuple(high.tolist()))
    gray = own.with_array(np.ascontiguousarray(own.array, dtype=np.float32))

    def made() -> Mask:
        return _found(scan)[box] if start == "model" else _wrong(scan.name, gray, scan.labels[box])

    mask = row.begin(made, gray.shape)
    refiner = None if model is None else Refiner(gray, model, device="cpu", compute=Compute("float32", "torch"))
    return Case(scan.name, gray, np.ascontiguousarray(scan.truth[box]), np.ascontiguousarray(mask), refiner)


def _found(scan: Scan) -> Mask:
    """Return what the shipped model finds."""
    answer = segment(scan.image, _models(scan.modality), modality=scan.modality, device="cpu")
    return VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(answer.labelmap.array)


def _wrong(name: str, gray: Volume, labels: NDArray[np.uint8]) -> Mask:
    """Return the truth with errors of the kinds that models make, the same each time."""
    rng = np.random.default_rng([281, *name.encode()])
    spacing = gray.spacing_dhw_mm
    outlined = perturbed(labels, spacing, rng, PerturbationRanges())
    scored = (gray.array - gray.array.mean()) / gray.array.std()
    return with_errors(outlined, scored.astype(np.float32), spacing, rng, ErrorRanges())


if __name__ == "__main__":
    main()

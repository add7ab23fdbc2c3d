"""Robot users correct masks by clicks: Dice, volume, clicks to 0.90, by size; an oracle and classical methods beside.

python -m benchmarks.interaction --stress stress --refiner refiner_synthetic.pt --rows runs/interaction_rows \
    [--data ../shared/data] [--scans N] [--minutes M] [--methods oracle,none,...] [--out docs/experiments]

Masks to begin with are those of the shipped models (`--start model`), or the truth with simulated errors (`--start
errors`, many times faster). Each scan's row is kept: a second call goes on, and adds methods that rows lack;
`--minutes` ends it early, with what is there. Two robots: one clicks the middle of the largest error, the other is as
sloppy as
readers are (Training/recipes/interaction.py). Real scans are for measuring only.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.interaction_methods import (
    Case,
    answered,
    by_network,
    graph_cut,
    oracle,
    random_walker,
    region_growing,
)
from benchmarks.interaction_page import page
from benchmarks.real_cases import CASES, truth_of
from Training.interaction import next_interaction, no_op, with_errors
from Training.masks import perturbed
from Training.recipes import IDEAL_USER, SLOPPY_USER, ErrorRanges, PerturbationRanges
from Training.synthesis.strata import stress_scans
from Training.synthesis.stress import stress_files
from VSSegmentationLib import geometry
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.imageio import read_scan, read_volume
from VSSegmentationLib.inference import Compute, ModelBundle, Models, Refiner, load_model, segment
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.models import default_locator, default_model, find_model
from VSSegmentationLib.volume import Volume, crop

Mask = NDArray[np.bool_]
CLICKS = 6
USERS = {"ideal": IDEAL_USER, "sloppy": SLOPPY_USER}
METHODS = ("oracle", "network", "none", "region growing", "random walker", "graph cut")
_PROPOSALS = {
    "oracle": oracle, "region growing": region_growing, "random walker": random_walker, "graph cut": graph_cut,
}  # fmt: skip
_MARGIN_MM = 26.0
_LEAST_TRUE_MM3 = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stress", type=Path, help="the frozen stress set, as `Training.synthesis stress` writes it")
    parser.add_argument("--data", type=Path, help="folder of the real development scans")
    parser.add_argument("--refiner", type=Path, help="model file; without it the network is left out")
    parser.add_argument("--rows", type=Path, required=True, help="folder in which the row of each scan is kept")
    parser.add_argument("--start", choices=("model", "errors"), default="errors")
    parser.add_argument("--scans", type=int, default=400, help="of the stress set, evenly spread over its strata")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further scan after so many")
    parser.add_argument("--methods", default="oracle,network,none,region growing,graph cut")
    parser.add_argument("--out", type=Path, help="folder for interaction.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    methods = [each for each in options.methods.split(",") if each != "network" or options.refiner is not None]
    model = None if options.refiner is None else load_model(options.refiner)
    until = time.monotonic() + 60 * options.minutes
    for name, image, truth, modality in _scans(options):
        kept = options.rows / f"{options.start}_{name}.json"
        row = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
        missing = [each for each in methods if each not in row.get("ideal", {})]
        if not missing or time.monotonic() > until:
            continue
        case = _case(name, image, truth, modality, start=options.start, model=model)
        if case is None:
            continue
        row = _row(case, missing, options.start, row)
        options.rows.mkdir(parents=True, exist_ok=True)
        write_text_atomically(kept, json.dumps(row))
        print(name, {each: [round(v, 3) for v in row["ideal"][each]["dice"]] for each in missing}, flush=True)
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(options.rows.glob("*.json"))]
    text = page(rows, model)
    print(text)
    if options.out is not None:
        (options.out / "interaction.md").write_text(text, encoding="utf-8")


def _scans(options: argparse.Namespace) -> Iterator[tuple[str, Volume, Volume, str]]:
    """Yield name, image, truth and modality of each scan with a tumor."""
    if options.stress is not None:
        every = stress_scans()
        for number in np.unique(np.linspace(0, len(every) - 1, min(options.scans, len(every))).astype(int)).tolist():
            image, truth = stress_files(options.stress, number)
            yield f"stress_{number:03d}", read_volume(image), read_volume(truth), every[number].modality
    if options.data is not None:
        for case in CASES:
            if case.truth is not None:
                path = options.data / case.image
                image = read_scan(path).volume if path.is_dir() else read_volume(path)
                yield f"real_{case.name}", image, truth_of(options.data / case.truth, image), case.modality


def _case(
    name: str, image: Volume, truth: Volume, modality: str, *, start: str, model: ModelBundle | None
) -> Case | None:
    """Return a scan cropped round its largest tumor and the mask to begin with; None where there is no tumor."""
    labels = truth.array.astype(np.uint8)
    true = labels > 0 if name.startswith("real") else VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
    if true.sum() * geometry.voxel_volume_mm3(image.dhw_to_ras) < _LEAST_TRUE_MM3:
        return None
    found = _found(image, modality) if start == "model" else None
    occupied = np.argwhere(true)
    margin = np.ceil(_MARGIN_MM / np.array(image.spacing_dhw_mm)).astype(int)
    low = np.maximum(occupied.min(axis=0) - margin, 0)
    high = np.minimum(occupied.max(axis=0) + 1 + margin, image.shape)
    box = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    own = crop(image, tuple(low.tolist()), tuple(high.tolist()))
    gray = own.with_array(np.ascontiguousarray(own.array, dtype=np.float32))
    mask = found[box] if found is not None else _wrong(name, gray, np.where(true, labels, 0)[box])
    refiner = None if model is None else Refiner(gray, model, device="cpu", compute=Compute("float32", "torch"))
    return Case(name, gray, np.ascontiguousarray(true[box]), np.ascontiguousarray(mask), refiner)


def _found(image: Volume, modality: str) -> Mask:
    """Return what the shipped model finds."""
    models = Models(
        segmenter=load_model(find_model(default_model(modality))),
        locator=load_model(find_model(default_locator() or "")),
    )
    answer = segment(image, models, modality=modality, device="cpu")
    return VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(answer.labelmap.array)


def _wrong(name: str, gray: Volume, labels: NDArray[np.uint8]) -> Mask:
    """Return the truth with errors of the kinds that models make, the same each time."""
    rng = np.random.default_rng([281, *name.encode()])
    spacing = gray.spacing_dhw_mm
    outlined = perturbed(labels, spacing, rng, PerturbationRanges())
    scored = (gray.array - gray.array.mean()) / gray.array.std()
    return with_errors(outlined, scored.astype(np.float32), spacing, rng, ErrorRanges())


def _row(case: Case, methods: Sequence[str], start: str, before: dict[str, Any]) -> dict[str, Any]:
    voxel = geometry.voxel_volume_mm3(case.image.dhw_to_ras)
    row: dict[str, Any] = {"name": case.name, "start": start, "true_mm3": float(case.truth.sum()) * voxel}
    for number, (user, rules) in enumerate(USERS.items()):
        row[user] = dict(before.get(user, {}))
        for method in methods:
            rng = np.random.default_rng([number, *case.name.encode()])  # the same luck for every method
            row[user][method] = _session(case, method, rules, rng)
    return row


def _session(case: Case, method: str, rules: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Return Dice and volume after 0 to 6 interactions, and what clicks for nothing change at the end."""
    affine, voxel = case.image.dhw_to_ras, geometry.voxel_volume_mm3(case.image.dhw_to_ras)
    mask, said = case.start, list[Interaction]()
    scores, volumes, seconds = [dice(mask, case.truth)], [float(mask.sum()) * voxel], list[float]()
    for _ in range(CLICKS if method != "none" else 0):
        interaction = next_interaction(mask, case.truth, affine, rng, rules)
        if interaction is None:
            break
        said.append(interaction)
        begun = time.process_time()
        mask = _after(case, mask, said, method)
        seconds.append(time.process_time() - begun)
        scores.append(dice(mask, case.truth))
        volumes.append(float(mask.sum()) * voxel)
    row = {"dice": scores, "volume_mm3": volumes, "cpu_s": seconds, "no_op_mm3": []}
    nothing = no_op(mask, case.truth, affine, rng) if method != "none" else None
    if nothing is not None:
        after = _after(case, mask, [*said, nothing], method)
        row["no_op_mm3"] = [float((after != mask).sum()) * voxel]
    return row


def _after(case: Case, mask: Mask, said: Sequence[Interaction], method: str) -> Mask:
    return by_network(case, mask, said) if method == "network" else answered(case, mask, said, _PROPOSALS[method])


if __name__ == "__main__":
    main()

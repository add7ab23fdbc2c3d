"""Whether a model made for whole scans answers the same where it is shown the region of the canals only.

    python -m benchmarks.region_first --model NAME [SCAN ...] [--data ../shared/data] [--stress stress] [--out FOLDER]

For an imported model, such as one of VS_Seg or nnU-Net. Each scan is segmented whole and with the region first: the
Dice of the two tumors, and the processor time of both. The scans: those given, the second examination of the sample,
tumors of the frozen stress set (every so many), and the real development scans, all of the model's modality. A model
that was never shown whole heads finds much elsewhere, and tells nothing of the region.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.gemm_share import timed
from benchmarks.peers import SAMPLE
from benchmarks.real_cases import CASES
from Training.synthesis.strata import stress_scans
from Training.synthesis.stress import stress_files
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.imageio import read_scan, read_volume
from VSSegmentationLib.inference import (
    Compute,
    ModelBundle,
    Models,
    load_model,
    segment,
)
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.models import default_locator, find_model
from VSSegmentationLib.volume import Volume

WANTED = 0.99
_EVERY = 20
_STRATA_WITHOUT = ("no tumor",)


class Compared(NamedTuple):
    """One scan, segmented both ways."""

    kind: str
    scan: str
    dice: float
    """Of the two tumors; 1 where both found none."""
    whole_cm3: float
    whole_cpu_s: float
    region_cpu_s: float


def scans(
    given: list[Path], data: Path | None, stress: Path | None, every: int, modality: str
) -> Iterator[tuple[str, str, Volume, str]]:
    """Yield kind, name, scan and modality."""
    for path in given:
        yield "given", path.name, read_scan(path).volume, modality
    if modality == "T2":
        yield "sample", "second examination", read_scan(SAMPLE / "exam2_t2.nii.gz").volume, "T2"
    if stress is not None:
        wanted = [each for each in stress_scans() if each.modality == modality and each.stratum not in _STRATA_WITHOUT]
        for each in wanted[::every]:
            yield (
                "stress set",
                f"{each.number} ({each.stratum})",
                read_volume(stress_files(stress, each.number)[0]),
                "T2",
            )
    if data is not None:
        for case in (case for case in CASES if case.modality == modality):
            path = data / case.image
            image = read_scan(path).volume if path.is_dir() else read_volume(path)
            yield "real development scans", case.name, image, case.modality


def compared(kind: str, name: str, image: Volume, modality: str, models: tuple[Models, Models]) -> Compared:
    """Segment a scan whole and with the region first."""
    compute = Compute("float32", "torch")

    def by(chosen: Models, *, first: bool) -> np.ndarray:
        answer = segment(image, chosen, modality=modality, device="cpu", compute=compute, region_first=first)
        return VS.tumor_mask(answer.labelmap.array)

    whole, whole_cost = timed(lambda: by(models[0], first=False))
    region, region_cost = timed(lambda: by(models[1], first=True))
    volume_cm3 = float(whole.sum()) * float(np.prod(image.spacing_dhw_mm)) / 1000
    same = dice(whole, region) if whole.any() or region.any() else 1.0
    return Compared(kind, name, same, volume_cm3, whole_cost.cpu_s, region_cost.cpu_s)


def page(rows: list[Compared], model: ModelBundle, how: str) -> str:
    """Return a row for each kind of scans, and one for each scan where the answers differ."""
    lines = [
        "# The region first",
        "",
        f"`{model.name}` version {model.version} on whole scans, and shown only the region round the internal auditory",
        "canals (`--region-first`).",
        "",
        f"| scans | count | Dice: median | smallest | at least {WANTED} | whole, CPU s | region, CPU s |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in dict.fromkeys(row.kind for row in rows):
        own = [row for row in rows if row.kind == kind]
        values = [row.dice for row in own]
        lines.append(
            f"| {kind} | {len(own)} | {median(values):.4f} | {min(values):.4f} | {sum(v >= WANTED for v in values)} "
            f"| {median(r.whole_cpu_s for r in own):.1f} | {median(r.region_cpu_s for r in own):.1f} |"
        )
    differing = [row for row in rows if row.dice < WANTED]
    lines += ["", "| where they differ | Dice | whole answer, cm³ |", "|---|---|---|"] if differing else []
    lines += [f"| {row.kind}: {row.scan} | {row.dice:.3f} | {row.whole_cm3:.2f} |" for row in differing]
    said = "So the option stays one to be asked for, and the answer on whole scans the default." if differing else ""
    return "\n".join([*lines, "", *([said, ""] if said else []), how]) + "\n"


def main() -> None:
    """Segment both ways, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the real development scans")
    parser.add_argument("--stress", type=Path, help="the frozen stress set")
    parser.add_argument("--every", type=int, default=_EVERY, help=f"of its scans with a tumor (default: {_EVERY})")
    parser.add_argument("scans", type=Path, nargs="*", metavar="SCAN", help="of your own, of the model's modality")
    parser.add_argument("--model", required=True, help="one that looks at whole scans")
    parser.add_argument("--out", type=Path, help="folder for region_first.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    bundle = load_model(find_model(options.model))
    locator = load_model(find_model(default_locator() or ""))
    models = Models(segmenter=bundle), Models(segmenter=bundle, locator=locator)
    rows = []
    for kind, name, image, modality in scans(
        options.scans, options.data, options.stress, options.every, bundle.modality
    ):
        rows.append(compared(kind, name, image, modality, models))
        print(*rows[-1], flush=True)
    given = "".join(
        f" --{key} {where}"
        for key, where in (("data", "../shared/data"), ("stress", "stress"))
        if getattr(options, key) is not None
    )
    how = f"Made by `python -m benchmarks.region_first --model {options.model}{given} --every {options.every}`."
    text = page(rows, bundle, how)
    print(text)
    if options.out is not None:
        (options.out / "region_first.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Find out how near a locator comes to the pori and to the tips of the fundi, on the frozen stress set.

python -m benchmarks.landmarks stress --heads heads [--model NAME_OR_FILE ...] [--out docs/experiments]

`stress` is what `python -m Training.synthesis stress` writes, `heads` holds the head label maps that it was drawn
from: the places of both landmarks follow from the anatomy that a scan was drawn from. Narrow scans, which show one ear
cut out at a place that no file tells, are left out.
"""

import argparse
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from Training.synthesis.head import Side, read_head
from Training.synthesis.strata import STRATA, StressScan, stress_scans
from Training.synthesis.stress import Landmark, landmarks_of_scan, stress_anatomy, stress_files
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.inference import ModelBundle, Pori, load_model
from VSSegmentationLib.inference.locating import locate_pori
from VSSegmentationLib.models import default_locator, find_model

Truth = Mapping[tuple[Side, Landmark], NDArray[np.float64]]
"""RAS, in mm."""
_LANDMARKS: tuple[Landmark, ...] = ("porus", "fundus")


class Located(NamedTuple):
    """One landmark of one ear, as a locator sees it."""

    stratum: str
    landmark: Landmark
    off_mm: float | None
    """None where it was not located."""


def located_in(scan: StressScan, truth: Truth, pori: Pori) -> Iterator[Located]:
    """Yield how far off each landmark of a scan is; a porus that was placed, not seen, counts as not located."""
    found: dict[tuple[Side, Landmark], Triplet | None] = {
        ("right", "porus"): None if pori.assumed == "right" else pori.right_ras_mm,
        ("left", "porus"): None if pori.assumed == "left" else pori.left_ras_mm,
        ("right", "fundus"): pori.right_fundus_ras_mm,
        ("left", "fundus"): pori.left_fundus_ras_mm,
    }
    for (side, landmark), place in truth.items():
        own = found[side, landmark]
        off = None if own is None else float(np.linalg.norm(np.array(own) - place))
        yield Located(scan.stratum, landmark, off)


def table(found: list[Located]) -> str:
    """Return a Markdown table with a row for each stratum, and one for all."""
    lines = [
        "| stratum | ears | porus: median, mm | 95 % within | not located | tip: median | 95 % within | not located |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in (*(each.name for each in STRATA), "all"):
        own = [each for each in found if name in (each.stratum, "all")]
        if own:
            cells = [cell for landmark in _LANDMARKS for cell in _cells([e for e in own if e.landmark == landmark])]
            lines.append(f"| {name} | {sum(each.landmark == 'porus' for each in own)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(found: list[Located]) -> tuple[str, str, str]:
    off = [each.off_mm for each in found if each.off_mm is not None]
    missed = f"{len(found) - len(off)}"
    return (f"{median(off):.1f}", f"{np.percentile(off, 95):.1f}", missed) if off else ("", "", missed)


def _drawn(stress: Path, heads: Path, every: int) -> Iterator[tuple[StressScan, Truth]]:
    """Yield scans of the set with the true places, head by head."""
    files = {path.name: path for path in heads.rglob("*.nii.gz")}
    wanted = [scan for scan in stress_scans()[::every] if stress_files(stress, scan.number)[0].is_file()]
    for name, of_head in groupby(sorted(wanted, key=lambda scan: scan.head), key=lambda scan: scan.head):
        head = read_head(files[name])
        key = lambda scan: (scan.family, scan.anatomy)  # noqa: E731 - of the next line alone
        for _, scans in groupby(sorted(of_head, key=key), key=key):
            group = list(scans)
            anatomy = stress_anatomy(group[0], head)
            for scan in group:
                truth = landmarks_of_scan(scan, anatomy)
                if truth is not None:
                    yield scan, truth


def _titled(model: ModelBundle, found: list[Located]) -> str:
    return f"## `{model.name}` version {model.version}\n\nSHA-256 {model.sha256}\n\n{table(found)}\n"


def _given(options: argparse.Namespace) -> str:
    """Return the options of this run that are not the default ones."""
    names = ["FILE" if Path(name).suffix else name for name in options.model]
    models = "" if names == [default_locator()] else f" --model {' '.join(names)}"
    return models + ("" if options.every == 1 else f" --every {options.every}")


def main() -> None:
    """Locate, compare, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stress", type=Path)
    parser.add_argument("--heads", type=Path, required=True, help="folder with the head label maps")
    parser.add_argument("--model", nargs="+", default=[default_locator() or ""], help="default: the one that ships")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth scan (default: 1)")
    parser.add_argument("--out", type=Path, help="folder for landmarks.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    models = [load_model(find_model(name)) for name in options.model]
    found: list[list[Located]] = [[] for _ in models]
    for number, (scan, truth) in enumerate(_drawn(options.stress, options.heads, options.every), start=1):
        image = read_volume(stress_files(options.stress, scan.number)[0])
        for model, of_model in zip(models, found, strict=True):
            of_model.extend(located_in(scan, truth, locate_pori(image, model, device="cpu").pori))
        if number % 20 == 0:
            print(f"{number} scans", flush=True)
    parts = "\n".join(_titled(model, own) for model, own in zip(models, found, strict=True))
    page = (
        "# Pori and tips of the fundi\n\nHow far the locator's landmarks lie from the true ones, in scans of the\n"
        "[frozen stress set](stress_set.md), T2 and ceT1, of eight heads that the recipe of the locator does not name\n"
        "(version 2 had seen six of them). The tip of the fundus is the most lateral point of the canal: the\n"
        "[fundus gap](../measurements.md) ends there. An ear of which a landmark was not seen counts as not located."
        f"\n\n{parts}\n"
        f"Made by `python -m benchmarks.landmarks stress --heads heads{_given(options)} --out docs/experiments`.\n"
    )
    print(page)
    if options.out is not None:
        (options.out / "landmarks.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

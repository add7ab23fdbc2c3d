"""How much of large tumors stage 1 finds, on synthetic scans of heads that nothing was trained on.

python -m benchmarks.large_tumors pools/large [--model NAME_OR_FILE ...] [--out docs/experiments]

Tumors of 7 to 25 cm3 reach beyond the window of their ear. Every scan goes through the whole pipeline; beside the
default models, those named are measured in the same run.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.contrast import ContrastKind
from Training.synthesis.whole_scan import holds_one_tumor_in_two_parts, render_whole, skull_bases
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.inference import ModelBundle, Models, load_model, segment
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.models import default_model, find_model
from VSSegmentationLib.volume import Volume

_ABOUT = (
    "Synthetic scans of heads that no model was trained on, with one tumor in two parts, its part outside the canal "
    "aiming at 7 to 25 cm³. Everything is synthetic: no scan of a patient with so large a tumor is at hand."
)
_HOW = (
    "Made by `python -m benchmarks.large_tumors pools/large --out docs/experiments`, with `--model FILE` for each row "
    "of a model that is no default one; the pool by `python -m "
    "Training.synthesis pool heads/validation/training_seg_{19,20}.nii.gz --out pools/large --count 16 "
    "--seed 5 --tumor-cm3 7 25`."
)


class Found(NamedTuple):
    """One scan, seen by one model."""

    model: str
    modality: str
    volume_cm3: float
    dice: float
    volume_ratio: float
    """Found volume over true volume."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--model", nargs="*", default=[], help="further models, each for the scans of its modality")
    parser.add_argument("--cases", type=int, default=16, help="scans, T2 and ceT1 in turn (default: 16)")
    parser.add_argument("--out", type=Path, help="folder for large_tumors.md")
    options = parser.parse_args()
    segmenters = [load_model(find_model(name)) for name in (default_model("T2"), default_model("ceT1"), *options.model)]
    rows = []
    for number, base in enumerate(skull_bases(options.pool, options.cases, holds_one_tumor_in_two_parts)):
        modality: ContrastKind = "T2" if number % 2 == 0 else "ceT1"
        image = render_whole(base, modality)
        for segmenter in segmenters:
            if segmenter.modality == modality:
                rows.append(_measured(segmenter, image, base.truth))
                print(*rows[-1], flush=True)
    text = page(rows)
    print(text)
    if options.out is not None:
        (options.out / "large_tumors.md").write_text(text, encoding="utf-8")


def _measured(segmenter: ModelBundle, image: Volume, truth: Volume) -> Found:
    locator = load_model(find_model(segmenter.locator_name or ""))
    result = segment(image, Models(segmenter=segmenter, locator=locator), modality=segmenter.modality)
    found, true = (
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(result.labelmap.array),
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(truth.array),
    )
    volume_cm3 = _volume_cm3(true, truth)
    return Found(
        model=f"{segmenter.name} {segmenter.version}",
        modality=segmenter.modality,
        volume_cm3=volume_cm3,
        dice=dice(found, true),
        volume_ratio=_volume_cm3(found, truth) / volume_cm3,
    )


def _volume_cm3(mask: NDArray[np.bool_], volume: Volume) -> float:
    return float(mask.sum()) * float(np.prod(volume.spacing_dhw_mm)) / 1000


def page(rows: Sequence[Found]) -> str:
    """Return the table of all models, and every scan's Dice in the order of tumors' volumes."""
    head = (
        "| model | scans | volumes, cm³ | Dice: mean | median | worst | found volume / true volume: median | smallest |"
    )
    lines = [head, "|" + "---|" * 8]
    for name in dict.fromkeys(row.model for row in rows):
        own = sorted((row for row in rows if row.model == name), key=lambda row: row.volume_cm3)
        scores, ratios = [row.dice for row in own], [row.volume_ratio for row in own]
        lines.append(
            f"| {name} | {len(own)} | {own[0].volume_cm3:.1f} to {own[-1].volume_cm3:.1f} | {fmean(scores):.3f} | "
            f"{median(scores):.3f} | {min(scores):.3f} | {median(ratios):.2f} | {min(ratios):.2f} |"
        )
    each = [
        f"| {row.model} | {row.volume_cm3:.1f} | {row.dice:.3f} | {row.volume_ratio:.2f} |"
        for row in sorted(rows, key=lambda row: (row.model, row.volume_cm3))
    ]
    table = "\n".join(["| model | tumor, cm³ | Dice | found / true volume |", "|---|---|---|---|", *each])
    return "\n\n".join(["# Large tumors", _ABOUT, "\n".join(lines), table, _HOW]) + "\n"


if __name__ == "__main__":
    main()

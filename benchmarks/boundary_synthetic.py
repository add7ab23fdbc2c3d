"""How well tumors are divided on synthetic scans of heads that nothing was trained on, from predicted masks.

python -m benchmarks.boundary_synthetic pools/test [--divider NAME_OR_FILE] [--segmenters NAME_OR_FILE ...]
    [--cases 60] [--out docs/experiments --card]

Every scan goes through the whole pipeline (`segment`), so the mask is stage 1's. Beside it, in the same run: the parts
that the segmenter itself gives (one stage), and the divider on the true mask, the upper bound.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from Training.synthesis.contrast import ContrastKind
from Training.synthesis.whole_scan import holds_one_tumor_in_two_parts, render_whole, skull_bases
from VSSegmentationLib.cohort.paired import wilcoxon_signed_rank
from VSSegmentationLib.evaluation import boundary_distances, dice
from VSSegmentationLib.inference import ModelBundle, Models, divide_tumor, load_model, segment
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.models import (
    Accuracy,
    card_path,
    default_divider,
    default_model,
    find_model,
    read_card,
    write_card,
)
from VSSegmentationLib.preprocessing import intensity_of
from VSSegmentationLib.volume import Volume

WAYS = {
    "one stage": "the segmenter's own parts",
    "two stages": "the divider on the predicted mask",
    "true mask": "the divider on the true mask",
}
_HEAD = (
    "| | Dice, mean (median): whole | extrameatal | intrameatal | boundary mm: median | p25 | p75 | no boundary |\n"
    "|---|---|---|---|---|---|---|---|"
)
_LEAST_DICE = 0.5
"""A mask that overlaps the truth by less has found something else: a failure of stage 1, counted and left out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--divider")
    parser.add_argument("--segmenters", nargs="*", default=[], help="instead of the default one of their modality")
    parser.add_argument("--cases", type=int, default=60, help="scans with both parts (default: 60)")
    parser.add_argument("--card", action="store_true", help="write the values into the divider's card")
    parser.add_argument("--out", type=Path, help="folder for boundary_synthetic.md")
    options = parser.parse_args()
    path = find_model(options.divider or default_divider() or "")
    divider = load_model(path)
    given = [load_model(find_model(each)) for each in options.segmenters]
    loaded = {each.modality: _models(each, divider) for each in given}
    rows: list[dict[str, Any]] = []
    missed: dict[str, list[float]] = {"T2": [], "ceT1": []}
    for number, base in enumerate(skull_bases(options.pool, options.cases, holds_one_tumor_in_two_parts)):
        truth, modality = base.truth, _in_turn(number)
        image = render_whole(base, modality)
        if modality not in loaded:
            loaded[modality] = _models(load_model(find_model(default_model(modality))), divider)
        row = {"scan": number, "modality": modality, **measure_scan(image, truth, modality, loaded[modality])}
        print(json.dumps(row), flush=True)
        if "missed" in row:
            missed[modality].append(float(row["missed"]))
        else:
            rows.append(row)
    text = page(rows, missed, divider)
    print(text)
    if options.out is not None:
        (options.out / "boundary_synthetic.md").write_text(text, encoding="utf-8")
    if options.card:
        card = read_card(card_path(path))
        kept = tuple(each for each in card.accuracy if not each.data.startswith("synthetic"))
        write_card(card_path(path), replace(card, accuracy=(*_card_values(rows), *kept)))


def _in_turn(number: int) -> ContrastKind:
    return "T2" if number % 2 == 0 else "ceT1"


def measure_scan(image: Volume, truth: Volume, modality: str, models: Models) -> dict[str, Any]:
    """Return the values of all ways for one scan; if stage 1 missed the tumor, the whole mask's Dice as "missed"."""
    begun = time.perf_counter()
    two = segment(image, models, modality=modality)
    seconds = time.perf_counter() - begun
    mask = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(truth.array)
    whole = dice(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(two.labelmap.array), mask)
    if whole < _LEAST_DICE or two.boundary is None or models.divider is None:
        return {"missed": whole}
    one = segment(image, replace(models, divider=None), modality=modality)
    with torch.inference_mode():
        best = divide_tumor(
            image, truth.array, models.divider, intensity_of(image.array), device=torch.device("cpu"), every_flip=False,
            on_step=lambda _share: None,
        )  # fmt: skip
    found = {"one stage": one.labelmap.array, "two stages": two.labelmap.array, "true mask": best.labelmap}
    return {
        "spread_mm": two.boundary.spread_mm,
        "sure": two.boundary.sure,
        "seconds": seconds,
        "dividing_seconds": two.provenance["seconds"]["dividing the tumor"],
        **{way: _compared(labels, truth) for way, labels in found.items()},
    }


def _compared(found: NDArray[np.uint8], truth: Volume) -> dict[str, float]:
    return {
        "whole": dice(
            VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(found), VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(truth.array)
        ),
        "extra": dice(found == Label.EXTRAMEATAL, truth.array == Label.EXTRAMEATAL),
        "intra": dice(found == Label.INTRAMEATAL, truth.array == Label.INTRAMEATAL),
        "boundary_mm": boundary_distances(found, truth.array, truth.spacing_dhw_mm).mean_of_directed_means_mm,
    }


def page(rows: Sequence[Mapping[str, Any]], missed: Mapping[str, Sequence[float]], divider: ModelBundle) -> str:
    """Return the table of all ways, that of both modalities, and whether the boundary's spread tells bad ones."""
    left_out = sum(len(each) for each in missed.values())
    about = (
        f"Divider `{divider.name}` version {divider.version}, SHA-256 `{divider.sha256}`. {len(rows)} scans, half T2 "
        "and half contrast-enhanced T1, of heads that no model was trained on, each with a tumor in two parts; "
        f"{left_out} more were left out because stage 1 missed the tumor (Dice below {_LEAST_DICE}). "
        "The distance of two boundaries is their ASSD. Everything is synthetic: real tumors have no published "
        "division to measure against."
    )
    seconds = (
        f"Median of {np.median([row['seconds'] for row in rows]):.1f} s per scan for all of it, of which dividing "
        f"takes {np.median([row['dividing_seconds'] for row in rows]):.1f} s."
    )
    how = (
        "Made by `python -m benchmarks.boundary_synthetic pools/test --out docs/experiments --card`; the pool by "
        "`python -m Training.synthesis pool heads/validation/training_seg_{19,20}.nii.gz --out pools/test "
        "--count 40 --seed 77`."
    )
    table = "\n".join([_HEAD, *(_row(f"{way}: {text}", way, rows) for way, text in WAYS.items())])
    title = "# The boundary of the two parts on synthetic scans"
    parts = [title, about, table, _tests(rows), *_by_modality(rows, missed), _spread(rows), seconds, how]
    return "\n\n".join(parts) + "\n"


def _by_modality(rows: Sequence[Mapping[str, Any]], missed: Mapping[str, Sequence[float]]) -> tuple[str, str, str]:
    lines, means = [_HEAD], []
    for modality, dice_of_missed in missed.items():
        scans_of = [row for row in rows if row["modality"] == modality]
        for way in ("two stages", "true mask"):
            name = f"{modality}, {len(scans_of)} scans, {len(dice_of_missed)} missed: {way}"
            lines += [_row(name, way, scans_of)] if scans_of else []
        every = [*_values(scans_of, "two stages", "whole"), *dice_of_missed]
        means += [f"{modality} {fmean(every):.3f} over {len(every)} scans"] if every else []
    counted = f"Mean Dice of the whole tumor with the missed scans counted: {', '.join(means)}."
    return "By modality, where stage 1 is another model:", "\n".join(lines), counted


def _values(rows: Sequence[Mapping[str, Any]], way: str, key: str) -> list[float]:
    return [row[way][key] for row in rows]


def _row(name: str, way: str, rows: Sequence[Mapping[str, Any]]) -> str:
    dice_values = [_values(rows, way, key) for key in ("whole", "extra", "intra")]
    cells = [f"{fmean(values):.3f} ({np.median(values):.3f})" for values in dice_values]
    distances = _values(rows, way, "boundary_mm")
    quartiles = [f"{_quartile(distances, q):.2f}" for q in (50, 25, 75)]
    return f"| {name} | " + " | ".join([*cells, *quartiles, str(int(np.isinf(distances).sum()))]) + " |"


def _quartile(distances: Sequence[float], percent: int) -> float:
    """Return a measured value, never a mean of two: one of them may be infinite, where there is no boundary."""
    return float(np.percentile(distances, percent, method="nearest"))


def _tests(rows: Sequence[Mapping[str, Any]]) -> str:
    sentences = []
    for key, name in (("extra", "extrameatal Dice"), ("intra", "intrameatal Dice"), ("boundary_mm", "boundary ASSD")):
        pairs = [
            (a, b)
            for a, b in zip(_values(rows, "two stages", key), _values(rows, "one stage", key), strict=True)
            if np.isfinite(a) and np.isfinite(b)
        ]
        p_value = wilcoxon_signed_rank([a for a, _ in pairs], [b for _, b in pairs]).p_value
        sentences.append(f"{name} p {'not defined' if p_value is None else f'= {p_value:.2g}'}")
    return (
        "Two stages against one, paired Wilcoxon tests, not corrected for their number: " + "; ".join(sentences) + "."
    )


def _spread(rows: Sequence[Mapping[str, Any]]) -> str:
    def median(kept: Callable[[Mapping[str, Any]], bool]) -> str:
        distances = [row["two stages"]["boundary_mm"] for row in rows if kept(row)]
        measured = [each for each in distances if np.isfinite(each)]
        lost = f", and none found in {len(distances) - len(measured)}" if len(measured) < len(distances) else ""
        return (f"{np.median(measured):.2f} mm over {len(measured)}" if measured else "none measured") + lost

    return (
        'Boundary ASSD of the scans flagged "check the boundary": '
        f"{median(lambda row: not row['sure'])}; of the others: {median(lambda row: bool(row['sure']))}."
    )


def _models(segmenter: ModelBundle, divider: ModelBundle) -> Models:
    return Models(segmenter=segmenter, locator=load_model(find_model(segmenter.locator_name or "")), divider=divider)


def _card_values(rows: Sequence[Mapping[str, Any]]) -> tuple[Accuracy, ...]:
    data = f"synthetic test heads, {len(rows)} scans, predicted masks"
    values = [
        ("extrameatal Dice, mean", fmean(_values(rows, "two stages", "extra")), ""),
        ("intrameatal Dice, mean", fmean(_values(rows, "two stages", "intra")), ""),
        ("boundary ASSD, median", _quartile(_values(rows, "two stages", "boundary_mm"), 50), "mm"),
    ]
    return tuple(Accuracy(data=data, measure=m, value=round(v, 4), unit=unit) for m, v, unit in values)


if __name__ == "__main__":
    main()

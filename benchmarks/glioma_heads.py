"""What a model of gliomas finds in whole synthetic heads that it was not trained on: with all scans, and without some.

python -m benchmarks.glioma_heads heads/validation [--model NAME_OR_FILE] [--count 8] [--card] [--out docs/experiments]

Of every head label map `--count` heads with a tumor and half as many without are drawn, at 2 mm and without skull; each
is segmented as the product does, and compared region by region. `--card` writes the values into the model's card.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

import numpy as np

from Training.synthesis.glioma.case import WholeHead
from Training.synthesis.glioma.sample import SPACING_MM, draw_head, volumes_of
from Training.synthesis.head import read_tissues
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.inference import ModelBundle, Models, load_model, segment
from VSSegmentationLib.models import Accuracy, default_segmenter, find_model, read_card, write_card
from VSSegmentationLib.models.card import card_path
from VSSegmentationLib.tasks.glioma import GLIOMA
from VSSegmentationLib.volume import Volume

ALL = "all four scans"
_SEED = 2024
"""Of the heads; samples that are shipped, and those of training, have others."""
_LEAST_CM3 = 1.0
"""Of the whole tumor: smaller ones, in gray matter mostly, are drawn again."""


class Head(NamedTuple):
    """One drawn examination."""

    scans: list[Volume]
    """In the order of the task."""
    truth: np.ndarray
    """(D, H, W) labels."""


class Found(NamedTuple):
    """What was found in the heads with some scans."""

    dice: dict[str, list[float]]
    """By region, of the heads whose truth has it."""
    false_cm3: list[float]
    """Of the heads without a tumor."""


def drawn(head: WholeHead, number: int, *, with_tumor: bool) -> Head:
    """Return examination `number` of a head; the first one from there on whose tumor has a cubic centimeter."""
    attempt = 0
    while True:
        case = draw_head(np.random.default_rng([_SEED, number, attempt]), head, with_tumor=with_tumor)
        if not with_tumor or (case.labels > 0).sum() * SPACING_MM**3 / 1000 >= _LEAST_CM3:
            scans, truth = volumes_of(case)
            return Head(scans, truth.array)
        attempt += 1


def choices(model: ModelBundle) -> dict[str, tuple[str, ...]]:
    """Return which scans a model is shown, by what a table calls it: all; without each that it runs without; T1ce."""
    names = tuple(each.name for each in model.inputs)
    shown = {ALL: names}
    for left_out in model.optional_inputs:
        shown[f"without {left_out}"] = tuple(name for name in names if name != left_out)
    if set(names) - {"t1ce"} <= set(model.optional_inputs) and "t1ce" in names:
        shown["t1ce alone"] = ("t1ce",)
    return shown


def found_in(heads: Sequence[Head], model: ModelBundle, names: Sequence[str]) -> Found:
    """Segment heads with some scans, and compare."""
    places = [[each.name for each in GLIOMA.inputs].index(name) for name in names]
    modalities = [GLIOMA.inputs[place].modalities[0] for place in places]
    models = Models(segmenter=model.shown(tuple(names)))
    found = Found({each.key: [] for each in GLIOMA.structures}, [])
    for head in heads:
        result = segment([head.scans[place] for place in places], models, modality=modalities, device="cpu")
        labels = result.labelmap.array
        if not head.truth.any():
            found.false_cm3.append(float((labels > 0).sum()) * SPACING_MM**3 / 1000)
            continue
        for region in GLIOMA.structures:
            one, other = np.isin(labels, region.values), np.isin(head.truth, region.values)
            if other.any():
                found.dice[region.key].append(dice(one, other))
    return found


_HEAD = (
    "| scans | whole tumor: mean, median, least Dice | tumor core | enhancing tumor | without a tumor: false tumor |\n"
    "|---|---|---|---|---|"
)


def table(rows: Mapping[str, Found]) -> str:
    """Return mean, median and worst Dice of each region, and false tumors, in Markdown."""
    lines = [_HEAD]
    for name, found in rows.items():
        cells = [
            f"{fmean(values):.2f}, {median(values):.2f}, {min(values):.2f} ({len(values)})"
            for values in found.dice.values()
        ]
        false = [value for value in found.false_cm3 if value]
        cells.append(f"{len(false)} of {len(found.false_cm3)}, at most {max(found.false_cm3, default=0):.1f} cm³")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def card_values(rows: Mapping[str, Found], names: Sequence[str]) -> tuple[Accuracy, ...]:
    """Return the mean Dice of each region and the largest false tumor as lines of a card."""
    data = f"synthetic whole heads at {SPACING_MM:g} mm ({', '.join(names)})"
    note = "held out; synthetic only"
    values = []
    for name, found in rows.items():
        told = note if name == ALL else f"{note}; {name}"
        for region in GLIOMA.structures:
            kept = found.dice[region.key]
            values.append(Accuracy(
                data=data, measure=f"Dice of the {region.name.lower()}, mean of {len(kept)}",
                value=round(fmean(kept), 3), note=told,
            ))  # fmt: skip
        values.append(Accuracy(
            data=f"{data}, without a tumor", measure="false tumor volume", value=round(max(found.false_cm3), 2),
            unit="cm3", note=f"{told}; the largest of {len(found.false_cm3)}",
        ))  # fmt: skip
    return tuple(values)


_PAGE = """\
# The demonstration model of gliomas on synthetic heads

What `{model}` {version} (SHA-256 `{sha256}...`) finds in whole heads that it was not trained on: {count} with a tumor
of at least {least:g} cm³ and half as many without, drawn into each of {names}, without skull, at {spacing:g} mm.
**Nothing here is of a patient**: the tumors look as those of its training do, and real ones do not.

{table}

Dice of each region over the heads whose truth has it (their number in brackets), of what the product keeps: the largest
piece. Fingers of edema that are not connected with it in the truth count as missed.

Again: `python -m benchmarks.glioma_heads heads/validation --card --out docs/experiments`, which also writes the means
into the model's card.
"""


def page(model: ModelBundle, rows: Mapping[str, Found], names: Sequence[str], count: int) -> str:
    """Return the page."""
    return _PAGE.format(
        model=model.name, version=model.version, sha256=model.sha256[:12], count=count, least=_LEAST_CM3,
        names=" and ".join(names), spacing=SPACING_MM, table=table(rows),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heads", type=Path, help="folder of head label maps that the model was not trained on")
    parser.add_argument("--model", help="default: the one for gliomas that is installed")
    parser.add_argument("--count", type=int, default=8, help="heads with a tumor, of each label map (default: 8)")
    parser.add_argument("--card", action="store_true", help="write the values into the model's card")
    parser.add_argument("--out", type=Path, help="folder for glioma_demo.md")
    options = parser.parse_args()
    path = find_model(options.model or default_segmenter(GLIOMA.name))
    model = load_model(path)
    files = sorted(options.heads.glob("*.nii.gz"))
    heads = []
    for file in files:
        head = WholeHead.of(read_tissues(file))
        heads += [drawn(head, number, with_tumor=True) for number in range(options.count)]
        heads += [drawn(head, number, with_tumor=False) for number in range((options.count + 1) // 2)]
    rows = {}
    for name, shown in choices(model).items():
        rows[name] = found_in(heads, model, shown)
        print(table({name: rows[name]}).splitlines()[-1], flush=True)
    names = [file.name.removesuffix(".nii.gz") for file in files]
    if options.card:
        card = read_card(card_path(path))
        write_card(card_path(path), replace(card, accuracy=card_values(rows, names)))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "glioma_demo.md").write_text(page(model, rows, names, options.count), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The experiment as a page: the paper's columns, the share of the gap that each arm closes, and what held."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from Training.experiments.claims import Measure
from Training.experiments.cross_modality.arms import ARMS, CEILING, CLAIMS, PUBLISHED, SOURCE_ONLY, CrossArm
from Training.experiments.cross_modality.options import CrossModalityOptions
from Training.experiments.cross_modality.runs import PICTURE, TRANSLATION_FILE
from Training.experiments.curves import draw_curves_of_arms
from Training.experiments.results import ArmResults, read_results, seeds_of
from Training.experiments.stored import command_again, read_kept
from Training.experiments.verdicts import after_steps, verdicts
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically

PAGE = "cross_modal.md"
_STRUCTURES = {"tumor": "tumor", "extra": "extrameatal", "intra": "intrameatal", "cochlea": "cochlea"}
_RESAMPLINGS = 2000
_LONG = 1000
"""Steps below which nothing is concluded."""
Results = Mapping[str, ArmResults[CrossArm]]


def write_cross_modality_report(kept: Path, out: Path, arms: Sequence[CrossArm] = ARMS) -> Path:
    """Write `cross_modal.md` and its pictures from a folder of results, and return the page.

    Raises:
        UsageError: If an arm has no run, or some were made with other options than the rest.
    """
    results = read_results(arms, kept)
    out.mkdir(parents=True, exist_ok=True)
    options = next(iter(results.values())).options
    parts = [
        "# From ceT1 with outlines to a network for T2 (the third paper's Table 4, on synthetic scans)",
        _about(results),
        "## Dice and ASSD on T2",
        _table(results),
        "## The share of the gap that is closed",
        _gap_table(results),
        "## How training went",
        draw_curves_of_arms(results, out / "cross_modal_curves.png"),
        verdicts(
            CLAIMS, results, f"{after_steps(options['steps'])} (a round of self-training: {options['round_steps']})"
        ),
        *_not_run(results),
        "## The translator",
        _translators(kept),
        *_picture(kept, out),
        _how(results),
    ]
    write_text_atomically(out / PAGE, "\n\n".join(parts) + "\n")
    return out / PAGE


def _picture(kept: Path, out: Path) -> list[str]:
    """Copy the picture of the translations beside the page, if any were made, and return it as Markdown."""
    if not (kept / PICTURE).is_file():
        return []
    shutil.copyfile(kept / PICTURE, out / PICTURE)
    return [f"![Six of the ceT1 scans, above, and what the translator of seed 0 made of them]({PICTURE})"]


def _measure(structure: str, what: str = "dice") -> Measure:
    return Measure(key=f"{structure}_{what}", unit="")


def shares_of_gap(
    none: NDArray[np.float64],
    arm: NDArray[np.float64],
    full: NDArray[np.float64],
    skull_bases: Sequence[int],
    heads: Sequence[str],
    *,
    seed: int,
) -> tuple[float, float, float]:
    """Return the share of the gap from `none` to `full` that an arm closes, and its 95 % interval; NaN without a gap.

    Args:
        none: (N,) values of the scans without adaptation.
        arm: (N,) of the same scans.
        full: (N,) with supervision.
        skull_bases: Of the scans; whole heads are drawn again, and of each whole skull bases, because scans of one
            are alike.
        heads: Of the scans.
        seed: Of these draws.
    """
    _, number = np.unique(skull_bases, return_inverse=True)
    count = int(number.max()) + 1
    sums = np.stack([np.bincount(number, each, count) for each in (arm - none, full - none)])  # (2, skull bases)
    if abs(sums[1].sum()) < 1e-9:
        return float("nan"), float("nan"), float("nan")
    of_head = [np.unique(number[np.asarray(heads) == head]) for head in np.unique(heads)]
    rng = np.random.default_rng(seed)
    closed, whole = np.stack([sums[:, _drawn_again(rng, of_head)].sum(axis=1) for _ in range(_RESAMPLINGS)], axis=1)
    low, high = np.percentile(closed / np.where(np.abs(whole) > 1e-9, whole, np.nan), (2.5, 97.5))
    return float(sums[0].sum() / sums[1].sum()), float(low), float(high)


def _drawn_again(rng: np.random.Generator, of_head: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Return skull bases drawn from the heads that were drawn, with replacement both."""
    return np.concatenate(
        [rng.choice(of_head[head], len(of_head[head])) for head in rng.integers(len(of_head), size=len(of_head))]
    )


def _about(results: Results) -> str:
    first = next(iter(results.values()))
    options, cases = first.options, first.cases
    channels = "-".join(map(str, options["channels"]))
    rounds = options["round_steps"]
    return (
        f"**A small experiment on synthetic images alone.** {_length(options)} The scans are patches of 36 x 32 x 32 "
        "mm round one ear, the source is ceT1 with labels, the target T2 of other heads without, and nothing of it is "
        f"a patient's. {len(cases['head'])} T2 scans of {len(set(cases['skull_base']))} skull bases of "
        f"{len(set(cases['head']))} heads that no arm has seen are measured. "
        f"The translator (width {options['translator_width']}, 6 blocks, slices of 64 x 64) trained for "
        f"{options['translation_steps']} steps of 2 slices, the 2.5D ResUNet ({channels} channels) for "
        f"{options['steps']} steps of {options['batch_size']} patches, a round of self-training {rounds} more; "
        f"{seeds_of(results)}. The paper trains a translator eight times and a network four times "
        "as wide on whole slices of 227 patients, for days. Nothing is mended after the network (no largest "
        "component), so an ASSD holds false finds, too."
    )


def _length(options: Mapping[str, Any]) -> str:
    """Return what the length of the trainings lets one conclude."""
    if options["steps"] < _LONG or options["translation_steps"] < _LONG:
        return (
            "It was trained for minutes on a CPU, no network to its end: it shows that the steps run, and **not** what "
            "each can bring."
        )
    return "It shows what each step brings at this scale, and no more."


def _table(results: Results) -> str:
    head = "| arm | " + " | ".join(f"Dice {name}" for name in _STRUCTURES.values())
    lines = [
        head + " | ASSD tumor, median | nothing found | ASSD cochlea, median | nothing found |",
        "|---|" + "---|" * (len(_STRUCTURES) + 4),
    ]
    for each in results.values():
        dices = " | ".join(f"{each.mean_and_deviation(_measure(name))[0]:.3f}" for name in _STRUCTURES)
        distances = " | ".join(_assd(each, name) for name in ("tumor", "cochlea"))
        lines.append(f"| {each.arm.title} | {dices} | {distances} |")
    for name, *values in PUBLISHED:
        dice = " | ".join("" if value is None else f"{value:.3f}" for value in values[:4])
        distances = " | ".join("| " if value is None else f"mean {value:.3f} mm | " for value in values[4:])
        lines.append(f"| *{name}, real scans* | {dice} | {distances} |")
    return "\n".join(lines)


def _assd(arm: ArmResults[CrossArm], name: str) -> str:
    """Return the median over all scans and seeds in which the structure was found, and in how many it was not."""
    truth = ~np.isnan(arm.values(_measure(name)))
    values = arm.values(_measure(name, "assd_mm"))[truth]
    found = values[~np.isnan(values)]
    middle = f"{np.median(found):.2f} mm" if len(found) else "-"
    return f"{middle} | {len(values) - len(found)} of {len(values)}"


def _gap_table(results: Results) -> str:
    if not {SOURCE_ONLY.name, CEILING.name} <= results.keys():
        return "Not told: the arm without adaptation and the ceiling are needed for it."
    lines = ["| arm | tumor Dice | cochlea Dice |", "|---|---|---|"]
    for name, each in results.items():
        if name in (SOURCE_ONLY.name, CEILING.name):
            continue
        cells = []
        for structure in ("tumor", "cochlea"):
            closed, low, high = _closed(results, each, _measure(structure))
            told = f"{100 * closed:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
            cells.append("no gap" if np.isnan(closed) else told)
        lines.append(f"| {each.arm.title} | {' | '.join(cells)} |")
    how = (
        "(arm - no adaptation) / (ceiling - no adaptation), means over seeds; 95 % intervals by drawing whole heads, "
        "and of these whole skull bases, again, 2000 times. They say how the test scans scatter, not how trainings do."
    )
    return "\n".join([*lines, "", how])


def _not_run(results: Results) -> list[str]:
    """Return which arms are not on the page."""
    missing = [arm.title for arm in ARMS if arm.name not in results]
    return [f"Arms of the experiment that were not run for this page: {'; '.join(missing)}."] if missing else []


def _closed(results: Results, arm: ArmResults[CrossArm], measure: Measure) -> tuple[float, float, float]:
    means = [each.values(measure).mean(axis=0) for each in (results[SOURCE_ONLY.name], arm, results[CEILING.name])]
    there = ~np.isnan(np.stack(means)).any(axis=0)
    bases, heads = (np.asarray(arm.cases[name])[there] for name in ("skull_base", "head"))
    none, own, full = (each[there] for each in means)
    return shares_of_gap(none, own, full, bases.tolist(), heads.tolist(), seed=0)


def _translators(kept: Path) -> str:
    found = 0.0
    lines = ["| seed | after step | Dice of a fixed segmenter | flicker | |", "|---|---|---|---|---|"]
    for seed, file in enumerate(sorted(kept.glob(TRANSLATION_FILE.format(seed="*")))):
        rows: list[dict[str, float]] = read_kept(file)
        found += sum(row["dice"] for row in rows)
        best = max(rows, key=lambda row: row["dice"], default=None)  # of equals the first, as it is kept
        lines += [
            f"| {seed} | {row['step']:.0f} | {row['dice']:.3f} | {row['flicker']:.3f} | "
            f"{'taken' if row is best else ''} |"
            for row in rows
        ]
    how = (
        "Of each run the generator is taken in whose translations of held-out ceT1 scans a fixed segmenter, the T2 "
        "model that ships, finds most of the outlined tumors. That model learned from synthetic T2 images: it "
        "chooses among these few and trains nothing, but a hospital's own scans are another matter for it. Flicker "
        "is the mean step of the slices' means from one to the next, in a range of -1 to 1."
    )
    none = [] if found else ["", "It found nothing in any of them: these translators are far from done."]
    return "\n".join([how, *none, "", *lines])


def _how(results: Results) -> str:
    options = next(iter(results.values())).options
    seeds = max(len(each.runs) for each in results.values())
    counts = [
        f"{each.arm.title}: {', '.join(str(run['pseudo_labeled']) for run in each.runs.values())}"
        for each in results.values()
        if next(iter(each.runs.values())).get("pseudo_labeled") is not None
    ]
    told = f"Scans of the target that got a pseudo-label, by seed: {'; '.join(counts)}.\n\n" if counts else ""
    again = command_again("crossmodality", options, to_table(CrossModalityOptions()), seeds=seeds)
    return f"{told}## How it was made\n\n{again}"

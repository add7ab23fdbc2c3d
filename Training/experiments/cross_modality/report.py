"""The experiment as a page: the paper's columns, the share of the gap that each arm closes, and the numbers as JSON."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from Training.adaptation.making import PICTURE as TRANSLATIONS
from Training.experiments.cross_modality.arms import ARMS, CEILING, PUBLISHED, SOURCE_ONLY, CrossArm
from Training.experiments.cross_modality.options import CrossModalityOptions
from Training.experiments.results import ArmResults, read_results
from Training.experiments.stored import command_again
from Training.running.run_folder import read_rows
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically

PAGE, NUMBERS, PICTURE = "cross_modal.md", "cross_modal.json", "cross_modal.png"
_STRUCTURES = {"tumor": "tumor", "extra": "extrameatal", "intra": "intrameatal", "cochlea": "cochlea"}
_RESAMPLINGS = 2000
_LONG = 1000
"""Steps below which nothing is concluded."""
Results = Mapping[str, ArmResults[CrossArm]]


def write_cross_modality_report(runs: Path, out: Path, seeds: int, arms: Sequence[CrossArm] = ARMS) -> Path:
    """Write `cross_modal.md` and `cross_modal.json`, and return the page.

    Raises:
        UsageError: If a run is missing, or some were made with other options than the rest.
    """
    results = read_results(arms, runs, seeds)
    out.mkdir(parents=True, exist_ok=True)
    parts = [
        "# From ceT1 with outlines to a network for T2 (the third paper's Table 4, on synthetic scans)",
        _about(results, seeds),
        "## Dice and ASSD on T2",
        _table(results),
        "## The share of the gap that is closed",
        _gap_table(results),
        _verdict(results),
        *_not_run(results),
        "## The translator",
        _translators(runs, seeds),
        *_picture(runs, out),
        _how(results, seeds),
    ]
    write_text_atomically(out / PAGE, "\n\n".join(parts) + "\n")
    write_text_atomically(out / NUMBERS, _numbers(results))
    return out / PAGE


def _picture(runs: Path, out: Path) -> list[str]:
    """Copy the picture of the translations beside the page, if any were made, and return it as Markdown."""
    made = runs / "shared" / "seed_0" / "translated" / TRANSLATIONS
    if not made.is_file():
        return []
    shutil.copyfile(made, out / PICTURE)
    return [f"![Six of the ceT1 scans, above, and what the translator of seed 0 made of them]({PICTURE})"]


def shares_of_gap(
    none: NDArray[np.float64],
    arm: NDArray[np.float64],
    full: NDArray[np.float64],
    patients: Sequence[str],
    *,
    seed: int,
) -> tuple[float, float, float]:
    """Return the share of the gap from `none` to `full` that an arm closes, and its 95 % interval; NaN without a gap.

    Args:
        none: (N,) values of the scans without adaptation.
        arm: (N,) of the same scans.
        full: (N,) with supervision.
        patients: Of the scans; whole patients are drawn again, because their scans are alike.
        seed: Of these draws.
    """
    names, number = np.unique(np.array(patients), return_inverse=True)
    sums = np.stack([np.bincount(number, each, len(names)) for each in (arm - none, full - none)])  # (2, P)
    drawn = np.random.default_rng(seed).integers(len(names), size=(_RESAMPLINGS, len(names)))
    if abs(sums[1].sum()) < 1e-9:
        return float("nan"), float("nan"), float("nan")
    closed, whole = sums[:, drawn].sum(axis=2)
    low, high = np.percentile(closed / np.where(np.abs(whole) > 1e-9, whole, np.nan), (2.5, 97.5))
    return float(sums[0].sum() / sums[1].sum()), float(low), float(high)


def _about(results: Results, seeds: int) -> str:
    first = next(iter(results.values()))
    options, cases = first.options, first.runs[0]["cases"]
    patients = len({case["patient"] for case in cases})
    channels = "-".join(map(str, options["channels"]))
    rounds = options["round_steps"]
    return (
        f"**A small experiment on synthetic images alone.** {_length(options)} The scans are patches of 36 x 32 x 32 "
        "mm round one ear, the source is ceT1 with labels, the target T2 of other heads without, and nothing of it is "
        f"a patient's. {len(cases)} T2 scans of {patients} skull bases from heads that no arm has seen are measured. "
        f"The translator (width {options['translator_width']}, 6 blocks, slices of 64 x 64) trained for "
        f"{options['translation_steps']} steps of 2 slices, the 2.5D ResUNet ({channels} channels) for "
        f"{options['steps']} steps of {options['batch_size']} patches, a round of self-training {rounds} more; "
        f"{seeds} seed{'s' if seeds > 1 else ''}. The paper trains a translator eight times and a network four times "
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
        dices = " | ".join(f"{_mean(each, f'{name}_dice'):.3f}" for name in _STRUCTURES)
        distances = " | ".join(_assd(each, name) for name in ("tumor", "cochlea"))
        lines.append(f"| {each.arm.title} | {dices} | {distances} |")
    for name, *values in PUBLISHED:
        dice = " | ".join("" if value is None else f"{value:.3f}" for value in values[:4])
        distances = " | ".join("| " if value is None else f"mean {value:.3f} mm | " for value in values[4:])
        lines.append(f"| *{name}, real scans* | {dice} | {distances} |")
    return "\n".join(lines)


def _mean(arm: ArmResults[CrossArm], metric: str) -> float:
    return fmean(arm.by_case(metric).values())


def _assd(arm: ArmResults[CrossArm], name: str) -> str:
    """Return the median over all scans and seeds in which the structure was found, and in how many it was not."""
    values = [case[f"{name}_assd_mm"] for run in arm.runs for case in run["cases"] if f"{name}_assd_mm" in case]
    found = [value for value in values if value is not None]
    middle = f"{median(found):.2f} mm" if found else "-"
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
            closed, low, high = _closed(results, each, f"{structure}_dice")
            told = f"{100 * closed:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
            cells.append("no gap" if np.isnan(closed) else told)
        lines.append(f"| {each.arm.title} | {' | '.join(cells)} |")
    how = (
        "(arm - no adaptation) / (ceiling - no adaptation), means over seeds; 95 % intervals by drawing whole skull "
        "bases again, 2000 times. They say how the test scans scatter, not how trainings do."
    )
    return "\n".join([*lines, "", how])


def _verdict(results: Results) -> str:
    """Return one sentence for each arm that was to help, on the tumor."""
    if not {SOURCE_ONLY.name, CEILING.name} <= results.keys():
        return "No verdict without these arms."
    lines = []
    for name, each in results.items():
        if name in (SOURCE_ONLY.name, CEILING.name):
            continue
        _, low, high = _closed(results, each, "tumor_dice")
        what = "helped" if low > 0 else "did harm" if high < 0 else "made no difference that these test scans resolve"
        lines.append(f"- {each.arm.title}: {what}, on the tumor, against no adaptation.")
    return "\n".join(lines)


def _not_run(results: Results) -> list[str]:
    """Return which arms are not on the page."""
    missing = [arm.title for arm in ARMS if arm.name not in results]
    return [f"Arms of the experiment that were not run for this page: {'; '.join(missing)}."] if missing else []


def _closed(results: Results, arm: ArmResults[CrossArm], metric: str) -> tuple[float, float, float]:
    by_arm = [each.by_case(metric) for each in (results[SOURCE_ONLY.name], arm, results[CEILING.name])]
    cases = sorted(set.intersection(*(set(each) for each in by_arm)))
    none, own, full = (np.array([each[case] for case in cases]) for each in by_arm)
    patients = [arm.runs[0]["cases"][case]["patient"] for case in cases]
    return shares_of_gap(none, own, full, patients, seed=0)


def _translators(runs: Path, seeds: int) -> str:
    found = 0.0
    lines = ["| seed | after step | Dice of a fixed segmenter | flicker | |", "|---|---|---|---|---|"]
    for seed in range(seeds):
        rows = read_rows(runs / "shared" / f"seed_{seed}" / "translation" / "validation.csv")
        found += sum(float(row["dice"]) for row in rows)
        best = max(rows, key=lambda row: float(row["dice"]), default=None)  # of equals the first, as it is kept
        lines += [
            f"| {seed} | {row['step']} | {float(row['dice']):.3f} | {float(row['flicker']):.3f} | "
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


def _how(results: Results, seeds: int) -> str:
    options = next(iter(results.values())).options
    counts = [
        f"{each.arm.title}: {', '.join(str(run['pseudo_labeled']) for run in each.runs)}"
        for each in results.values()
        if each.runs[0].get("pseudo_labeled") is not None
    ]
    told = f"Scans of the target that got a pseudo-label, by seed: {'; '.join(counts)}.\n\n" if counts else ""
    more = "" if len(results) == len(ARMS) else f" --arms {' '.join(results)}"
    again = command_again("crossmodality", options, to_table(CrossModalityOptions()), seeds=seeds, more=more)
    return f"{told}## How it was made\n\n{again}\n\nEvery value of every scan stands in [{NUMBERS}]({NUMBERS})."


def _numbers(results: Results) -> str:
    def rounded(case: Mapping[str, object]) -> dict[str, object]:
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in case.items()}

    content = {
        "options": dict(next(iter(results.values())).options),
        "arms": {
            name: [[rounded(case) for case in run["cases"]] for run in each.runs] for name, each in results.items()
        },
    }
    return json.dumps(content, separators=(",", ":")) + "\n"

"""The study as a page: Dice of every arm by stratum, curves and verdicts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from Training.experiments.claims import DICE
from Training.experiments.curves import draw_curves_of_arms
from Training.experiments.ears.arms import ARMS, CLAIMS, EarArm
from Training.experiments.ears.runs import EarOptions
from Training.experiments.results import ArmResults, read_results, seeds_of
from Training.experiments.stored import command_again
from Training.experiments.strata import SHOWN
from Training.experiments.verdicts import after_steps, verdicts
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically

Results = Mapping[str, ArmResults[EarArm]]


def write_ears_report(kept: Path, out: Path, arms: Sequence[EarArm] = ARMS) -> Path:
    """Write `ears.md` and its picture from a folder of results, and return the page.

    Raises:
        UsageError: If an arm has no run, or some were made with other options than the rest.
    """
    results = read_results(arms, kept)
    out.mkdir(parents=True, exist_ok=True)
    options = next(iter(results.values())).options
    parts = [
        "# What looks, loss, width and norm bring",
        _about(results),
        _table(results),
        "## By stratum",
        _strata_table(results),
        "## How training went",
        draw_curves_of_arms(results, out / "ears_curves.png"),
        verdicts(CLAIMS, results, after_steps(options["steps"])),
        _how(results),
    ]
    path = out / "ears.md"
    write_text_atomically(path, "\n\n".join(parts) + "\n")
    return path


def _about(results: Results) -> str:
    first = next(iter(results.values()))
    options, cases = first.options, first.cases
    channels = "-".join(map(str, options["channels"]))
    return (
        "Each arm differs from *as models are trained* in one thing. Networks of "
        f"{channels} channels learn from **synthetic** T2 patches of 24 x 32 x 32 mm round a porus, drawn anew for "
        f"every step from ten heads, {options['steps']:,} steps of {options['batch_size']} ({options['optimizer']}, "
        f"{options['precision']}), {seeds_of(results)}, and are measured on {len(cases['head'])} patches of "
        f"{len(set(cases['skull_base']))} skull bases of {len(set(cases['head']))} other heads, in the strata of the "
        "[frozen stress set](stress_set.md) without its healthy ones. What helps a small network early need not help "
        "a large one late; what is compared is the whole tumor, whose missed cases count as a Dice of 0."
    )


def _table(results: Results) -> str:
    lines = [
        "| | Dice %, mean ± deviation | 95 % interval | by seed | not found | parameters | minutes of a run |",
        "|---|---|---|---|---|---|---|",
    ]
    for own in results.values():
        mean, deviation = own.mean_and_deviation(DICE)
        (low, high), seeds = own.interval(DICE), own.seed_means(DICE)
        run = own.runs[min(own.runs)]
        minutes = np.mean([each["training_seconds"] for each in own.runs.values()]) / 60
        cells = [
            own.arm.title,
            f"{100 * mean:.1f} ± {100 * deviation:.1f}",
            f"{100 * low:.1f} to {100 * high:.1f}",
            f"{100 * min(seeds):.1f} to {100 * max(seeds):.1f}",
            f"{100 * float((own.values(DICE) == 0).mean()):.0f} %",
            f"{run['parameters']:,}",
            f"{minutes:.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return (
        "\n".join(lines) + "\n\nThe interval is that of the mean for other heads; *by seed*: lowest and highest mean "
        "of a single seed; minutes of one core beside whatever else ran."
    )


def _strata_table(results: Results) -> str:
    names = [each.name for each in SHOWN]
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for own in results.values():
        values, strata = own.values(DICE).mean(axis=0), np.asarray(own.cases["stratum"], np.str_)
        cells = [
            f"{100 * float(values[strata == name].mean()):.1f}" if (strata == name).any() else "" for name in names
        ]
        lines.append(f"| {own.arm.title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\nMean Dice % over the cases of a stratum and all seeds."


def _how(results: Results) -> str:
    options = next(iter(results.values())).options
    seeds = max(len(each.runs) for each in results.values())
    return f"## Again\n\n{command_again('ears', options, to_table(EarOptions()), seeds=seeds)}"

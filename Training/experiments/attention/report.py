"""An experiment as a page: its table in the paper's layout beside the published one, curves, verdicts, a figure."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

import numpy as np

from Training.experiments.attention.arms import Arm, Experiment
from Training.experiments.attention.figures import ASSD, ATTENTION, draw_dice_curve
from Training.experiments.claims import DICE, Measure
from Training.experiments.curves import draw_curves_of_arms
from Training.experiments.results import ArmResults, read_results, seeds_of
from Training.experiments.stored import command_again
from Training.experiments.study import StudyOptions
from Training.experiments.verdicts import after_steps, verdicts
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically

_RVE = Measure(key="rve", unit="%", factor=100.0, larger_is_better=False)
Results = Mapping[str, ArmResults[Arm]]


def write_report(experiment: Experiment, kept: Path, out: Path, usual: StudyOptions) -> Path:
    """Write `NAME.md` and its pictures, and return the page.

    Args:
        experiment: Whose arms are all among the results.
        kept: The folder of results.
        out: Where to; made if missing.
        usual: The options that the command has by default.

    Raises:
        UsageError: If an arm has no run, or some were made with other options than the rest.
    """
    results = read_results(experiment.arms, kept)
    out.mkdir(parents=True, exist_ok=True)
    first = next(iter(results.values()))
    parts = [f"# {experiment.title}", _about(results), _table(results)]
    if experiment.name.startswith("figure4"):
        draw_dice_curve(results, out / f"{experiment.name}.png")
        parts.append(f"![Dice and ASSD against λ]({experiment.name}.png)")
    parts.append("## How training went")
    parts.append(draw_curves_of_arms(results, out / f"{experiment.name}_curves.png"))
    parts.append(verdicts(experiment.claims, results, after_steps(first.options["steps"])))
    if experiment.name == "table1" and (kept / ATTENTION).is_file():
        shutil.copyfile(kept / ATTENTION, out / ATTENTION)
        parts.append(
            f"![What the attention of three networks weighs on four test cases]({ATTENTION})\n\nFour test cases, "
            "seed 0, the map of the full resolution: of the gates on the skip connection (AG), of the attention "
            "without (PA) and with supervision (SpvPA)."
        )
    parts.append(_how(experiment, results, usual))
    path = out / f"{experiment.name}.md"
    write_text_atomically(path, "\n\n".join(parts) + "\n")
    return path


def _about(results: Results) -> str:
    first = next(iter(results.values()))
    options, cases = first.options, first.cases
    channels = "-".join(map(str, options["channels"]))
    loss = "cross-entropy in all arms beside the loss of the paper, " if options["cross_entropy_weight"] else ""
    return (
        f"Trained and tested on **synthetic** images only: {len(cases['head'])} test cases of "
        f"{len(set(cases['skull_base']))} skull bases of {len(set(cases['head']))} heads that neither training nor "
        f"validation saw, in the strata of the [frozen stress set](stress_set.md) (without its healthy ones), median "
        f"tumor {np.median(cases['volume_cm3']):.2f} cm³, in patches of 24 x 32 x 32 mm. A reduced "
        f"grid: {channels} channels (half of the paper's), instance norm, {loss}{options['steps']:,} steps of "
        f"{options['batch_size']} patches ({options['optimizer']}, {options['precision']}), {seeds_of(results)}; the "
        "3D network sees cubes of 0.4 mm, all others slices of 1.5 mm with pixels of 0.5 mm. So values are to be "
        "compared within the table, not with the published column, which is of 47 real cases after long training. "
        "Nothing is mended afterwards (no largest component)."
    )


def _table(results: Results) -> str:
    head = (
        "| | Dice % | 95 % interval | by seed | ASSD mm | RVE %, median (quartiles) | s per case | missed | "
        "published Dice % | published ASSD mm | published RVE % |\n|---|---|---|---|---|---|---|---|---|---|---|"
    )
    note = (
        "Mean ± standard deviation over the test cases, each the mean of its seeds; the interval is that of the mean "
        "for other heads, skull bases and heads averaged first. *by seed*: lowest and highest mean of a single seed. "
        "ASSD leaves out cases in which a seed found nothing; *missed* counts those over all seeds. A relative volume "
        "error has no upper end, so it is told by median and quartiles; the published one is mean ± deviation."
    )
    return "\n".join([head, *(_row(each) for each in results.values())]) + "\n\n" + note


def _row(own: ArmResults[Arm]) -> str:
    low, high = own.interval(DICE)
    seeds, error, known = own.seed_means(DICE), own.spread(_RVE), own.arm.published
    cells = [
        own.arm.title,
        _plus_minus(own.mean_and_deviation(DICE), 100),
        f"{100 * low:.2f} to {100 * high:.2f}",
        f"{100 * min(seeds):.2f} to {100 * max(seeds):.2f}",
        _plus_minus(own.mean_and_deviation(ASSD), 1),
        f"{100 * error.median:.0f} ({100 * error.low:.0f} to {100 * error.high:.0f})",
        f"{fmean(value for run in own.runs.values() for value in run['cases']['seconds']):.2f}",
        str(int(np.isnan(own.values(ASSD)).sum())),
        "" if known is None else _published(known.dice_percent),
        "" if known is None else _published(known.assd_mm),
        "" if known is None or known.rve_percent is None else _published(known.rve_percent),
    ]
    return "| " + " | ".join(cells) + " |"


def _plus_minus(values: tuple[float, float], factor: float) -> str:
    return f"{factor * values[0]:.2f} ± {factor * values[1]:.2f}"


def _published(values: tuple[float, float | None]) -> str:
    mean, deviation = values
    return f"{mean:.2f}" if deviation is None else f"{mean:.2f} ± {deviation:.2f}"


def _how(experiment: Experiment, results: Results, usual: StudyOptions) -> str:
    seeds = max(len(each.runs) for each in results.values())
    options = next(iter(results.values())).options
    command = command_again(experiment.name, options, to_table(usual), seeds=seeds)
    return f"## Again\n\n{command}\n\nPublished values: Wang et al., MICCAI 2019, doi:10.1007/978-3-030-32245-8_30."

"""An experiment as a page: its table in the paper's layout beside the published one, verdicts, and a figure."""

from collections.abc import Mapping
from pathlib import Path

from Training.experiments.arms import Arm, Experiment
from Training.experiments.figures import draw_dice_curve
from Training.experiments.grid import GridOptions
from Training.experiments.results import ArmResults, median_volume_cm3, read_results, tested
from Training.experiments.stored import command_again
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically

_ALPHA = 0.05


def write_report(experiment: Experiment, runs: Path, out: Path, seeds: int) -> Path:
    """Write `NAME.md`, and `NAME.png` for a curve, and return the page.

    Args:
        experiment: Whose runs are all there.
        runs: The folder of `run_grid`.
        out: Where to; made if missing.
        seeds: How many seeds of each arm.

    Raises:
        UsageError: If a run is missing, or some were made with other options than the rest.
    """
    results = read_results(experiment.arms, runs, seeds)
    out.mkdir(parents=True, exist_ok=True)
    parts = [f"# {experiment.title}", _about(experiment, results, seeds), _table(experiment, results)]
    if experiment.name == "figure4":
        draw_dice_curve(results, out / "figure4.png")
        parts.append("![Dice and ASSD against λ](figure4.png)")
    parts.append(_verdicts(experiment, results))
    if experiment.name == "table1":
        parts.append(
            "![What the attention of three networks weighs on four test cases](attention_maps.png)\n\nFour test cases, "
            "seed 0, the map of the full resolution: of the gates on the skip connection (AG), of the attention "
            "without (PA) and with supervision (SpvPA)."
        )
    parts.append(_how(experiment, results, seeds))
    path = out / f"{experiment.name}.md"
    write_text_atomically(path, "\n\n".join(parts) + "\n")
    return path


def _about(experiment: Experiment, results: Mapping[str, ArmResults], seeds: int) -> str:
    first = results[experiment.arms[0].name]
    options, cases = first.runs[0]["options"], len(first.runs[0]["cases"])
    channels = "-".join(map(str, options["channels"]))
    return (
        f"Trained and tested on **synthetic** images only: {cases} test cases from heads that neither training nor "
        f"validation saw, median tumor {median_volume_cm3(first):.2f} cm³, in patches of 24 x 32 x 32 mm. A reduced "
        f"grid: {channels} channels (half of the paper's), instance norm, {options['steps']} steps of "
        f"{options['batch_size']} patches, {seeds} seeds. So values are to be compared within the table, not with the "
        "published column, which is of 47 real cases after long training. Nothing is mended afterwards (no largest "
        "component)."
    )


def _table(experiment: Experiment, results: Mapping[str, ArmResults]) -> str:
    head = (
        "| | Dice % | 95 % interval | by seed | ASSD mm | RVE % | s per case | missed | p (Dice) | published Dice % | "
        "published ASSD mm |\n|---|---|---|---|---|---|---|---|---|---|---|"
    )
    rows = [_row(arm, results) for arm in experiment.arms]
    pairs = [(arm.title, results[other].arm.title) for arm in experiment.arms if (other := _pair(arm, results))]
    others = {other for _, other in pairs}
    against = others.pop() if len(others) == 1 else "; ".join(f"{other} (for {title})" for title, other in pairs)
    note = (
        "Mean ± standard deviation over the test cases, each the mean of its seeds; the bootstrap interval (BCa) is "
        "that of the mean. *by seed*: lowest and highest mean of a single seed. ASSD leaves out cases in which a seed "
        "found nothing; *missed* counts those over all seeds. p: paired Wilcoxon test against "
        f"{against}; not corrected for the number of tests."
    )
    return "\n".join([head, *rows]) + "\n\n" + note


def _pair(arm: Arm, results: Mapping[str, ArmResults]) -> str | None:
    return arm.compared_with if arm.compared_with in results else None


def _row(arm: Arm, results: Mapping[str, ArmResults]) -> str:
    own = results[arm.name]
    interval, seeds = own.interval("dice"), own.seed_means("dice")
    other = _pair(arm, results)
    p_value = tested(own, results[other], "dice").p_value if other else None
    cells = [
        arm.title,
        _plus_minus(own.mean_and_deviation("dice"), 100, 2),
        f"{100 * interval.low:.2f} to {100 * interval.high:.2f}",
        f"{100 * min(seeds):.2f} to {100 * max(seeds):.2f}",
        _plus_minus(own.mean_and_deviation("assd_mm"), 1, 2),
        _plus_minus(own.mean_and_deviation("rve"), 100, 1),
        f"{own.mean_and_deviation('seconds')[0]:.2f}",
        str(own.missed),
        "" if p_value is None else "< 0.001" if p_value < 0.001 else f"{p_value:.3f}",
        "" if arm.published is None else _published(arm.published.dice_percent, 2),
        "" if arm.published is None else _published(arm.published.assd_mm, 2),
    ]
    return "| " + " | ".join(cells) + " |"


def _plus_minus(values: tuple[float, float], factor: float, digits: int) -> str:
    return f"{factor * values[0]:.{digits}f} ± {factor * values[1]:.{digits}f}"


def _published(values: tuple[float, float | None], digits: int) -> str:
    mean, deviation = values
    return f"{mean:.{digits}f}" if deviation is None else f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def _verdicts(experiment: Experiment, results: Mapping[str, ArmResults]) -> str:
    lines = ["## What held", ""]
    for claim, (better, worse) in experiment.claims.items():
        one, other = results[better], results[worse]
        gain = 100 * (one.mean_and_deviation("dice")[0] - other.mean_and_deviation("dice")[0])
        p_value = tested(one, other, "dice").p_value
        sure = p_value is not None and p_value < _ALPHA
        apart = min(one.seed_means("dice")) > max(other.seed_means("dice"))
        if gain > 0 and sure and apart:
            verdict = "**held**: every seed of the one lies above every seed of the other"
        elif gain > 0 and sure:
            verdict = "held over the cases, but seeds overlap: another run may show the contrary"
        elif gain < 0 and sure:
            verdict = "**did not hold**: the contrary is seen here"
        else:
            verdict = "not resolved: the difference is within what the cases scatter"
        p_text = "" if p_value is None else f", p {'< 0.001' if p_value < 0.001 else f'= {p_value:.3f}'}"
        lines.append(f"- {claim}: {gain:+.2f} points of Dice{p_text}; {verdict}.")
    return "\n".join(lines)


def _how(experiment: Experiment, results: Mapping[str, ArmResults], seeds: int) -> str:
    options = results[experiment.arms[0].name].runs[0]["options"]
    command = command_again(experiment.name, options, to_table(GridOptions()), seeds=seeds)
    return f"## Again\n\n{command}\n\nPublished values: Wang et al., MICCAI 2019, doi:10.1007/978-3-030-32245-8_30."

"""An experiment as a page: its table in the paper's layout beside the published one, verdicts, and a figure."""

from collections.abc import Mapping
from pathlib import Path

from Training.experiments.attention.arms import Arm, Experiment
from Training.experiments.attention.figures import draw_dice_curve
from Training.experiments.attention.results import AttentionResults, read_attention_results
from Training.experiments.results import p_cell, p_phrase, tested, verdict
from Training.experiments.stored import command_again
from Training.experiments.study import StudyOptions
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically


def write_report(experiment: Experiment, runs: Path, out: Path, seeds: int) -> Path:
    """Write `NAME.md`, and `NAME.png` for a curve, and return the page.

    Args:
        experiment: Whose runs are all there.
        runs: The folder of `run_study`.
        out: Where to; made if missing.
        seeds: How many seeds of each arm.

    Raises:
        UsageError: If a run is missing, or some were made with other options than the rest.
    """
    results = read_attention_results(experiment.arms, runs, seeds)
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


def _about(experiment: Experiment, results: Mapping[str, AttentionResults], seeds: int) -> str:
    first = results[experiment.arms[0].name]
    options, cases = first.options, len(first.runs[0]["cases"])
    channels = "-".join(map(str, options["channels"]))
    return (
        f"Trained and tested on **synthetic** images only: {cases} test cases from heads that neither training nor "
        f"validation saw, median tumor {first.median_volume_cm3:.2f} cm³, in patches of 24 x 32 x 32 mm. A reduced "
        f"grid: {channels} channels (half of the paper's), instance norm, {options['steps']} steps of "
        f"{options['batch_size']} patches, {seeds} seeds. So values are to be compared within the table, not with the "
        "published column, which is of 47 real cases after long training. Nothing is mended afterwards (no largest "
        "component)."
    )


def _table(experiment: Experiment, results: Mapping[str, AttentionResults]) -> str:
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


def _pair(arm: Arm, results: Mapping[str, AttentionResults]) -> str | None:
    return arm.compared_with if arm.compared_with in results else None


def _row(arm: Arm, results: Mapping[str, AttentionResults]) -> str:
    own = results[arm.name]
    interval, seeds = own.interval("dice"), own.seed_means("dice")
    other = _pair(arm, results)
    p_value = _p_value(own, results[other]) if other else None
    cells = [
        arm.title,
        _plus_minus(own.mean_and_deviation("dice"), 100, 2),
        f"{100 * interval.low:.2f} to {100 * interval.high:.2f}",
        f"{100 * min(seeds):.2f} to {100 * max(seeds):.2f}",
        _plus_minus(own.mean_and_deviation("assd_mm"), 1, 2),
        _plus_minus(own.mean_and_deviation("rve"), 100, 1),
        f"{own.mean_and_deviation('seconds')[0]:.2f}",
        str(own.missed),
        p_cell(p_value),
        "" if arm.published is None else _published(arm.published.dice_percent, 2),
        "" if arm.published is None else _published(arm.published.assd_mm, 2),
    ]
    return "| " + " | ".join(cells) + " |"


def _plus_minus(values: tuple[float, float], factor: float, digits: int) -> str:
    return f"{factor * values[0]:.{digits}f} ± {factor * values[1]:.{digits}f}"


def _published(values: tuple[float, float | None], digits: int) -> str:
    mean, deviation = values
    return f"{mean:.{digits}f}" if deviation is None else f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def _verdicts(experiment: Experiment, results: Mapping[str, AttentionResults]) -> str:
    lines = ["## What held", ""]
    for claim, (better, worse) in experiment.claims.items():
        one, other = results[better], results[worse]
        gain = 100 * (one.mean_and_deviation("dice")[0] - other.mean_and_deviation("dice")[0])
        p_value = _p_value(one, other)
        apart = min(one.seed_means("dice")) > max(other.seed_means("dice"))
        overlap = None if apart else "held over the cases, but seeds overlap: another run may show the contrary"
        held = "**held**: every seed of the one lies above every seed of the other"
        said = verdict(gain, p_value, held=held, overlap=overlap)
        lines.append(f"- {claim}: {gain:+.2f} points of Dice{p_phrase(p_value)}; {said}.")
    return "\n".join(lines)


def _p_value(one: AttentionResults, other: AttentionResults) -> float | None:
    return tested(one.by_case("dice"), other.by_case("dice")).p_value


def _how(experiment: Experiment, results: Mapping[str, AttentionResults], seeds: int) -> str:
    options = results[experiment.arms[0].name].options
    command = command_again(experiment.name, options, to_table(StudyOptions()), seeds=seeds)
    return f"## Again\n\n{command}\n\nPublished values: Wang et al., MICCAI 2019, doi:10.1007/978-3-030-32245-8_30."

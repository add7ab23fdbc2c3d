"""The experiment as a page: the paper's two tables beside the published values, what it leaves open, and verdicts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev

import numpy as np

from Training.experiments.boundary.arms import ARMS, BASELINE, BEST, DISTANCES, GAMMAS, MASKS, SOBEL, BoundaryArm
from Training.experiments.boundary.figure import draw_boundaries
from Training.experiments.boundary.options import BoundaryOptions
from Training.experiments.boundary.results import BoundaryResults, median, percentile
from Training.experiments.results import ALPHA, p_cell, p_phrase, pairs, read_results, tested, verdict
from Training.experiments.stored import command_again
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically


def write_boundary_report(runs: Path, out: Path, seeds: int, arms: Sequence[BoundaryArm] = ARMS) -> Path:
    """Write `boundary.md` and `boundary.png`, and return the page.

    Raises:
        UsageError: If a run is missing, or some were made with other options than the rest.
    """
    read = read_results(arms, runs, seeds)
    results = {name: BoundaryResults(each.arm, each.runs) for name, each in read.items()}
    out.mkdir(parents=True, exist_ok=True)
    draw_boundaries(
        {each.arm.title: list(each.by_case("boundary_mm").values()) for each in results.values()}, out / "boundary.png"
    )
    main = [arm for arm in (BASELINE, *GAMMAS) if arm.name in results]
    open_points = [arm for arm in (DISTANCES[0], BEST, *DISTANCES[1:], SOBEL) if arm.name in results]
    masks = [arm for arm in (BEST, *MASKS) if arm.name in results]
    parts = [
        "# The boundary of the two parts: one stage, two stages, Boundary Distance Loss (the second paper's tables)",
        _about(results, seeds),
        "## Dice (the paper's Table 1)",
        _dice_table(main, results),
        "## Boundary ASSD (the paper's Table 2)",
        _boundary_table(main, results),
        "![Boundary ASSD of every test case, by arm](boundary.png)",
        *_left_open(open_points, results),
        *_by_masks(masks, results),
        _verdicts(results),
        _how(results, seeds),
    ]
    path = out / "boundary.md"
    write_text_atomically(path, "\n\n".join(parts) + "\n")
    return path


def _left_open(arms: Sequence[BoundaryArm], results: Mapping[str, BoundaryResults]) -> list[str]:
    if len(arms) < 2:
        return []
    return [
        "## What the paper leaves open: τ, and how probabilities are derived (γ = 0.5, true masks)",
        _boundary_table(arms, results, names={BEST.name: "τ = 2 mm, central differences"}),
        _which_works([results[arm.name] for arm in arms]),
    ]


def _which_works(splits: Sequence[BoundaryResults]) -> str:
    """Say how far apart the medians lie, and which arms differ from the one that the other tables use."""
    medians = [median(list(split.by_case("boundary_mm").values())) for split in splits]
    usual = next((split for split in splits if split.arm is BEST), splits[0])
    others = [split for split in splits if split is not usual]
    apart = []
    for split in others:
        both = _pairs(split, usual, "boundary_mm")
        p_value = _p_value(split, usual, "boundary_mm")
        if p_value is not None and p_value < ALPHA:
            gain = float(np.median([theirs - own for own, theirs in both]))
            apart.append(f"{split.arm.title} (median gain {gain:+.3f} mm)")
    differ = f"different with p < {ALPHA}: {', '.join(apart)}" if apart else f"none differs with p < {ALPHA}"
    span = f"{min(medians):.3f} to {max(medians):.3f} mm"
    return f"Medians lie from {span}. Against the arm that the other tables use, {differ}."


def _by_masks(arms: Sequence[BoundaryArm], results: Mapping[str, BoundaryResults]) -> list[str]:
    if len(arms) < 2:
        return []
    names = {BEST.name: "true masks (the paper)"}
    return [
        "## Masks that stage 2 is trained on (γ = 0.5, τ = 2 mm; tested on predicted ones)",
        _boundary_table(arms, results, names=names),
        _dice_table(arms, results, names=names),
    ]


def _about(results: Mapping[str, BoundaryResults], seeds: int) -> str:
    first = next(iter(results.values()))
    cases, options = first.runs[0]["cases"], first.options
    both = sum("boundary_missing" in case for case in cases)
    channels = "-".join(map(str, options["channels"]))
    warm_up, batch = options.get("warm_up", 0), f"{options['batch_size']} patches"
    shared = (
        f"{warm_up} steps of {batch} without the boundary loss and on true masks, which all arms of a seed have in "
        f"common (the one stage has its own), then {options['steps']} steps"
        if warm_up
        else f"{options['steps']} steps of {batch}"
    )
    return (
        f"Trained and tested on **synthetic** T2 images only: {len(cases)} test patches of 24 x 24 x 24 mm round a "
        f"tumor, of heads that neither training nor validation saw; {both} of them show a tumor in both parts, and "
        "only these have a boundary. A reduced grid: a plain U-Net in nnU-Net's manner with "
        f"{channels} channels, {shared}, {seeds} seeds; stage 1 is "
        "one network for all arms, its masks of training patches come from networks that did not see them. Stage 2 is "
        "tested on **predicted** masks, one pass, no mirror images, with the product's output rules. Values are to be "
        "compared within a table: the published ones are of 56 real cases after long training."
    )


def _dice_table(
    arms: Sequence[BoundaryArm], results: Mapping[str, BoundaryResults], names: Mapping[str, str] | None = None
) -> str:
    lines = [
        "| | background | extra | intra | whole | p (extra) | p (intra) | published: extra | intra | whole |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for arm in arms:
        own, known = results[arm.name], arm.published
        cells = [_mean(own, metric) for metric in ("background", "extra", "intra", "whole")]
        cells += [_p(own, results[arms[0].name], metric) for metric in ("extra", "intra")]
        cells += ["", "", ""] if known is None else [_plus_minus(v) for v in (known.extra, known.intra, known.whole)]
        lines.append(f"| {(names or {}).get(arm.name, arm.title)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n" + _note(arms, names)


def _boundary_table(
    arms: Sequence[BoundaryArm], results: Mapping[str, BoundaryResults], names: Mapping[str, str] | None = None
) -> str:
    lines = [
        "| | median mm | p25 | p75 | by seed | no boundary | p | with true masks | published median | p25 | p75 |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for arm in arms:
        own, known = results[arm.name], arm.published
        values = list(own.by_case("boundary_mm").values())
        seeds = own.seed_medians("boundary_mm")
        missing = sum(case.get("boundary_missing", 0) for run in own.runs for case in run["cases"])
        with_true = "cases_of_true_masks" in own.runs[0]
        cells = [f"{percentile(values, q):.3f}" for q in (50, 25, 75)]
        cells += [
            f"{min(seeds):.3f} to {max(seeds):.3f}",
            f"{missing:.0f}",
            _p(own, results[arms[0].name], "boundary_mm"),
        ]
        true = list(own.by_case("boundary_mm", "cases_of_true_masks").values()) if with_true else []
        cells.append(f"{median(true):.3f}" if true else "")
        cells += ["", "", ""] if known is None else [f"{value:.4f}" for value in known.boundary]
        lines.append(f"| {(names or {}).get(arm.name, arm.title)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n" + _note(arms, names)


def _note(arms: Sequence[BoundaryArm], names: Mapping[str, str] | None) -> str:
    first = (names or {}).get(arms[0].name, arms[0].title)
    return (
        "Every case is the mean of its seeds. A boundary that a seed lacks is infinitely far (*no boundary*: how often "
        f"over all seeds). p: two-sided paired Wilcoxon test against *{first}*, not corrected for the number of tests."
    )


def _verdicts(results: Mapping[str, BoundaryResults]) -> str:
    claims = (
        ("two stages beat one (boundary)", GAMMAS[0], BASELINE, "boundary_mm"),
        ("the loss helps the boundary: γ = 0.5 beats 0", BEST, GAMMAS[0], "boundary_mm"),
        ("the loss helps the intrameatal part: γ = 0.5 beats 0", BEST, GAMMAS[0], "intra"),
        ("two stages with the loss beat one (extrameatal)", BEST, BASELINE, "extra"),
        ("two stages with the loss beat one (intrameatal)", BEST, BASELINE, "intra"),
        ("training on predicted masks beats true ones (boundary)", MASKS[0], BEST, "boundary_mm"),
        ("perturbed true masks beat true ones (boundary)", MASKS[1], BEST, "boundary_mm"),
        ("perturbed true masks beat true ones (intrameatal)", MASKS[1], BEST, "intra"),
    )
    lines = ["## What held", ""]
    for claim, better, worse, metric in claims:
        if better.name in results and worse.name in results:
            lines.append(f"- {claim}: {_verdict(results[better.name], results[worse.name], metric)}.")
    return "\n".join(lines)


def _verdict(one: BoundaryResults, other: BoundaryResults, metric: str) -> str:
    both = _pairs(one, other, metric)
    if not both:
        return "not resolved: no case has a value in both"
    gain = float(np.median([a - b if metric != "boundary_mm" else b - a for a, b in both]))
    p_value = _p_value(one, other, metric)
    unit = " mm" if metric == "boundary_mm" else " of Dice"
    overlap = None if _apart(one, other, metric) else "held over the cases, but seeds overlap"
    said = verdict(gain, p_value, held="**held**, in every seed", overlap=overlap)
    return f"median gain {gain:+.3f}{unit} over {len(both)} cases{p_phrase(p_value)}; {said}"


def _apart(one: BoundaryResults, other: BoundaryResults, metric: str) -> bool:
    first, second = one.seed_medians(metric), other.seed_medians(metric)
    return max(first) < min(second) if metric == "boundary_mm" else min(first) > max(second)


def _pairs(one: BoundaryResults, other: BoundaryResults, metric: str) -> list[tuple[float, float]]:
    return pairs(one.by_case(metric), other.by_case(metric))


def _p(one: BoundaryResults, other: BoundaryResults, metric: str) -> str:
    return p_cell(None if one is other else _p_value(one, other, metric))


def _p_value(one: BoundaryResults, other: BoundaryResults, metric: str) -> float | None:
    return tested(one.by_case(metric), other.by_case(metric)).p_value


def _mean(split: BoundaryResults, metric: str) -> str:
    values = [value for value in split.by_case(metric).values() if np.isfinite(value)]
    return f"{fmean(values):.4f} ± {stdev(values) if len(values) > 1 else 0.0:.4f}"


def _plus_minus(values: tuple[float, float]) -> str:
    return f"{values[0]:.4f} ± {values[1]:.4f}"


def _how(results: Mapping[str, BoundaryResults], seeds: int) -> str:
    options = next(iter(results.values())).options
    more = f" --arms {' '.join(results)}" if len(results) < len(ARMS) else ""
    command = command_again("boundary", options, to_table(BoundaryOptions()), seeds=seeds, more=more)
    return (
        f"## Again\n\n{command}\n\n"
        "Published values: Wijethilake et al., MLCN 2022, arXiv:2208.04680; the unit of its ASSD is not stated."
    )

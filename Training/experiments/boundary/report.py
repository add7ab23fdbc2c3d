"""The experiment as a page: the paper's two tables beside the published values, what it leaves open, and verdicts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from Training.experiments.boundary.arms import ARMS, BASELINE, BEST, DISTANCES, GAMMAS, MASKS, SOBEL, BoundaryArm
from Training.experiments.boundary.claims import BOUNDARY, CLAIMS, EXTRA, FAR, INTRA
from Training.experiments.boundary.figure import draw_boundaries
from Training.experiments.boundary.options import BoundaryOptions
from Training.experiments.claims import Measure
from Training.experiments.curves import draw_curves_of_arms
from Training.experiments.results import ArmResults, read_results, seeds_of
from Training.experiments.stored import command_again
from Training.experiments.verdicts import after_steps, verdicts
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically

Results = Mapping[str, ArmResults[BoundaryArm]]
_DICE = (Measure(key="background", unit="of Dice"), EXTRA, INTRA, Measure(key="whole", unit="of Dice"))
_TRUE_MASKS = "cases_of_true_masks"


def write_boundary_report(kept: Path, out: Path, arms: Sequence[BoundaryArm] = ARMS) -> Path:
    """Write `boundary.md` and its pictures from a folder of results, and return the page.

    Raises:
        UsageError: If an arm has no run, or some were made with other options than the rest.
    """
    results = read_results(arms, kept)
    out.mkdir(parents=True, exist_ok=True)
    draw_boundaries({each.arm.title: each.by_case(FAR).tolist() for each in results.values()}, out / "boundary.png")
    main = [arm for arm in (BASELINE, *GAMMAS) if arm.name in results]
    open_points = [arm for arm in (DISTANCES[0], BEST, *DISTANCES[1:], SOBEL) if arm.name in results]
    masks = [arm for arm in (BEST, *MASKS) if arm.name in results]
    parts = [
        "# The boundary of the two parts: one stage, two stages, Boundary Distance Loss (the second paper's tables)",
        _about(results),
        "## Dice (the paper's Table 1)",
        _dice_table(main, results),
        "## Boundary ASSD (the paper's Table 2)",
        _boundary_table(main, results),
        "![Boundary ASSD of every test case, by arm](boundary.png)",
        *_left_open(open_points, results),
        *_by_masks(masks, results),
        "## How training went",
        draw_curves_of_arms(results, out / "boundary_curves.png", column="dice_intrameatal"),
        verdicts(CLAIMS, results, _after(results)),
        f"A boundary that is missing, or farther than {BOUNDARY.at_most:g} mm, counts as so far there.",
        _how(results),
    ]
    path = out / "boundary.md"
    write_text_atomically(path, "\n\n".join(parts) + "\n")
    return path


def _after(results: Results) -> str:
    options = next(iter(results.values())).options
    warm_up = options["warm_up"]
    common = f", {warm_up:,} of them common to all arms of a seed" if warm_up else ""
    return f"{after_steps(warm_up + options['steps'])}{common}"


def _left_open(arms: Sequence[BoundaryArm], results: Results) -> list[str]:
    if len(arms) < 2:
        return []
    medians = [results[arm.name].spread(FAR).median for arm in arms]
    return [
        "## What the paper leaves open: τ, and how probabilities are derived (γ = 0.5, true masks)",
        _boundary_table(arms, results, names={BEST.name: "τ = 2 mm, central differences"}),
        f"Medians lie from {min(medians):.3f} to {max(medians):.3f} mm. Nothing was claimed before: nothing is tested.",
    ]


def _by_masks(arms: Sequence[BoundaryArm], results: Results) -> list[str]:
    if len(arms) < 2:
        return []
    names = {BEST.name: "true masks (the paper)"}
    return [
        "## Masks that stage 2 is trained on (γ = 0.5, τ = 2 mm; tested on predicted ones)",
        _boundary_table(arms, results, names=names),
        _dice_table(arms, results, names=names),
    ]


def _about(results: Results) -> str:
    first = next(iter(results.values()))
    options, cases = first.options, first.cases
    both = int(np.isfinite(first.values(BOUNDARY)[0]).sum())
    channels = "-".join(map(str, options["channels"]))
    warm_up, batch = options["warm_up"], f"{options['batch_size']} patches"
    shared = (
        f"{warm_up:,} steps of {batch} without the boundary loss and on true masks, which all arms of a seed have in "
        f"common (the one stage has its own), then {options['steps']:,} steps"
        if warm_up
        else f"{options['steps']:,} steps of {batch}"
    )
    return (
        f"Trained and tested on **synthetic** T2 images only: {len(cases['head'])} test patches of 24 x 24 x 24 mm "
        f"round a tumor, of {len(set(cases['skull_base']))} skull bases of {len(set(cases['head']))} heads that "
        "neither training nor validation saw, in the strata of the [frozen stress set](stress_set.md) (without its "
        f"healthy ones); {both} of them show a tumor in both parts, and "
        "only these have a boundary. A reduced grid: a plain U-Net in nnU-Net's manner with "
        f"{channels} channels, {shared} ({options['precision']}), {seeds_of(results)}; stage 1 is "
        "one network for all arms, its masks of training patches come from networks that did not see them. Stage 2 is "
        "tested on **predicted** masks, one pass, no mirror images, with the product's output rules. Values are to be "
        "compared within a table: the published ones are of 56 real cases after long training."
    )


def _dice_table(arms: Sequence[BoundaryArm], results: Results, names: Mapping[str, str] | None = None) -> str:
    lines = [
        "| | background | extra | intra | whole | published: extra | intra | whole |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for arm in arms:
        own, known = results[arm.name], arm.published
        cells = [_plus_minus(own.mean_and_deviation(measure)) for measure in _DICE]
        cells += ["", "", ""] if known is None else [_plus_minus(v) for v in (known.extra, known.intra, known.whole)]
        lines.append(f"| {(names or {}).get(arm.name, arm.title)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\nMean ± standard deviation over the test cases, each the mean of its seeds."


def _boundary_table(arms: Sequence[BoundaryArm], results: Results, names: Mapping[str, str] | None = None) -> str:
    lines = [
        "| | median mm | p25 | p75 | by seed | no boundary | with true masks | published median | p25 | p75 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for arm in arms:
        own, known = results[arm.name], arm.published
        spread, seeds = own.spread(FAR), own.seed_medians(FAR)
        with_true = all(_TRUE_MASKS in run for run in own.runs.values())
        cells = [f"{value:.3f}" for value in (spread.median, spread.low, spread.high)]
        cells += [f"{min(seeds):.3f} to {max(seeds):.3f}", str(int(np.isinf(own.values(FAR)).sum()))]
        cells.append(f"{own.spread(FAR, _TRUE_MASKS).median:.3f}" if with_true else "")
        cells += ["", "", ""] if known is None else [f"{value:.4f}" for value in known.boundary]
        lines.append(f"| {(names or {}).get(arm.name, arm.title)} | " + " | ".join(cells) + " |")
    return (
        "\n".join(lines) + "\n\nEvery case is the mean of its seeds. A boundary that a seed lacks is infinitely far "
        "(*no boundary*: how often over all seeds)."
    )


def _plus_minus(values: tuple[float, float]) -> str:
    return f"{values[0]:.4f} ± {values[1]:.4f}"


def _how(results: Results) -> str:
    options = next(iter(results.values())).options
    seeds = max(len(each.runs) for each in results.values())
    command = command_again("boundary", options, to_table(BoundaryOptions()), seeds=seeds)
    return (
        f"## Again\n\n{command}\n\n"
        "Published values: Wijethilake et al., MLCN 2022, arXiv:2208.04680; the unit of its ASSD is not stated."
    )

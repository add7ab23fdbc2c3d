"""The experiment as a page: the paper's two tables beside the published values, what it leaves open, and verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from Training.experiments.boundary.arms import ARMS, BASELINE, BEST, DISTANCES, GAMMAS, MASKS, SOBEL, BoundaryArm
from Training.experiments.boundary.figure import draw_boundaries
from Training.experiments.boundary.runs import BoundaryOptions
from Training.experiments.stored import command_again, read_runs
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.cohort.paired import wilcoxon_signed_rank

_ALPHA = 0.05


@dataclass(frozen=True)
class Split:
    """Every seed of one arm on the same test cases."""

    arm: BoundaryArm
    runs: tuple[Mapping[str, Any], ...]

    def by_case(self, metric: str, key: str = "cases") -> dict[int, float]:
        """Return the mean over the seeds by number of the case, where the truth has what is measured.

        A boundary that is missing in a seed is infinitely far: it counts in medians, and means leave it out.
        """
        found = {}
        for case, first in enumerate(self.runs[0][key]):
            if first.get(metric) is None and "boundary_missing" not in first:
                continue
            values = [run[key][case].get(metric) for run in self.runs]
            found[case] = float("inf") if None in values else fmean(values)
        return found

    def seed_medians(self, metric: str) -> list[float]:
        """Return the median over the cases of every seed."""
        return [_median([_value(case[metric]) for case in run["cases"] if metric in case]) for run in self.runs]


def write_boundary_report(runs: Path, out: Path, seeds: int, arms: Sequence[BoundaryArm] = ARMS) -> Path:
    """Write `boundary.md` and `boundary.png`, and return the page.

    Raises:
        UsageError: If a run is missing, or some were made with other options than the rest.
    """
    stored = read_runs([(arm.name, arm.title) for arm in arms], runs, seeds)
    results = {arm.name: Split(arm, stored[arm.name]) for arm in arms}
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


def _left_open(arms: Sequence[BoundaryArm], results: Mapping[str, Split]) -> list[str]:
    if len(arms) < 2:
        return []
    return [
        "## What the paper leaves open: τ, and how probabilities are derived (γ = 0.5, true masks)",
        _boundary_table(arms, results, names={BEST.name: "τ = 2 mm, central differences"}),
        _which_works([results[arm.name] for arm in arms]),
    ]


def _which_works(splits: Sequence[Split]) -> str:
    """Say how far apart the medians lie, and which arms differ from the one that the other tables use."""
    medians = [_median(list(split.by_case("boundary_mm").values())) for split in splits]
    usual = next((split for split in splits if split.arm is BEST), splits[0])
    others = [split for split in splits if split is not usual]
    apart = []
    for split in others:
        pairs = _pairs(split, usual, "boundary_mm")
        p_value = _p_value(split, usual, "boundary_mm")
        if p_value is not None and p_value < _ALPHA:
            gain = float(np.median([theirs - own for own, theirs in pairs]))
            apart.append(f"{split.arm.title} (median gain {gain:+.3f} mm)")
    differ = f"different with p < {_ALPHA}: {', '.join(apart)}" if apart else f"none differs with p < {_ALPHA}"
    span = f"{min(medians):.3f} to {max(medians):.3f} mm"
    return f"Medians lie from {span}. Against the arm that the other tables use, {differ}."


def _by_masks(arms: Sequence[BoundaryArm], results: Mapping[str, Split]) -> list[str]:
    if len(arms) < 2:
        return []
    names = {BEST.name: "true masks (the paper)"}
    return [
        "## Masks that stage 2 is trained on (γ = 0.5, τ = 2 mm; tested on predicted ones)",
        _boundary_table(arms, results, names=names),
        _dice_table(arms, results, names=names),
    ]


def _about(results: Mapping[str, Split], seeds: int) -> str:
    first = next(iter(results.values()))
    cases, options = first.runs[0]["cases"], first.runs[0]["options"]
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
    arms: Sequence[BoundaryArm], results: Mapping[str, Split], names: Mapping[str, str] | None = None
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
    arms: Sequence[BoundaryArm], results: Mapping[str, Split], names: Mapping[str, str] | None = None
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
        cells = [f"{_percentile(values, q):.3f}" for q in (50, 25, 75)]
        cells += [
            f"{min(seeds):.3f} to {max(seeds):.3f}",
            f"{missing:.0f}",
            _p(own, results[arms[0].name], "boundary_mm"),
        ]
        true = list(own.by_case("boundary_mm", "cases_of_true_masks").values()) if with_true else []
        cells.append(f"{_median(true):.3f}" if true else "")
        cells += ["", "", ""] if known is None else [f"{value:.4f}" for value in known.boundary]
        lines.append(f"| {(names or {}).get(arm.name, arm.title)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n" + _note(arms, names)


def _note(arms: Sequence[BoundaryArm], names: Mapping[str, str] | None) -> str:
    first = (names or {}).get(arms[0].name, arms[0].title)
    return (
        "Every case is the mean of its seeds. A boundary that a seed lacks is infinitely far (*no boundary*: how often "
        f"over all seeds). p: two-sided paired Wilcoxon test against *{first}*, not corrected for the number of tests."
    )


def _verdicts(results: Mapping[str, Split]) -> str:
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


def _verdict(one: Split, other: Split, metric: str) -> str:
    pairs = _pairs(one, other, metric)
    if not pairs:
        return "not resolved: no case has a value in both"
    gains = [a - b if metric != "boundary_mm" else b - a for a, b in pairs]
    p_value = _p_value(one, other, metric)
    unit = " mm" if metric == "boundary_mm" else " of Dice"
    sure = p_value is not None and p_value < _ALPHA
    gain = float(np.median(gains))
    if sure and gain > 0:
        apart = _apart(one, other, metric)
        verdict = "**held**, in every seed" if apart else "held over the cases, but seeds overlap"
    elif sure and gain < 0:
        verdict = "**did not hold**: the contrary is seen here"
    else:
        verdict = "not resolved: the difference is within what the cases scatter"
    p_text = "" if p_value is None else f", p {'< 0.001' if p_value < 0.001 else f'= {p_value:.3f}'}"
    return f"median gain {gain:+.3f}{unit} over {len(pairs)} cases{p_text}; {verdict}"


def _apart(one: Split, other: Split, metric: str) -> bool:
    first, second = one.seed_medians(metric), other.seed_medians(metric)
    return max(first) < min(second) if metric == "boundary_mm" else min(first) > max(second)


def _pairs(one: Split, other: Split, metric: str) -> list[tuple[float, float]]:
    first, second = one.by_case(metric), other.by_case(metric)
    both = [(first[case], second[case]) for case in sorted(set(first) & set(second))]
    return [(a, b) for a, b in both if np.isfinite(a) and np.isfinite(b)]


def _p(one: Split, other: Split, metric: str) -> str:
    p_value = None if one is other else _p_value(one, other, metric)
    return "" if p_value is None else "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _p_value(one: Split, other: Split, metric: str) -> float | None:
    pairs = _pairs(one, other, metric)
    return wilcoxon_signed_rank([a for a, _ in pairs], [b for _, b in pairs]).p_value


def _mean(split: Split, metric: str) -> str:
    values = [value for value in split.by_case(metric).values() if np.isfinite(value)]
    return f"{fmean(values):.4f} ± {stdev(values) if len(values) > 1 else 0.0:.4f}"


def _plus_minus(values: tuple[float, float]) -> str:
    return f"{values[0]:.4f} ± {values[1]:.4f}"


def _value(value: float | None) -> float:
    return float("inf") if value is None else value


def _median(values: Sequence[float]) -> float:
    return _percentile(values, 50)


def _percentile(values: Sequence[float], q: float) -> float:
    """Return a percentile that is one of the values, so that it is defined where some are infinite."""
    return float(np.percentile(values, q, method="nearest"))


def _how(results: Mapping[str, Split], seeds: int) -> str:
    options = next(iter(results.values())).runs[0]["options"]
    more = f" --arms {' '.join(results)}" if len(results) < len(ARMS) else ""
    command = command_again("boundary", options, to_table(BoundaryOptions()), seeds=seeds, more=more)
    return (
        f"## Again\n\n{command}\n\n"
        "Published values: Wijethilake et al., MLCN 2022, arXiv:2208.04680; the unit of its ASSD is not stated."
    )

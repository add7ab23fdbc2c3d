"""What the runs of an arm came to, case by case and seed by seed, and how two arms compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Generic

import numpy as np

from Training.experiments.stored import Runs, read_runs
from Training.experiments.study import ArmT
from VSSegmentationLib.cohort.paired import PairedTest, wilcoxon_signed_rank

ALPHA = 0.05
"""What is less probable by chance counts as seen; no number of tests is corrected for."""


@dataclass(frozen=True)
class ArmResults(Generic[ArmT]):
    """Every seed of one arm on the same test cases."""

    arm: ArmT
    runs: Runs
    """What `RESULT` holds, one for each seed."""

    def by_case(self, metric: str, key: str = "cases") -> dict[int, float]:
        """Return the mean over the seeds by number of the case; a case that a seed has no value for is left out."""
        found: dict[int, float] = {}
        for case in range(len(self.runs[0][key])):
            values = [run[key][case].get(metric) for run in self.runs]
            if None not in values:
                found[case] = fmean(values)
        return found

    @property
    def options(self) -> Mapping[str, Any]:
        """What the runs were made with."""
        options: Mapping[str, Any] = self.runs[0]["options"]
        return options


def read_results(arms: Sequence[ArmT], folder: Path, seeds: int) -> dict[str, ArmResults[ArmT]]:
    """Return the results of every arm by its name.

    Raises:
        UsageError: If a run is missing, or some were made with other options than the rest.
    """
    runs = read_runs([(arm.name, arm.title) for arm in arms], folder, seeds)
    return {arm.name: ArmResults(arm, runs[arm.name]) for arm in arms}


def pairs(first: Mapping[int, float], second: Mapping[int, float]) -> list[tuple[float, float]]:
    """Return the values of the cases that both have one for, and a finite one."""
    both = [(first[case], second[case]) for case in sorted(set(first) & set(second))]
    return [(a, b) for a, b in both if np.isfinite(a) and np.isfinite(b)]


def tested(first: Mapping[int, float], second: Mapping[int, float]) -> PairedTest:
    """Return the paired Wilcoxon test of two arms' values by case."""
    both = pairs(first, second)
    return wilcoxon_signed_rank([a for a, _ in both], [b for _, b in both])


def p_cell(p_value: float | None) -> str:
    """Return a p-value as a table has it; empty for None."""
    return "" if p_value is None else "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def p_phrase(p_value: float | None) -> str:
    """Return a p-value as a sentence has it, after a comma; empty for None."""
    return "" if p_value is None else f", p {'< 0.001' if p_value < 0.001 else f'= {p_value:.3f}'}"


def verdict(gain: float, p_value: float | None, *, held: str, overlap: str | None) -> str:
    """Return what a gain and its p-value say of a claim.

    Args:
        gain: Above 0 where the claim held.
        p_value: Of the paired test.
        held: What to say if every seed of the one is better than every seed of the other.
        overlap: What to say if that is not so; None if it is.
    """
    sure = p_value is not None and p_value < ALPHA
    if sure and gain > 0:
        return held if overlap is None else overlap
    if sure and gain < 0:
        return "**did not hold**: the contrary is seen here"
    return "not resolved: the difference is within what the cases scatter"

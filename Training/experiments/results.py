"""What the runs of an arm came to, case by case and seed by seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Generic, NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.experiments.claims import Measure
from Training.experiments.statistics import Comparison, compare, head_means
from Training.experiments.stored import CASES, Runs, read_kept, read_runs
from Training.experiments.study import ArmT

Cases = Mapping[str, Sequence[Any]]


class Spread(NamedTuple):
    """How values lie over the cases."""

    median: float
    low: float
    """The first quartile."""
    high: float
    """The third."""


@dataclass(frozen=True)
class ArmResults(Generic[ArmT]):
    """Every seed of one arm on the same test cases."""

    arm: ArmT
    runs: Runs
    """What a unit's file holds, by seed."""
    cases: Cases
    """What is known of the test cases, by column."""

    def values(self, measure: Measure, seeds: Sequence[int] | None = None, key: str = "cases") -> NDArray[np.float64]:
        """Return (seeds, cases); NaN where a case has no value, as its truth lacks what is measured.

        Args:
            measure: Which; if it ends somewhere, what is beyond or was not found counts as that.
            seeds: Some instead of all.
            key: Of the values in the result.
        """
        rows = []
        for seed in sorted(self.runs) if seeds is None else seeds:
            columns = self.runs[seed][key]
            row = np.array([np.nan if value is None else value for value in columns[measure.key]], np.float64)
            if measure.at_most is not None:
                row = np.minimum(row, measure.at_most)
                if measure.not_found is not None:
                    row[[value == 1 for value in columns.get(measure.not_found, [])]] = measure.at_most
            rows.append(row)
        return np.stack(rows)

    def by_case(self, measure: Measure, key: str = "cases") -> NDArray[np.float64]:
        """Return the means over the seeds of the cases that each of them has a value for."""
        means: NDArray[np.float64] = self.values(measure, key=key).mean(axis=0)
        return means[~np.isnan(means)]

    def mean_and_deviation(self, measure: Measure) -> tuple[float, float]:
        """Return mean and standard deviation over the cases, as the papers' tables have them, without infinite ones."""
        values = [value for value in self.by_case(measure).tolist() if np.isfinite(value)]
        return fmean(values), stdev(values) if len(values) > 1 else 0.0

    def spread(self, measure: Measure, key: str = "cases") -> Spread:
        """Return median and quartiles over the cases, each one of the values: some may be infinite."""
        values = self.by_case(measure, key)
        low, median, high = (float(np.percentile(values, q, method="nearest")) for q in (25, 50, 75))
        return Spread(median, low, high)

    def interval(self, measure: Measure) -> tuple[float, float]:
        """Return the 95 % interval of the mean for other heads: skull bases first, then heads."""
        values = self.values(measure)
        there = ~np.isnan(values).any(axis=0)
        bases = np.asarray(self.cases["skull_base"], np.int64)[there]
        heads = np.asarray(self.cases["head"], np.str_)[there]
        by_head = head_means(values[:, there], bases, heads).mean(axis=0)
        return compare(by_head[None], range(len(by_head)), [str(n) for n in range(len(by_head))]).interval()

    def seed_means(self, measure: Measure) -> list[float]:
        """Return the mean over the cases of every seed: how far one run lies from another."""
        return [float(np.nanmean(row)) for row in self.values(measure)]

    def seed_medians(self, measure: Measure) -> list[float]:
        """Return the median over the cases of every seed, one of the values."""
        return [float(np.percentile(row[~np.isnan(row)], 50, method="nearest")) for row in self.values(measure)]

    @property
    def options(self) -> Mapping[str, Any]:
        """What the runs were made with."""
        options: Mapping[str, Any] = next(iter(self.runs.values()))["options"]
        return options


def read_results(arms: Sequence[ArmT], results: Path) -> dict[str, ArmResults[ArmT]]:
    """Return the results of every arm by its name.

    Raises:
        UsageError: If an arm has none, a file is damaged, or some were made with other options than the rest.
    """
    runs = read_runs([(arm.name, arm.title) for arm in arms], results)
    cases = read_kept(results / CASES)
    return {arm.name: ArmResults(arm, runs[arm.name], cases) for arm in arms}


def compared(better: ArmResults[ArmT], worse: ArmResults[ArmT], measure: Measure, *, key: str = "cases") -> Comparison:
    """Compare two arms in the seeds that both have; above 0 the first one is better, in the unit of the measure."""
    differences = _differences(better, worse, measure, key)
    return compare(differences, better.cases["skull_base"], better.cases["head"])


def cases_of_both(
    better: ArmResults[ArmT], worse: ArmResults[ArmT], measure: Measure
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.str_]]:
    """Return by how much the first arm is better (seeds, cases), and skull base and head of each case.

    Cases without a value in one of the arms and seeds are left out.
    """
    differences = _differences(better, worse, measure, "cases")
    there = ~np.isnan(differences).any(axis=0)
    bases, heads = np.asarray(better.cases["skull_base"], np.int64), np.asarray(better.cases["head"], np.str_)
    return differences[:, there], bases[there], heads[there]


def _differences(better: ArmResults[ArmT], worse: ArmResults[ArmT], measure: Measure, key: str) -> NDArray[np.float64]:
    seeds = sorted(set(better.runs) & set(worse.runs))
    sign = measure.factor if measure.larger_is_better else -measure.factor
    differences: NDArray[np.float64] = sign * (better.values(measure, seeds, key) - worse.values(measure, seeds, key))
    return differences


def seeds_of(results: Mapping[str, ArmResults[ArmT]]) -> str:
    """Return how many seeds the arms have, in words."""
    counts = sorted({len(each.runs) for each in results.values()})
    return (
        f"{counts[0]} seed{'s' if counts[0] > 1 else ''}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"
    )

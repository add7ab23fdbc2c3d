"""What the runs of an experiment came to, case by case and seed by seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from Training.experiments.arms import Arm
from Training.experiments.stored import read_runs
from VSSegmentationLib.cohort.bootstrap import Interval, mean_interval
from VSSegmentationLib.cohort.paired import PairedTest, wilcoxon_signed_rank

METRICS = ("dice", "assd_mm", "rve", "seconds")


@dataclass(frozen=True)
class ArmResults:
    """Every seed of one arm on the same test cases."""

    arm: Arm
    runs: tuple[Mapping[str, Any], ...]
    """What `RESULT` holds, one for each seed."""

    def per_case(self, metric: str) -> list[float]:
        """Return the mean over the seeds of every case that each of them has a value for."""
        return list(self.by_case(metric).values())

    def by_case(self, metric: str) -> dict[int, float]:
        """Return the mean over the seeds by number of the case; cases where a seed found nothing have no ASSD."""
        found: dict[int, float] = {}
        for case in range(len(self.runs[0]["cases"])):
            values = [run["cases"][case][metric] for run in self.runs]
            if None not in values:
                found[case] = fmean(values)
        return found

    def mean_and_deviation(self, metric: str) -> tuple[float, float]:
        """Return mean and standard deviation over the cases, as the paper's tables have them."""
        values = self.per_case(metric)
        return fmean(values), stdev(values) if len(values) > 1 else 0.0

    def interval(self, metric: str) -> Interval:
        """Return the bootstrap interval of the mean over the cases."""
        return mean_interval(self.per_case(metric))

    def seed_means(self, metric: str) -> list[float]:
        """Return the mean over the cases of every seed: how far one run may lie from another."""
        return [fmean(c[metric] for c in run["cases"] if c[metric] is not None) for run in self.runs]

    @property
    def missed(self) -> int:
        """Cases, over all seeds, in which nothing was found."""
        return sum(case["assd_mm"] is None for run in self.runs for case in run["cases"])


def read_results(arms: Sequence[Arm], folder: Path, seeds: int) -> dict[str, ArmResults]:
    """Return the results of every arm by its name.

    Raises:
        UsageError: If a run is missing, or some were made with other options than the rest.
    """
    runs = read_runs([(arm.name, arm.title) for arm in arms], folder, seeds)
    return {arm.name: ArmResults(arm, runs[arm.name]) for arm in arms}


def tested(one: ArmResults, other: ArmResults, metric: str) -> PairedTest:
    """Return the paired Wilcoxon test of two arms on the cases that both have a value for."""
    first, second = one.by_case(metric), other.by_case(metric)
    both = sorted(set(first) & set(second))
    return wilcoxon_signed_rank([first[case] for case in both], [second[case] for case in both])


def median_volume_cm3(results: ArmResults) -> float:
    """Return the median tumor volume of the test cases."""
    return float(np.median([case["volume_cm3"] for case in results.runs[0]["cases"]]))

"""What the arms of the first paper's experiments came to."""

from pathlib import Path
from statistics import fmean, stdev

import numpy as np

from Training.experiments.attention.arms import Arm
from Training.experiments.results import ArmResults, read_results
from VSSegmentationLib.cohort.bootstrap import Interval, mean_interval


class AttentionResults(ArmResults[Arm]):
    """Every seed of one arm on the same test cases; a case in which a seed found nothing has no ASSD."""

    def per_case(self, metric: str) -> list[float]:
        """Return the mean over the seeds of every case that each of them has a value for."""
        return list(self.by_case(metric).values())

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

    @property
    def median_volume_cm3(self) -> float:
        """Median tumor volume of the test cases."""
        return float(np.median([case["volume_cm3"] for case in self.runs[0]["cases"]]))


def read_attention_results(arms: tuple[Arm, ...], folder: Path, seeds: int) -> dict[str, AttentionResults]:
    """Return the results of every arm by its name; as `read_results`."""
    return {name: AttentionResults(each.arm, each.runs) for name, each in read_results(arms, folder, seeds).items()}

"""What the arms of the second paper's experiment came to."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from Training.experiments.boundary.arms import BoundaryArm
from Training.experiments.results import ArmResults


class BoundaryResults(ArmResults[BoundaryArm]):
    """Every seed of one arm on the same test cases."""

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
        return [median([_value(case[metric]) for case in run["cases"] if metric in case]) for run in self.runs]


def median(values: Sequence[float]) -> float:
    """Return the median, one of the values."""
    return percentile(values, 50)


def percentile(values: Sequence[float], q: float) -> float:
    """Return a percentile that is one of the values, so that it is defined where some are infinite."""
    return float(np.percentile(values, q, method="nearest"))


def _value(value: float | None) -> float:
    return float("inf") if value is None else value

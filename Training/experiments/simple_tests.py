"""Two tests that papers report, beside the study's own: the paired t-test over cases, and Wilcoxon's over heads."""

from collections.abc import Sequence
from typing import NamedTuple

from scipy import stats

from Training.experiments.claims import Claim, Measure, claims_of
from Training.experiments.results import ArmResults, cases_of_both
from Training.experiments.statistics import head_means, holm
from Training.experiments.study import ArmT
from Training.experiments.verdicts import p_text
from VSSegmentationLib.cohort.paired import wilcoxon_signed_rank

_HOW = (
    "*t, cases*: the paired t-test over test cases, each the mean of its seeds, which takes cases of one head and "
    "trainings of one seed for independent: it calls chance an effect more often than it says. *Wilcoxon, heads*: the "
    "signed-rank test over the means of heads, which takes trainings for exchangeable. Both two-sided; *Holm* corrects "
    "for the {count} of this page. The verdicts above are by neither."
)


class SimpleTests(NamedTuple):
    """p-values of one comparison, two-sided and not corrected."""

    t_cases: float
    wilcoxon_heads: float


def simple_tests(better: ArmResults[ArmT], worse: ArmResults[ArmT], measure: Measure) -> SimpleTests:
    """Return both tests of two arms in the seeds that both have; 1 where nothing differs."""
    differences, bases, heads = cases_of_both(better, worse, measure)
    by_case = differences.mean(axis=0)
    spread = float(by_case.std(ddof=1))
    t_cases = float(stats.ttest_1samp(by_case, 0.0).pvalue) if spread > 0 else float(not by_case.any())
    means = head_means(differences, bases, heads).mean(axis=0).tolist()
    found = wilcoxon_signed_rank(means, [0.0] * len(means)).p_value
    return SimpleTests(t_cases, 1.0 if found is None else found)


def table_of_simple_tests(claims: Sequence[Claim], results: dict[str, ArmResults[ArmT]]) -> str:
    """Return the section of a page with both tests of every claim whose arms were run."""
    there = claims_of(claims, list(results))
    found = [simple_tests(results[each.better], results[each.worse], each.measure) for each in there]
    columns = [[each.t_cases for each in found], [each.wilcoxon_heads for each in found]]
    corrected = [holm(column) for column in columns]
    lines = ["| claim | t, cases | Holm | Wilcoxon, heads | Holm |", "|---|---|---|---|---|"]
    for row, claim in enumerate(there):
        cells = [p_text(values[row]) for pair in zip(columns, corrected, strict=True) for values in pair]
        lines.append(f"| {claim.text} | {' | '.join(cells)} |")
    count = f"{len(there)} claim{'s' if len(there) != 1 else ''}"
    return "\n\n".join(["## By other tests", "\n".join(lines), _HOW.format(count=count)])

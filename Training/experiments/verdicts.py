"""What held of a paper's claims: tested by skull base and head, for all of a page, with what could be seen."""

from collections.abc import Mapping, Sequence
from functools import partial

from Training.experiments.claims import Claim, claims_of
from Training.experiments.results import ArmResults, compared
from Training.experiments.statistics import ALPHA, Comparison, holm
from Training.experiments.study import ArmT

_HOW = (
    "Values are averaged by {group}, then by head; the difference is tested by how it scatters over heads and over "
    "trainings (Clark's min F′). p is corrected for the {count} of this page (Holm), which were written down before "
    "the first run. *Detectable*: the true difference that would be seen with 80 % power at Holm's strictest step, by "
    "the scatter seen here."
)


def verdicts(
    claims: Sequence[Claim], results: Mapping[str, ArmResults[ArmT]], after: str, group: str = "skull base"
) -> str:
    """Return the section of a page that says what held.

    Args:
        claims: All that were written down; those of arms that were not run are left out, and counted.
        results: By arm.
        after: As "after 4,000 steps".
        group: What cases are averaged by first (`skull_base` of the benchmark), as a sentence has it.
    """
    there = claims_of(claims, list(results))
    found = [compared(results[claim.better], results[claim.worse], claim.measure) for claim in there]
    adjusted = holm([each.p_value for each in found])
    told = partial(_line, count=len(there), after=after, group=group)
    lines = [told(*each) for each in zip(there, found, adjusted, strict=True)]
    missing = len(claims) - len(there)
    rest = [f"Not told here, as their arms were not run: {missing} of {len(claims)} claims."] if missing else []
    count = f"{len(there)} claim{'s' if len(there) != 1 else ''}"
    return "\n\n".join(["## What held", _HOW.format(count=count, group=group), "\n".join(lines), *rest])


def said(comparison: Comparison, p_value: float) -> str:
    """Return the verdict on a claim, of a comparison whose p-value is corrected already."""
    if p_value >= ALPHA:
        return "**not resolved**: the difference is within what heads and trainings scatter"
    once = ", in one training of each: another may show the contrary" if comparison.trainings == 1 else ""
    if comparison.difference > 0:
        return f"**held**{once}"
    return f"**did not hold**: the contrary is seen{once}"


def p_text(p_value: float) -> str:
    """Return a p-value as a sentence has it."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def after_steps(steps: int) -> str:
    """Return the length of the trainings as every verdict names it."""
    return f"after {steps:,} steps"


def _line(claim: Claim, found: Comparison, p_value: float, *, count: int, after: str, group: str) -> str:
    digits, (low, high) = claim.measure.digits, found.interval()
    return (
        f"- {claim.text}: {found.difference:+.{digits}f} {claim.measure.unit} "
        f"({low:+.{digits}f} to {high:+.{digits}f}) {after}, {p_text(p_value)}; {said(found, p_value)}. "
        f"Detectable: {found.smallest_detectable(count):.{digits}f}. "
        f"({found.cases} cases, {found.skull_bases} {group}s, {found.heads} heads, {found.trainings} seeds)"
    )

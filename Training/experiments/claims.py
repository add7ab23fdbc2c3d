"""What a paper says, as a comparison of two arms that is written down before anything is trained."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One value of every test case, in what it is told in."""

    key: str
    """In the results."""
    unit: str
    """As a sentence has it, after the number."""
    factor: float = 1.0
    """From the stored value to that unit."""
    larger_is_better: bool = True
    at_most: float | None = None
    """Larger values count as this one."""
    not_found: str | None = None
    """The column that is 1 where the structure was not found: its distance has no end, and counts as `at_most`."""
    digits: int = 2


DICE = Measure(key="dice", unit="points of Dice", factor=100.0)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """That one arm is better than another."""

    text: str
    better: str
    """Name of the arm."""
    worse: str
    measure: Measure = DICE


def claims_of(claims: Sequence[Claim], arms: Sequence[str]) -> tuple[Claim, ...]:
    """Return the claims both arms of which are among these."""
    return tuple(claim for claim in claims if {claim.better, claim.worse} <= set(arms))

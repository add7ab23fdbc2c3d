"""Signs that the labels of a cohort mean something else than was said."""

import math
from collections.abc import Iterator, Sequence

from VSSegmentationLib.cohort.cases import Case
from VSSegmentationLib.cohort.matching import listed
from VSSegmentationLib.evaluation import CaseScores, Presence, Structure

LARGEST_PUBLISHED_INTRAMEATAL_CM3 = 0.93
"""Of 226 intrameatal parts of crossMoDA 2023: a larger one suggests that the two parts are exchanged."""


def label_suspicions(cases: Sequence[Case]) -> Iterator[str]:
    """Tell where labels seem to mean something else than was said; cases are named by number."""
    for role in ("prediction", "reference"):
        exchanged = [case.number for case in cases if _seems_exchanged(case.scores, f"volume_{role}")]
        if exchanged:
            yield (
                f"The intrameatal part of the {role} is the larger one, and larger than any published "
                f"({LARGEST_PUBLISHED_INTRAMEATAL_CM3:g} cm3), in case {listed(exchanged)}: are the two labels "
                f"exchanged? If so, say --{role}-values 1=im,2=em."
            )
    undivided = [case.number for case in cases if _is_divided_in_the_reference_alone(case.scores)]
    if undivided:
        yield (
            f"The prediction holds a tumor without parts where the reference divides it, in case {listed(undivided)}: "
            "both parts count as missed there."
        )


def _seems_exchanged(scores: CaseScores, metric: str) -> bool:
    of_parts = {
        each.structure: next((s.value for s in each.scores if s.metric == metric and s.value is not None), 0.0)
        for each in scores.structures
    }
    intrameatal_cm3 = of_parts.get(Structure.INTRAMEATAL, 0.0)
    return intrameatal_cm3 > max(LARGEST_PUBLISHED_INTRAMEATAL_CM3, of_parts.get(Structure.EXTRAMEATAL, math.inf))


def _is_divided_in_the_reference_alone(scores: CaseScores) -> bool:
    presence = {each.structure: each.presence for each in scores.structures}
    parts = {presence.get(Structure.EXTRAMEATAL), presence.get(Structure.INTRAMEATAL)}
    return presence.get(Structure.WHOLE) == Presence.BOTH and parts == {Presence.MISSED}

"""Signs that the labels of a labelmap that is evaluated mean something else than was said."""

import math
from functools import partial

from VSSegmentationLib.evaluation import CaseScores, Presence
from VSSegmentationLib.labels import EXTRAMEATAL_PART, INTRAMEATAL_PART, WHOLE_TUMOR
from VSSegmentationLib.tasks.task import Suspicion

LARGEST_PUBLISHED_INTRAMEATAL_CM3 = 0.93
"""Of 226 intrameatal parts of crossMoDA 2023: a larger one suggests that the two parts are exchanged."""


def _seems_exchanged(scores: CaseScores, metric: str) -> bool:
    of_parts = {
        each.structure: next((s.value for s in each.scores if s.metric == metric and s.value is not None), 0.0)
        for each in scores.structures
    }
    intrameatal_cm3 = of_parts.get(INTRAMEATAL_PART, 0.0)
    return intrameatal_cm3 > max(LARGEST_PUBLISHED_INTRAMEATAL_CM3, of_parts.get(EXTRAMEATAL_PART, math.inf))


def _is_divided_in_the_reference_alone(scores: CaseScores) -> bool:
    presence = {each.structure: each.presence for each in scores.structures}
    parts = {presence.get(EXTRAMEATAL_PART), presence.get(INTRAMEATAL_PART)}
    return presence.get(WHOLE_TUMOR) == Presence.BOTH and parts == {Presence.MISSED}


def _exchanged(role: str) -> Suspicion:
    return Suspicion(
        applies=partial(_seems_exchanged, metric=f"volume_{role}"),
        sentence=(
            f"The intrameatal part of the {role} is the larger one, and larger than any published "
            f"({LARGEST_PUBLISHED_INTRAMEATAL_CM3:g} cm3), in case {{cases}}: are the two labels "
            f"exchanged? If so, say --{role}-values 1=im,2=em."
        ),
    )


SUSPICIONS = (
    _exchanged("prediction"),
    _exchanged("reference"),
    Suspicion(
        applies=_is_divided_in_the_reference_alone,
        sentence=(
            "The prediction holds a tumor without parts where the reference divides it, in case {cases}: "
            "both parts count as missed there."
        ),
    ),
)

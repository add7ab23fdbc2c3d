"""The two limits of a model's mean probability, set on the frozen stress set by a stated rule."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from Training.scoring.stress import LEAST_MISSED_CM3
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import Models
from VSSegmentationLib.inference.certainty import AtLeast
from VSSegmentationLib.inference.settings import SegmenterSettings

EVERY_FINDING = 0.5
"""A finding's voxels have this probability at least, so nothing is refused at it."""
_STEPS = tuple(round(0.05 * step, 2) for step in range(10, 20))
_SHARE = 0.01
"""Of tumor-free scans that may hold a certain finding, and of tumors that may be lost for the sake of the others."""


class ProbabilityTradeoff(NamedTuple):
    """What a limit of the mean probability would do on the scans scored."""

    limit: float
    false: int
    """Tumor-free scans with a finding from this limit on."""
    free: int
    """Tumor-free scans."""
    lost: int
    """Tumors above `LEAST_MISSED_CM3` that are hit by a finding below this limit."""
    large: int
    """Tumors above `LEAST_MISSED_CM3`."""


def accepting_all(models: Models) -> Models:
    """Return models whose segmenter calls every finding a tumor that is one to the half."""
    settings = models.segmenter.settings_as(SegmenterSettings)
    certainty = replace(settings.certainty, mean_probability=AtLeast(EVERY_FINDING, EVERY_FINDING))
    return replace(models, segmenter=replace(models.segmenter, settings=replace(settings, certainty=certainty)))


def tradeoffs(rows: Sequence[Mapping[str, Any]]) -> tuple[ProbabilityTradeoff, ...]:
    """Return what each limit does, from rows of `score_set` with `accepting_all` models."""
    free = [row for row in rows if row["true_cm3"] == 0]
    large = [row for row in rows if row["true_cm3"] > LEAST_MISSED_CM3]
    return tuple(
        ProbabilityTradeoff(
            limit,
            sum(row.get("mean_probability", 0.0) >= limit for row in free),
            len(free),
            sum(bool(row["hit"]) and row["mean_probability"] < limit for row in large),
            len(large),
        )
        for limit in _STEPS
    )


def limits_by_rule(weighed: Sequence[ProbabilityTradeoff]) -> AtLeast:
    """Return the limits that the rule sets.

    Certain from where at most 1 % of the tumor-free scans hold a finding; accepted from the highest limit that loses at
    most 1 % of the tumors, and never from above the other.

    Raises:
        UsageError: If there are no tumor-free scans or no tumors, or if no limit keeps the tumor-free scans clean.
    """
    if not weighed or not weighed[0].free or not weighed[0].large:
        msg = "limits of a mean probability need scans with a tumor and scans without one; score the whole set"
        raise UsageError(msg)
    certain = next((each.limit for each in weighed if each.false <= _SHARE * each.free), None)
    if certain is None:
        msg = f"more than 1 % of the tumor-free scans hold a finding even from {_STEPS[-1]} on: no limit is set"
        raise UsageError(msg)
    accepted = max(each.limit for each in weighed if each.lost <= _SHARE * each.large)
    return AtLeast(certain, min(accepted, certain))


def tradeoff_table(weighed: Sequence[ProbabilityTradeoff]) -> str:
    """Return the limits with their prices as a Markdown table, and the rule's choice below it."""
    chosen = limits_by_rule(weighed)
    lines = [
        "| mean probability | false tumors | tumors lost by the limit |",
        "|---|---|---|",
        *(f"| {each.limit:.2f} | {each.false} of {each.free} | {each.lost} of {each.large} |" for each in weighed),
    ]
    return "\n".join(
        [*lines, "", f"By the rule: accepted from {chosen.accepted:.2f}, certain from {chosen.certain:.2f}."]
    )

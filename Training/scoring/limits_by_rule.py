"""The limits between certain, uncertain and refused answers, set on the frozen stress set by stated rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any, NamedTuple

from Training.scoring.stress import LEAST_MISSED_CM3
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import Models
from VSSegmentationLib.inference.certainty import AtLeast, AtMost
from VSSegmentationLib.inference.settings import SegmenterSettings

EVERY_FINDING = 0.5
"""A finding's voxels have this probability at least, so nothing is refused at it."""
EVERY_DISTANCE_MM = 25.0
"""Farther from a porus no finding is weighed at all: what lies there is another thing."""
_STEPS = tuple(round(0.05 * step, 2) for step in range(10, 20))
_SHARE = 0.01
"""Of tumor-free scans that may hold a certain finding, and of tumors that may be lost for the sake of the others."""
_PORUS_MARGIN_MM = 2.0
"""What a scan that the set does not know may be off by, beyond all that the set holds."""
WRONG_BOUNDARY_MM = 1.5
"""A boundary farther from the true one than this, on average, is a wrong one."""
_SPREADS_MM = tuple(round(0.05 * step, 2) for step in range(1, 41))
_WRONG_SHARE = 0.05
"""Of the boundaries called certain, so many may be wrong."""
_NO_BOUNDARY = 1e3
_SHOWN_MM = (1, 2, 3, 4, 5, 6, 8, 10, 15, 25)
Rows = Sequence[Mapping[str, Any]]


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


class SpreadTradeoff(NamedTuple):
    """What a limit of the spread between mirror images would do on the scans with two parts."""

    limit: float
    wrong: int
    """Boundaries within the limit that are farther than `WRONG_BOUNDARY_MM` from the true one."""
    within: int
    """Boundaries within the limit."""
    wrong_beyond: int
    beyond: int


def accepting_all(models: Models) -> Models:
    """Return models whose segmenter calls every finding a tumor that is one to the half, also far from a porus."""
    settings = models.segmenter.settings_as(SegmenterSettings)
    certainty = replace(
        settings.certainty,
        mean_probability=AtLeast(EVERY_FINDING, EVERY_FINDING),
        porus_distance_mm=AtMost(EVERY_DISTANCE_MM, EVERY_DISTANCE_MM),
    )
    return replace(models, segmenter=replace(models.segmenter, settings=replace(settings, certainty=certainty)))


def tradeoffs(rows: Rows) -> tuple[ProbabilityTradeoff, ...]:
    """Return what each limit of the probability does, from rows of `score_set` with `accepting_all` models."""
    free, large = [row for row in rows if row["true_cm3"] == 0], _large(rows)
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


def probability_by_rule(weighed: Sequence[ProbabilityTradeoff]) -> AtLeast:
    """Return the limits of the mean probability.

    Certain from where at most 1 % of the tumor-free scans hold a finding; of the limits that lose at most 1 % of the
    tumors, accepted from the lowest one with the fewest false findings, and never from above the other. A higher one
    with as many would only cost tumors that are too small to be counted here.

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
    _fewest, accepted = min((each.false, each.limit) for each in weighed if each.lost <= _SHARE * each.large)
    return AtLeast(certain, min(accepted, certain))


def porus_by_rule(rows: Rows) -> AtMost:
    """Return the limits of the distance to a porus, from rows of `score_set` with `accepting_all` models.

    Certain up to the least whole millimeter within which 99 % of the tumors begin that are found, small ones at the end
    of the canal among them; accepted 2 mm beyond.

    Raises:
        UsageError: If no tumor was found in a scan whose pori are known.
    """
    found = sorted(_begun_mm(rows))
    if not found:
        msg = "limits of the distance to a porus need tumors that are found, and a locator; score the whole set"
        raise UsageError(msg)
    certain = max(1.0, float(ceil(found[len(found) - 1 - int(_SHARE * len(found))])))
    return AtMost(certain, certain + _PORUS_MARGIN_MM)


def spread_tradeoffs(rows: Rows) -> tuple[SpreadTradeoff, ...]:
    """Return what each limit of the spread does, from rows of `score_set`."""
    pairs = [(row["boundary_spread_mm"], row["boundary_mm"] > WRONG_BOUNDARY_MM)
             for row in rows if "boundary_spread_mm" in row and "boundary_mm" in row]  # fmt: skip
    return tuple(
        SpreadTradeoff(
            limit,
            sum(wrong for spread, wrong in pairs if spread <= limit),
            sum(spread <= limit for spread, _ in pairs),
            sum(wrong for spread, wrong in pairs if spread > limit),
            sum(spread > limit for spread, _ in pairs),
        )
        for limit in _SPREADS_MM
    )


def spread_by_rule(weighed: Sequence[SpreadTradeoff]) -> AtMost:
    """Return the limits of the spread between mirror images of a boundary.

    Certain up to the largest limit within which at most 5 % of the boundaries are wrong; accepted from there up to the
    least one beyond which at least half of them are, if there is one.

    Raises:
        UsageError: If there are no boundaries, or if more than 5 % are wrong within every limit.
    """
    certain = [each.limit for each in weighed if each.within and each.wrong <= _WRONG_SHARE * each.within]
    if not certain:
        msg = (
            f"more than {100 * _WRONG_SHARE:.0f} % of the boundaries are over {WRONG_BOUNDARY_MM} mm off within every "
            "limit of the spread, or there are none: no limit is set"
        )
        raise UsageError(msg)
    larger = [each for each in weighed if each.limit >= certain[-1]]
    useless = (each.limit for each in larger if each.beyond and 2 * each.wrong_beyond >= each.beyond)
    return AtMost(certain[-1], next(useless, _NO_BOUNDARY))


def limits_text(rows: Rows) -> str:
    """Return all limits as Markdown tables, with what each would do, and what the rules set or why they set none."""
    weighed = tradeoffs(rows)
    found = _begun_mm(rows)
    false = [row["porus_distance_mm"] for row in rows if row["true_cm3"] == 0 and "porus_distance_mm" in row]
    return "\n".join([
        "| mean probability | false tumors | tumors lost by the limit |",
        "|---|---|---|",
        *(f"| {each.limit:.2f} | {each.false} of {each.free} | {each.lost} of {each.large} |" for each in weighed),
        "",
        _by_rule(lambda: _probability_text(probability_by_rule(weighed))),
        "",
        "| begins within | tumors that are found | findings without a tumor |",
        "|---|---|---|",
        *(f"| {limit} mm | {sum(each <= limit for each in found)} of {len(found)} | "
          f"{sum(each <= limit for each in false)} of {len(false)} |" for limit in _SHOWN_MM),
        "",
        _by_rule(lambda: _porus_text(porus_by_rule(rows))),
        "",
        spread_text(rows),
    ])  # fmt: skip


def spread_text(rows: Rows) -> str:
    """Return what limits of the spread do, and what the rule sets; rows of models with one divider can be joined."""
    spreads = spread_tradeoffs(rows)
    return "\n".join([
        "| spread up to | wrong boundaries within | beyond |",
        "|---|---|---|",
        *(f"| {each.limit:.2f} mm | {each.wrong} of {each.within} | {each.wrong_beyond} of {each.beyond} |"
          for each in spreads[1::2]),
        "",
        _by_rule(lambda: _spread_text(spread_by_rule(spreads))),
    ])  # fmt: skip


def _by_rule(told: Callable[[], str]) -> str:
    try:
        return f"By the rule: {told()}."
    except UsageError as error:
        return f"By the rule: {error}."


def _probability_text(limits: AtLeast) -> str:
    return f"accepted from {limits.accepted:.2f}, certain from {limits.certain:.2f}"


def _porus_text(limits: AtMost) -> str:
    return f"certain up to {limits.certain:g} mm from a porus, accepted up to {limits.accepted:g} mm"


def _spread_text(limits: AtMost) -> str:
    beyond = f"accepted up to {limits.accepted:.2f} mm" if limits.accepted < _NO_BOUNDARY else "never refused"
    return f"certain up to {limits.certain:.2f} mm, {beyond}"


def _begun_mm(rows: Rows) -> list[float]:
    """Return how far from a porus each tumor begins that is found."""
    return [row["porus_distance_mm"] for row in rows if row["true_cm3"] and row["hit"] and "porus_distance_mm" in row]


def _large(rows: Rows) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["true_cm3"] > LEAST_MISSED_CM3]

"""The measure that a report leads with: chosen by a named, versioned rule, with a reason, and locked at a baseline."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.short_repr import short_repr


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The diameter that a report leads with, or why there is none."""

    measurement_id: str | None
    value_mm: float | None
    """None where there is no such diameter, or it is not measurable."""
    policy: str
    policy_version: str
    reason: str
    note: str = ""
    """What a reader has to know when the choice is locked to a baseline and would now be another; else empty."""

    __repr__ = short_repr


class Choice(NamedTuple):
    """What a rule chooses."""

    measurement_id: str | None
    """None where no diameter should lead."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class HeadlineRule:
    """A rule that people choose by its name."""

    name: str
    version: str
    """Goes up whenever the rule would choose otherwise for any tumor."""
    choose: Callable[[Mapping[str, Measurement], bool], Choice]
    """From the measurements by their ids, and whether this is a time point after surgery."""


def headline_by_rules(
    rules: Sequence[HeadlineRule],
    measurements: Iterable[Measurement],
    policy: str,
    *,
    after_surgery: bool = False,
    locked: Headline | None = None,
) -> Headline:
    """Choose the diameter that a report leads with.

    Args:
        rules: All that there are for this kind of tumor.
        measurements: All of one labelmap.
        policy: Name of a rule.
        after_surgery: Whether this is a time point after surgery.
        locked: The headline of the patient's baseline: its measurement and policy are kept, so that a series of values
            never jumps between regions; a baseline without a tumor locks nothing.

    Raises:
        ConfigError: If there is no such policy, or no measurement that `locked` names.
    """
    by_id = {m.id: m for m in measurements}
    rule = _rule(rules, policy if locked is None else locked.policy)
    choice = rule.choose(by_id, after_surgery)
    if locked is None or locked.measurement_id is None:
        return _headline(choice, rule, by_id)
    kept = _headline(Choice(locked.measurement_id, "as at the baseline examination"), rule, by_id)
    return replace(kept, policy_version=locked.policy_version, note=_note(locked, choice, rule, by_id))


def _rule(rules: Sequence[HeadlineRule], name: str) -> HeadlineRule:
    for rule in rules:
        if rule.name == name:
            return rule
    msg = f"a headline policy must be one of {', '.join(rule.name for rule in rules)}, got {name!r}"
    raise ConfigError(msg)


def _headline(choice: Choice, rule: HeadlineRule, by_id: Mapping[str, Measurement]) -> Headline:
    value, reason = None, choice.reason
    if choice.measurement_id is not None:
        chosen = by_id.get(choice.measurement_id)
        if chosen is None:
            msg = f"the headline is locked to {choice.measurement_id!r}, which is not measured; choose a baseline anew"
            raise ConfigError(msg)
        value = chosen.value
        if chosen.reason is not None:
            reason = f"{reason}; not measurable: {chosen.reason}"
    return Headline(
        measurement_id=choice.measurement_id,
        value_mm=value,
        policy=rule.name,
        policy_version=rule.version,
        reason=reason,
    )


def _note(locked: Headline, choice: Choice, rule: HeadlineRule, by_id: Mapping[str, Measurement]) -> str:
    notes = []
    if choice.measurement_id != locked.measurement_id:
        now = "no diameter" if choice.measurement_id is None else by_id[choice.measurement_id].name
        notes.append(f"The policy {rule.name} would now choose: {now} ({choice.reason}).")
    if locked.policy_version != rule.version:
        notes.append(f"The baseline was chosen by version {locked.policy_version} of this policy, now {rule.version}.")
    return " ".join(notes)

"""Which diameter a report leads with: a named, versioned rule, its reason in words, and the lock at a baseline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.measurement import reasons
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.short_repr import short_repr

MIN_REACH_MM = 2.0
"""KCL 2023: the extrameatal part leads only if it reaches so far from the porus."""
MIN_VOXELS = 10
"""KCL 2023: no diameter is given for a smaller tumor."""

_SAME_MM = 1e-3
"""Chords this close are equal: their last digits depend on how the scan is stored, and the choice must not."""

_WHOLE, _EXTRAMEATAL = "whole_max_axial", "em_max_axial"


class HeadlinePolicy(StrEnum):
    """The rules there are."""

    KANZAKI = "Kanzaki"
    """The extrameatal diameter wherever there is an extrameatal part (Kanzaki et al. 2003)."""
    KCL_2023 = "KCL 2023"
    """As the report generator of King's College London chooses (medRxiv 2023.11.17.23298685)."""

    @property
    def version(self) -> str:
        """Goes up whenever the rule would choose otherwise for any tumor."""
        return "1"


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


class _Choice(NamedTuple):
    measurement_id: str | None
    reason: str


def choose_headline(
    measurements: Iterable[Measurement],
    policy: str = HeadlinePolicy.KCL_2023,
    *,
    after_surgery: bool = False,
    locked: Headline | None = None,
) -> Headline:
    """Choose the diameter that a report leads with.

    Args:
        measurements: As `measure` returns them.
        policy: A value of `HeadlinePolicy`.
        after_surgery: Whether this is a time point after surgery; "KCL 2023" then takes the whole tumor.
        locked: The headline of the patient's baseline: its measurement and policy are kept, so that a series of values
            never jumps between regions; a baseline without a tumor locks nothing.

    Raises:
        ConfigError: If there is no such policy, or no measurement that `locked` names.
    """
    by_id = {m.id: m for m in measurements}
    rule = _policy(policy if locked is None else locked.policy)
    choice = _kanzaki(by_id) if rule is HeadlinePolicy.KANZAKI else _kcl_2023(by_id, after_surgery=after_surgery)
    if locked is None or locked.measurement_id is None:
        return _headline(choice, rule, by_id)
    kept = _headline(_Choice(locked.measurement_id, "as at the baseline examination"), rule, by_id)
    return replace(kept, policy_version=locked.policy_version, note=_note(locked, choice, rule, by_id))


def _policy(name: str) -> HeadlinePolicy:
    if name not in set(HeadlinePolicy):
        msg = f"a headline policy must be one of {', '.join(HeadlinePolicy)}, got {name!r}"
        raise ConfigError(msg)
    return HeadlinePolicy(name)


def _headline(choice: _Choice, rule: HeadlinePolicy, by_id: Mapping[str, Measurement]) -> Headline:
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
        policy=str(rule),
        policy_version=rule.version,
        reason=reason,
    )


def _note(locked: Headline, choice: _Choice, rule: HeadlinePolicy, by_id: Mapping[str, Measurement]) -> str:
    notes = []
    if choice.measurement_id != locked.measurement_id:
        now = "no diameter" if choice.measurement_id is None else by_id[choice.measurement_id].name
        notes.append(f"The policy {rule} would now choose: {now} ({choice.reason}).")
    if locked.policy_version != rule.version:
        notes.append(f"The baseline was chosen by version {locked.policy_version} of this policy, now {rule.version}.")
    return " ".join(notes)


def _kanzaki(by_id: Mapping[str, Measurement]) -> _Choice:
    simple = _one_sided(by_id)
    return simple or _Choice(_EXTRAMEATAL, "extrameatal, because the tumor has a part outside the canal")


def _kcl_2023(by_id: Mapping[str, Measurement], *, after_surgery: bool) -> _Choice:
    total = by_id["vol_total"]
    if total.value and total.extra["voxel_count"] < MIN_VOXELS:
        return _Choice(None, f"the tumor has fewer than {MIN_VOXELS} voxels")
    simple = _one_sided(by_id)
    if simple is not None:
        return simple
    if after_surgery:
        return _Choice(_WHOLE, "whole tumor, because this is a time point after surgery")
    return _wider_part(*(by_id[name] for name in ("para_EM", "para_IM", "perp_EM")))


def _wider_part(width_em: Measurement, width_im: Measurement, reach: Measurement) -> _Choice:
    if width_em.value is None or width_im.value is None or reach.value is None:
        why = width_em.reason or width_im.reason or reach.reason
        return _Choice(_WHOLE, f"whole tumor, because the two parts could not be compared: {why}")
    if reach.value < MIN_REACH_MM - _SAME_MM:
        return _Choice(
            _WHOLE,
            f"whole tumor, because the part outside the canal reaches only {reach.value:.1f} mm from the porus "
            f"(limit {MIN_REACH_MM:g} mm)",
        )
    if width_im.value > width_em.value + _SAME_MM:
        return _Choice(
            _WHOLE,
            f"whole tumor, because the part in the canal ({width_im.value:.1f} mm) is wider than the part outside it "
            f"({width_em.value:.1f} mm)",
        )
    wider = "as wide as" if width_im.value > width_em.value - _SAME_MM else "wider than"
    return _Choice(
        _EXTRAMEATAL,
        f"extrameatal, because the part outside the canal reaches {reach.value:.1f} mm from the porus and is {wider} "
        "the canal part",
    )


def _one_sided(by_id: Mapping[str, Measurement]) -> _Choice | None:
    """Return the choice where both rules agree, since there are no two parts to choose from."""
    total, extrameatal, intrameatal = (by_id[name] for name in ("vol_total", "vol_em", "vol_im"))
    if not total.value:
        return _Choice(None, reasons.NO_TUMOR)
    if extrameatal.value is None or intrameatal.value is None:
        return _Choice(_WHOLE, f"whole tumor, because {extrameatal.reason}")
    if extrameatal.value == 0:
        return _Choice(_WHOLE, f"whole tumor, because {reasons.NO_EXTRAMEATAL}")
    if intrameatal.value == 0:
        return _Choice(_EXTRAMEATAL, f"extrameatal, because {reasons.NO_INTRAMEATAL}")
    return None

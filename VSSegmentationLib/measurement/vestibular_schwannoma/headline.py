"""Which diameter of a vestibular schwannoma a report leads with: two rules from the literature."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from VSSegmentationLib.measurement.headline import Choice, Headline, HeadlineRule, headline_by_rules
from VSSegmentationLib.measurement.reasons import NO_TUMOR
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons

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
    return headline_by_rules(_RULES, measurements, policy, after_surgery=after_surgery, locked=locked)


def _kanzaki(by_id: Mapping[str, Measurement], _after_surgery: bool) -> Choice:
    simple = _one_sided(by_id)
    return simple or Choice(_EXTRAMEATAL, "extrameatal, because the tumor has a part outside the canal")


def _kcl_2023(by_id: Mapping[str, Measurement], after_surgery: bool) -> Choice:
    total = by_id["vol_total"]
    if total.value and total.extra["voxel_count"] < MIN_VOXELS:
        return Choice(None, f"the tumor has fewer than {MIN_VOXELS} voxels")
    simple = _one_sided(by_id)
    if simple is not None:
        return simple
    if after_surgery:
        return Choice(_WHOLE, "whole tumor, because this is a time point after surgery")
    return _wider_part(*(by_id[name] for name in ("para_EM", "para_IM", "perp_EM")))


def _wider_part(width_em: Measurement, width_im: Measurement, reach: Measurement) -> Choice:
    if width_em.value is None or width_im.value is None or reach.value is None:
        why = width_em.reason or width_im.reason or reach.reason
        return Choice(_WHOLE, f"whole tumor, because the two parts could not be compared: {why}")
    if reach.value < MIN_REACH_MM - _SAME_MM:
        return Choice(
            _WHOLE,
            f"whole tumor, because the part outside the canal reaches only {reach.value:.1f} mm from the porus "
            f"(limit {MIN_REACH_MM:g} mm)",
        )
    if width_im.value > width_em.value + _SAME_MM:
        return Choice(
            _WHOLE,
            f"whole tumor, because the part in the canal ({width_im.value:.1f} mm) is wider than the part outside it "
            f"({width_em.value:.1f} mm)",
        )
    wider = "as wide as" if width_im.value > width_em.value - _SAME_MM else "wider than"
    return Choice(
        _EXTRAMEATAL,
        f"extrameatal, because the part outside the canal reaches {reach.value:.1f} mm from the porus and is {wider} "
        "the canal part",
    )


def _one_sided(by_id: Mapping[str, Measurement]) -> Choice | None:
    """Return the choice where both rules agree, since there are no two parts to choose from."""
    total, extrameatal, intrameatal = (by_id[name] for name in ("vol_total", "vol_em", "vol_im"))
    if not total.value:
        return Choice(None, NO_TUMOR)
    if extrameatal.value is None:
        return Choice(_WHOLE, f"whole tumor, because {extrameatal.reason}")
    if extrameatal.value == 0:
        return Choice(_WHOLE, f"whole tumor, because {reasons.NO_EXTRAMEATAL}")
    if intrameatal.value == 0:
        return Choice(_EXTRAMEATAL, f"extrameatal, because {reasons.NO_INTRAMEATAL}")
    return None


_RULES = (
    HeadlineRule(name=str(HeadlinePolicy.KANZAKI), version="1", choose=_kanzaki),
    HeadlineRule(name=str(HeadlinePolicy.KCL_2023), version="1", choose=_kcl_2023),
)

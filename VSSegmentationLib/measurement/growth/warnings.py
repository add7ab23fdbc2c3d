"""Why examinations cannot simply be compared: each reason a code and a full sentence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from VSSegmentationLib.measurement.growth.examination import Examination, Treatment, TreatmentKind, angle_between_deg

MAX_TILT_DIFFERENCE_DEG = 5.0
_SAME_THICKNESS_MM = 0.1


@dataclass(frozen=True)
class ComparisonWarning:
    """Something that a reader of the changes has to know."""

    code: str
    text: str


def comparison_warnings(
    examinations: Sequence[Examination], treatments: Sequence[Treatment]
) -> tuple[ComparisonWarning, ...]:
    """Return what speaks against comparing these examinations, in the order of time and with days from the baseline."""
    found = (
        _unreliable(examinations),
        _case(examinations),
        _tilt(examinations),
        _differing(
            "sequence", "sequences", examinations, lambda e: e.facts.sequence, "contrast alone can move the outline"
        ),
        _thickness(examinations),
        _differing(
            "side",
            "sides",
            examinations,
            lambda e: e.facts.side,
            "these may be two tumors, or a scan that was mirrored",
        ),
        _policy(examinations),
        *_headline_notes(examinations),
        _differing(
            "segmentation",
            "ways in which the tumor was segmented",
            examinations,
            lambda e: e.facts.segmented_by,
            "a part of the change may come from that",
        ),
        _same_scan(examinations),
        _surgery(examinations, treatments),
    )
    return tuple(warning for warning in found if warning is not None)


def _unreliable(examinations: Sequence[Examination]) -> ComparisonWarning | None:
    doubted = [str(i) for i, each in enumerate(examinations, 1) if not each.reliable]
    if not doubted:
        return None
    which = f"examination {doubted[0]}" if len(doubted) == 1 else f"examinations {' and '.join(doubted)}"
    return ComparisonWarning(
        "unreliable", f"The result of {which} cannot be relied on, and so can no change from or to it."
    )


def _case(examinations: Sequence[Examination]) -> ComparisonWarning | None:
    return _differing(
        "case",
        "case names",
        examinations,
        lambda e: e.case or None,
        "these may be two patients, and were compared because someone asked for it",
    )


def _tilt(examinations: Sequence[Examination]) -> ComparisonWarning | None:
    followed = [e.facts.normal_in_baseline_ras for e in examinations if e.facts.normal_in_baseline_ras is not None]
    is_followed = len(followed) == len(examinations)
    normals = followed if is_followed else [e.facts.slice_normal_ras for e in examinations]
    pairs = []
    for (i, first), (j, second) in combinations(enumerate(normals, 1), 2):
        angle = angle_between_deg(first, second)
        if angle > MAX_TILT_DIFFERENCE_DEG:
            pairs.append(f"{i} and {j} by {angle:.1f} degrees")
    if not pairs:
        return None
    seen = "seen from the head, after registration" if is_followed else "seen from the scanner, however the head lay"
    return ComparisonWarning(
        "tilt",
        f"The slices are tilted against each other by more than {MAX_TILT_DIFFERENCE_DEG:.0f} degrees "
        f"(examinations {', '.join(pairs)}; {seen}): axial lengths may differ by that alone. A tilt of 20 degrees "
        "moves the largest axial diameter of a 20 mm tumor by about 2 mm. Volumes and 3D diameters do not depend on "
        "the tilt.",
    )


def _thickness(examinations: Sequence[Examination]) -> ComparisonWarning | None:
    known = [e.facts.slice_thickness_mm for e in examinations if e.facts.slice_thickness_mm is not None]
    if len(known) < 2 or max(known) - min(known) <= _SAME_THICKNESS_MM:
        return None
    values = _listed(examinations, lambda e: _mm(e.facts.slice_thickness_mm))
    return ComparisonWarning(
        "slice_thickness",
        f"The slice thicknesses differ ({values}): thicker slices blur the outline and may miss a part of the tumor.",
    )


def _mm(length: float | None) -> str | None:
    return None if length is None else f"{length:.2g} mm"


def _differing(
    code: str,
    what: str,
    examinations: Sequence[Examination],
    fact: Callable[[Examination], str | None],
    consequence: str,
) -> ComparisonWarning | None:
    if len({fact(e) for e in examinations} - {None}) < 2:
        return None
    return ComparisonWarning(code, f"The {what} differ ({_listed(examinations, fact)}): {consequence}.")


def _listed(examinations: Sequence[Examination], fact: Callable[[Examination], str | None]) -> str:
    return ", ".join(f"examination {i}: {fact(e) or 'not known'}" for i, e in enumerate(examinations, 1))


def _policy(examinations: Sequence[Examination]) -> ComparisonWarning | None:
    def rule(examination: Examination) -> str:
        return f"{examination.headline.policy} version {examination.headline.policy_version}"

    return _differing(
        "policy", "headline policies", examinations, rule, "the headline diameters may not be the same measure"
    )


def _headline_notes(examinations: Sequence[Examination]) -> list[ComparisonWarning]:
    return [
        ComparisonWarning("headline", f"Examination {i}: {examination.headline.note}")
        for i, examination in enumerate(examinations, 1)
        if examination.headline.note
    ]


def _same_scan(examinations: Sequence[Examination]) -> ComparisonWarning | None:
    for (i, first), (j, second) in combinations(enumerate(examinations, 1), 2):
        if first.facts.voxels_sha256 is not None and first.facts.voxels_sha256 == second.facts.voxels_sha256:
            text = (
                f"Examinations {i} and {j} are the same scan: a change between them comes from the segmentation alone."
            )
            return ComparisonWarning("same_scan", text)
    return None


def _surgery(examinations: Sequence[Examination], treatments: Sequence[Treatment]) -> ComparisonWarning | None:
    first, last = examinations[0].days, examinations[-1].days
    days = sorted(t.days for t in treatments if t.kind is TreatmentKind.SURGERY and first <= t.days <= last)
    if not days:
        return None
    when = ", ".join(f"day {day}" for day in days)
    return ComparisonWarning(
        "surgery", f"Surgery lies between the examinations ({when}): changes across it hold what was removed."
    )

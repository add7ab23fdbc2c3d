"""One row for each case of a study, as tables and page show it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from VSSegmentationLib.batch.cases import Found
from VSSegmentationLib.batch.journal import Journal, Outcome
from VSSegmentationLib.batch.planning import CORRECTED, Plan, Planned
from VSSegmentationLib.formats import OutputFormat

WAITING = "waiting"


@dataclass(frozen=True, kw_only=True)
class StudyRow:
    """What is known of one case."""

    case: str
    patient: str = ""
    day: int | None = None
    status: str = WAITING
    """`waiting`, `done`, `refused` or `set aside`."""
    reason: str = ""
    exit_code: int = 0
    tries: int = 0
    side: str = ""
    stated_side: str = ""
    """What the manifest says."""
    findings: str = ""
    volume_cm3: float | None = None
    volume_limit_percent: float | None = None
    headline: str = ""
    headline_value: float | None = None
    headline_unit: str = ""
    change_percent: float | None = None
    """Of the volume since the examination before; of a patient's last examination only, and never of two tumors."""
    change_wording: str = ""
    comparison_warnings: tuple[str, ...] = ()
    """What speaks against comparing the examinations of the patient, at the last of them."""
    warnings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    modality: str = ""
    model: str = ""
    seconds: float = 0.0
    corrected: bool = False
    """Whether a person has corrected the mask since it was made."""
    has_thumbnail: bool = False
    has_scene: bool = False
    values: Mapping[str, float | None] = field(default_factory=dict)


def study_rows(plan: Plan, found: Found, journal: Journal) -> tuple[StudyRow, ...]:
    """Return a row for each case and each named input that was refused, by name."""
    last = _last_of_patients(plan, journal)
    rows = [_row(planned, journal, is_last=last.get(planned.case.patient) == planned.case.name) for planned in plan.all]
    rows += [
        StudyRow(case=each.name or f"input {number}", status="refused", reason=each.reason, exit_code=3)
        for number, each in enumerate(found.refused, 1)
    ]
    return tuple(sorted(rows, key=lambda row: row.case))


def _last_of_patients(plan: Plan, journal: Journal) -> dict[str, str]:
    own = [
        each
        for each in plan.all
        if each.day is not None and (o := journal.cases.get(each.case.name)) is not None and o.status == "done"
    ]
    own.sort(key=lambda each: (each.day, each.case.name))
    return {each.case.patient: each.case.name for each in own}


def _row(planned: Planned, journal: Journal, *, is_last: bool) -> StudyRow:
    case, outcome = planned.case, journal.cases.get(planned.case.name)
    if outcome is None:
        return StudyRow(case=case.name, patient=case.patient, day=planned.day, stated_side=case.side or "")
    told = outcome.result
    values = told.get("values", {})
    compared = journal.comparisons.get(case.patient) if is_last else None
    comparison = {} if compared is None else compared.result
    change = comparison if comparison.get("is_one_tumor") else {}
    return StudyRow(
        case=case.name,
        patient=case.patient,
        day=planned.day,
        status=outcome.status,
        reason=outcome.reason,
        exit_code=outcome.exit_code,
        tries=outcome.tries,
        side=told.get("side") or "",
        stated_side=case.side or "",
        findings=told.get("findings", ""),
        volume_cm3=values.get(told.get("volume")),
        volume_limit_percent=told.get("limits_percent", {}).get(told.get("volume")),
        headline=told.get("headline_name", ""),
        headline_value=values.get(told.get("headline")),
        headline_unit=told.get("headline_unit", ""),
        change_percent=change.get("percent_since_previous"),
        change_wording=change.get("wording", ""),
        comparison_warnings=tuple(comparison.get("warnings", ())),
        warnings=tuple(told.get("warnings", ())),
        doubts=tuple(told.get("doubts", ())),
        modality=told.get("modality", ""),
        model=told.get("model") or "",
        seconds=outcome.seconds,
        corrected=bool(told.get(CORRECTED)),
        has_thumbnail=bool(told.get("has_thumbnail")),
        has_scene=OutputFormat.MRB in told.get("formats", ()),
        values=values,
    )


def growth_of(journal: Journal) -> Iterator[tuple[str, Outcome]]:
    """Yield each patient whose examinations were compared, with what came of it."""
    for patient, outcome in sorted(journal.comparisons.items()):
        if outcome.status == "done":
            yield patient, outcome

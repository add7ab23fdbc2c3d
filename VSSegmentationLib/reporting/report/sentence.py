"""One line of plain clinical English, for a letter or a patient record."""

from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.growth import Reference
from VSSegmentationLib.reporting.report.no_tumor import (
    NO_EVIDENCE,
    sides_not_judged,
    uncertain,
    uncertain_sentence,
)
from VSSegmentationLib.reporting.report.reliability import no_sentence
from VSSegmentationLib.reporting.report.report import Comparison, MeasurementRecord, Report
from VSSegmentationLib.reporting.report.words import SIDE_NOT_DETERMINED, UNCERTAIN, number_with_unit
from VSSegmentationLib.tasks import Task, task_named

_WHOLE = "whole tumor"
_DRAFT = "DRAFT, not checked by a person."


def clinical_sentence(report: Report) -> str:
    """Return side, headline diameter, volumes and change since the previous examination; what is shown, no advice.

    Example: `Left VS, extrameatal 14.8 mm (axial), volume 1.650 cm³ (EM 1.380, IM 0.270); 365 days before: 12.9 mm,
    1.340 cm³ (+23 %).`, followed by the research-use notice and, for a draft, by that word. Of a result that cannot be
    relied on it says that, and nothing else.
    """
    if not report.is_reliable:
        return f"{no_sentence(report.doubts)} {report.notice}"
    task = task_named(report.task)
    total = report.measurement(task.whole_volume)
    if total is None or not total.value:
        finding = " ".join([f"No {task.name} is marked.", *_no_proof(report)])
    else:
        short = task.short_name
        side = f"{report.side.capitalize()} {short}" if report.side else f"{short}, {SIDE_NOT_DETERMINED}"
        parts = [side, _diameter(report, task), _volume(report, task, total.value)]
        finding = f"{_doubtful(report)}{', '.join(part for part in parts if part)}{_previous(report, task)}."
    return " ".join((finding, *((_DRAFT,) if report.is_draft else ()), report.notice))


def _no_proof(report: Report) -> list[str]:
    """Return what a model's finding of no tumor has to be read with; a person's empty labelmap needs none of it."""
    if report.model is None:
        return []
    return [*_not_judged(report), *map(uncertain_sentence, uncertain(report.candidates)), NO_EVIDENCE]


def _not_judged(report: Report) -> list[str]:
    """Return what of the ears was not looked at; no ear is named where the findings name none."""
    sides = sides_not_judged(report.provenance.get("run") or {})
    if len(sides) != 1:
        return ["Neither ear was judged."] if sides else []
    named = f"The {sides[0]} ear"
    return [f"{named if named.lower() in report.findings else 'One ear'} was not judged."]


def _doubtful(report: Report) -> str:
    """Return that the tumor is uncertain and why, until a person has checked the mask."""
    is_checked = report.review is not None and report.review.mask_checked
    _, is_uncertain, why = report.findings.partition(UNCERTAIN)
    return f"Uncertain whether a tumor ({why.removesuffix('.')}): " if is_uncertain and not is_checked else ""


def _diameter(report: Report, task: Task) -> str:
    headline = report.measurement(report.headline.measurement_id)
    if headline is None or headline.value is None:
        return "no diameter measurable"
    region = _WHOLE if headline.region == WHOLE else headline.region
    return f"{region} {_length(headline)} ({task.headline_note})"


def _length(measurement: MeasurementRecord) -> str:
    computed = number_with_unit(measurement.value or 0.0, measurement.unit)
    override = measurement.manual_override
    if override is None:
        return computed
    return f"{number_with_unit(override.value, measurement.unit)} (manual; automatic {computed})"


def _volume(report: Report, task: Task, total_cm3: float) -> str:
    values = {short: report.measurement(name) for name, short in task.volume_abbreviations.items()}
    told = [f"{short} {m.value:.3f}" for short, m in values.items() if m is not None and m.value is not None]
    parts = ", ".join(told) if len(told) == len(values) else "not divided"
    return f"volume {number_with_unit(total_cm3, 'cm3')} ({parts})"


def _previous(report: Report, task: Task) -> str:
    length = change_since_previous(report, report.headline.measurement_id)
    volume = change_since_previous(report, task.whole_volume)
    if volume is None:
        return ""
    told = [text for text in (_earlier(report, length), _earlier(report, volume)) if text]
    if not told:
        return ""
    percent = volume.change.percent
    change = f" ({percent.value:+.0f} %)" if percent.value is not None else f" (change {percent.reason})"
    wording = "" if volume.change.wording == "change" else f"; {volume.change.wording}"
    return f"; {volume.change.days} days before: {', '.join(told)}{change}{wording}"


def change_since_previous(report: Report, measurement_id: str | None) -> Comparison | None:
    """Return how a measure differs from the previous examination; None where none was given."""
    return next(
        (
            each
            for each in report.comparisons
            if each.measurement_id == measurement_id and each.change.reference is Reference.PREVIOUS
        ),
        None,
    )


def _earlier(report: Report, comparison: Comparison | None) -> str:
    """Return the earlier value, which is the present one less the change."""
    if comparison is None or comparison.change.delta.value is None:
        return ""
    now = report.measurement(comparison.measurement_id)
    if now is None or now.value is None:
        return ""
    return number_with_unit(now.value - comparison.change.delta.value, now.unit)

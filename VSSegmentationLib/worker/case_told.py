"""What is told of a case that was written, by whoever wrote it."""

from collections.abc import Iterable

from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.reporting import ReportContent, make_report
from VSSegmentationLib.reporting.report.report import MeasurementRecord
from VSSegmentationLib.worker.case_jobs import CaseResult


def case_result(
    content: ReportContent, formats: Iterable[OutputFormat], *, has_thumbnail: bool, seconds: float, warm: bool
) -> CaseResult:
    """Return what a study keeps of a case.

    Args:
        content: What its files were written from.
        formats: Which were written.
        has_thumbnail: Whether there is a picture of it.
        seconds: That it took.
        warm: Whether the models were loaded before.
    """
    report = make_report(content)
    leading = report.measurement(report.headline.measurement_id)
    return CaseResult(
        formats=tuple(formats),
        task=report.task,
        findings=report.findings,
        side=report.side,
        side_reason=report.side_reason,
        headline=report.headline.measurement_id,
        headline_name="" if leading is None else leading.name,
        headline_unit="" if leading is None else leading.unit,
        values={m.id: m.value for m in report.measurements},
        limits_percent={m.id: _limit_percent(m) for m in report.measurements},
        volume=content.task.whole_volume,
        warnings=report.warnings,
        doubts=report.doubts,
        modality=report.source.modality or "",
        model=None if report.model is None else f"{report.model.name} {report.model.version}",
        has_thumbnail=has_thumbnail,
        seconds=seconds,
        warm=warm,
    )


def _limit_percent(record: MeasurementRecord) -> float | None:
    limit = None if record.uncertainty is None else record.uncertainty.value
    if limit is None or record.uncertainty is None or record.uncertainty.unit == "%":
        return limit
    return 100 * limit / record.value if record.value else None

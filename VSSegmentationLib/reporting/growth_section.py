"""Change against earlier examinations, on the page."""

from VSSegmentationLib.measurement.growth import Figure, Growth, LimitCheck
from VSSegmentationLib.reporting.report import Comparison, Report
from VSSegmentationLib.reporting.tables_section import table
from VSSegmentationLib.reporting.template import NOTHING, Html, fill
from VSSegmentationLib.reporting.words import number_with_unit

_SHOWN = ("vol_total", "vol_em", "vol_im")
_HEADS = ("Measure", "Since", "Days", "Change", "Change, %", "Per year", "Reaches the limit")


def growth_section(report: Report, growth: Growth | None) -> Html:
    """Return the changes of headline diameter and volumes; nothing where no earlier examination was given."""
    if growth is None:
        return NOTHING
    wanted = (report.headline.measurement_id, *_SHOWN)
    rows = [_row(report, each) for each in report.comparisons if each.measurement_id in wanted]
    return fill("<section><h2>Change since earlier examinations</h2>${t}</section>\n", t=table("changes", _HEADS, rows))


def _row(report: Report, comparison: Comparison) -> tuple[object, ...]:
    change = comparison.change
    now = report.measurement(comparison.measurement_id)
    return (
        now.name if now else comparison.measurement_id,
        change.reference,
        change.days,
        _figure(change.delta),
        _figure(change.percent),
        _figure(change.per_year),
        "; ".join(filter(None, (_limit(change.mm_limit), _limit(change.percent_limit)))),
    )


def _figure(figure: Figure) -> str:
    return figure.reason or "" if figure.value is None else number_with_unit(figure.value, figure.unit, signed=True)


def _limit(check: LimitCheck) -> str:
    if check.direction is None or check.limit is None:
        return ""
    return f"{check.limit:g} {check.unit}: {check.direction}"

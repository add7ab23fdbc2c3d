"""The report as one HTML file that needs nothing else and prints well."""

from collections.abc import Callable
from pathlib import Path

from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined, shipped, trusted
from VSSegmentationLib.reporting.page.candidates_section import candidates_table
from VSSegmentationLib.reporting.page.growth_section import growth_section
from VSSegmentationLib.reporting.page.header import page_header
from VSSegmentationLib.reporting.page.no_tumor_section import no_tumor_section
from VSSegmentationLib.reporting.page.pictures_section import lead, tiles
from VSSegmentationLib.reporting.page.provenance_section import provenance_table
from VSSegmentationLib.reporting.page.tables_section import (
    edits_table,
    measurements_table,
    user_fields_table,
)
from VSSegmentationLib.reporting.pictures.canals import draw_canals
from VSSegmentationLib.reporting.pictures.key_image import Pictures, draw_pictures
from VSSegmentationLib.reporting.report.building import make_report
from VSSegmentationLib.reporting.report.content import ReportContent
from VSSegmentationLib.reporting.report.report import Report
from VSSegmentationLib.tasks import ReportSection

_WATERMARK = trusted('<div class="watermark" aria-hidden="true">DRAFT</div>')
_DRAFT, _REVIEWED = "DRAFT, not checked by a person.", "REVIEWED."


def write_report_html(path: Path, content: ReportContent) -> None:
    """Write the report; nothing in it is loaded from elsewhere.

    Raises:
        VSSegmentationError: If a value is NaN or infinite.
    """
    path.write_text(report_html(content), encoding="utf-8")


def report_html(content: ReportContent, *, margin_boxes: bool = False) -> str:
    """Return the report as an HTML document; everything that comes from outside is escaped.

    Args:
        content: What to report.
        margin_boxes: For a printer that knows the margin boxes of CSS paged media: notice, state and page number then
            stand in the margin of every page. Otherwise they are a fixed footer, which browsers repeat.
    """
    report = make_report(content)
    return fill(
        shipped("report.html"),
        title=f"{content.task.title} report",
        style=trusted(shipped("report.css")),
        medium="paged" if margin_boxes else "browser",
        state=_DRAFT if report.is_draft else _REVIEWED,
        notice=report.notice,
        watermark=_WATERMARK if report.is_draft else NOTHING,
        body=_body(report, draw_pictures(content), content),
    )


def _lead(report: Report, pictures: Pictures | None, content: ReportContent) -> Html:
    if pictures is None:
        return no_tumor_section(report, draw_canals(content))
    in_words = content.task.extent_in_words
    extent = "" if in_words is None else in_words({each.id: each for each in content.measurements})
    return lead(report, pictures, content.task, extent)


def _body(report: Report, pictures: Pictures | None, content: ReportContent) -> Html:
    task = content.task
    sections: dict[ReportSection, Callable[[], Html]] = {
        "header": lambda: page_header(report, task),
        "lead": lambda: _lead(report, pictures, content),
        "tiles": lambda: tiles(pictures),
        "growth": lambda: growth_section(report, content.growth, task, content.shown),
        "user_fields": lambda: user_fields_table(report),
        "measurements": lambda: measurements_table(report, task),
        "edits": lambda: edits_table(report, task),
        "candidates": lambda: candidates_table(report),
        "provenance": lambda: provenance_table(report, content.remarks),
    }
    return joined(sections[name]() for name in task.report_sections)

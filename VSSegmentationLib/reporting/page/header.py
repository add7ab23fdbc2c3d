"""The head of the page: what examination this is, whether a person checked it, what was found, what to beware of."""

from VSSegmentationLib.imageio import Modality
from VSSegmentationLib.imageio.dicom.identifiers import Identifiers
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined
from VSSegmentationLib.reporting.report.learning import learning_lines
from VSSegmentationLib.reporting.report.report import Report, Source
from VSSegmentationLib.reporting.report.words import shown
from VSSegmentationLib.tasks import Task

_IDENTIFIERS = {
    "patient_name": "Patient",
    "patient_id": "Patient ID",
    "birth_date": "Born",
    "study_date": "Study date",
    "institution": "Institution",
    "study_uid": "Study UID",
    "series_uid": "Series UID",
}


def page_header(report: Report, task: Task) -> Html:
    """Return header, findings and warnings."""
    return fill(
        """<header>
<p class="status${kind}">${state}</p>
<h1>${title} report</h1>
${facts}${identifiers}<p class="checked facts">${checked}</p>
${learned}<p class="notice">${notice}</p>
</header>
<p class="findings">${side}${findings}</p>
${warnings}""",
        title=task.title,
        kind=" draft" if report.is_draft else "",
        state="DRAFT" if report.is_draft else "REVIEWED",
        facts=joined(fill('<p class="facts">${line}</p>\n', line=line) for line in _facts(report)),
        identifiers=_identifiers(report.identifiers),
        checked=_checked(report, task),
        learned=joined(fill('<p class="facts">${line}</p>\n', line=line) for line in learning_lines(report.learned)),
        notice=report.notice,
        side=_side(report, task),
        findings=report.findings,
        warnings=_warnings(report.warnings),
    )


def _side(report: Report, task: Task) -> str:
    """Return the side, where there is a tumor and the findings do not name it."""
    total = report.measurement(task.whole_volume)
    if total is None or not total.value:
        return ""
    if report.side is None:
        return "Side not determined. "
    return "" if f" {report.side} " in report.findings else f"{report.side.capitalize()} side. "


def _facts(report: Report) -> list[str]:
    source = report.source
    spacing = " × ".join(f"{mm:.2f}" for mm in reversed(source.spacing_dhw_mm))
    case = [f"Case {report.case}"] if report.case else []
    if report.days_from_baseline is not None:
        case.append(f"day {report.days_from_baseline} from baseline")
    scan = [_scan(source), f"voxels {spacing} mm"]
    if source.slice_thickness_mm is not None:
        scan.append(f"slice thickness {source.slice_thickness_mm:.2f} mm")
    scan.append(f"slices tilted by {source.tilt_deg:.0f}° from axial")
    lines = ["; ".join(words) for words in (case, scan) if words]
    return [f"{line[0].upper()}{line[1:]}." for line in lines]


def _scan(source: Source) -> str:
    if source.modality is None:
        return "labelmap without its scan" if source.voxels_sha256 is None else "scan of unknown weighting"
    return "scan of unknown weighting" if source.modality == Modality.UNKNOWN else f"scan: {source.modality}"


def _checked(report: Report, task: Task) -> str:
    what = "mask and line" if task.boundary is None else "mask, boundary and line"
    made = f"{report.software.name} {report.software.version}, {report.created_at_utc:%Y-%m-%d %H:%M} UTC"
    if report.is_draft:
        since = " since the last edit" if report.review and report.review.is_complete else ""
        return f"Made by {made}; {what} were not yet all checked by a person{since}."
    by = f" by {report.review.reader}" if report.review and report.review.reader else " by a person"
    return f"Made by {made}; {what} were checked{by}."


def _identifiers(identifiers: Identifiers | None) -> Html:
    if identifiers is None:
        return NOTHING
    told = [
        f"{label}: {getattr(identifiers, name)}" for name, label in _IDENTIFIERS.items() if getattr(identifiers, name)
    ]
    return fill('<p class="facts identifiers">${told}</p>\n', told="; ".join(told))


def _warnings(warnings: tuple[str, ...]) -> Html:
    if not warnings:
        return NOTHING
    items = joined(fill("<li>${sentence}</li>", sentence=shown(sentence)) for sentence in warnings)
    return fill('<section class="warnings"><h2>Warnings</h2><ul>${items}</ul></section>\n', items=items)

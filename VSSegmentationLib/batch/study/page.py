"""`study.html`: all cases of a cohort on one page, which needs nothing but its own folder."""

import base64
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from VSSegmentationLib import __version__
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.batch.journal import Journal
from VSSegmentationLib.batch.planning import CASES, PATIENTS, THUMBNAILS
from VSSegmentationLib.batch.study.rows import StudyRow, growth_of
from VSSegmentationLib.batch.study.worklist import look_at
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.outputs import COMPARISON_PAGE
from VSSegmentationLib.reporting import NOTICE
from VSSegmentationLib.reporting.html.template import fill, trusted

PAGE = "study.html"
INLINE_UP_TO = 500
"""Cases whose pictures lie in the page itself; of more, each is read from its file when its row is seen."""


def write_page(study: Path, rows: Sequence[StudyRow], journal: Journal) -> None:
    """Write the page into the study folder, in the place of a former one."""
    write_text_atomically(study / PAGE, page_html(study, rows, journal))


def page_html(study: Path, rows: Sequence[StudyRow], journal: Journal) -> str:
    """Return the page; texts in it are data, which no browser takes for HTML."""
    inline = len(rows) <= INLINE_UP_TO
    data = {
        "rows": [_row(study, row, inline=inline) for row in rows],
        "patients": [_patient(patient, dict(outcome.result)) for patient, outcome in growth_of(journal)],
        "version": __version__,
        "notice": NOTICE,
    }
    # "<" is the only sign by which text could end the element that holds it.
    text = json.dumps(to_plain(data, "study"), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return fill(
        _shipped("study.html"),
        style=trusted(_shipped("study.css")),
        data=trusted(text.replace("<", "\\u003c")),
        script=trusted(_shipped("study.js")),
    )


def _shipped(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _row(study: Path, row: StudyRow, *, inline: bool) -> dict[str, Any]:
    weight, reasons = look_at(row)
    done = row.status == "done"
    told = {
        "case": row.case, "patient": row.patient, "day": row.day, "status": row.status, "side": row.side,
        "volume": row.volume_cm3, "limit": row.volume_limit_percent, "change": row.change_percent,
        "headline": row.headline_value, "headlineName": row.headline, "headlineUnit": row.headline_unit,
        "warnings": len(row.warnings), "doubts": len(row.doubts), "modality": row.modality, "findings": row.findings,
        "told": [
            *row.doubts, *(each for each in row.warnings if each not in row.doubts),
            *(f"Comparison: {each}" for each in row.comparison_warnings),
        ],
        "look": weight, "reasons": reasons,
        "picture": _picture(study, row, inline=inline) if row.has_thumbnail else None,
        "report": f"{CASES}/{row.case}/{FILE_NAMES[OutputFormat.HTML]}" if done else None,
        "scene": f"{CASES}/{row.case}/{FILE_NAMES[OutputFormat.MRB]}" if row.has_scene else None,
    }  # fmt: skip
    return {key: value for key, value in told.items() if value is not None and value not in ("", (), [])}


def _picture(study: Path, row: StudyRow, *, inline: bool) -> str | None:
    path = study / THUMBNAILS / f"{row.case}.jpg"
    if not inline:
        return f"{THUMBNAILS}/{row.case}.jpg"
    if not path.is_file():
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _patient(patient: str, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "patient": patient,
        "days": told.get("days", []),
        "volumes": told.get("volumes_cm3", []),
        "wording": " ".join([told.get("wording", ""), *told.get("warnings", ())]).strip(),
        "page": f"{PATIENTS}/{patient}/{COMPARISON_PAGE}",
    }

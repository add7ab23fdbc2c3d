"""How the result came about, on one page at most: one row for each thing that took part; all is in a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from VSSegmentationLib.codec import Plain, to_plain
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined
from VSSegmentationLib.reporting.page.tables_section import table
from VSSegmentationLib.reporting.report.report import Report
from VSSegmentationLib.reporting.report.words import shown, spaced

_MOST_ROWS = 26
_MOST_LETTERS = 330
"""Of a cell: about three lines, so that all rows fit on a page."""


def provenance_table(report: Report, remarks: Sequence[str] = ()) -> Html:
    """Return software, models with checksums, scan, segmentation, and what else the run tells, as far as it fits.

    Args:
        report: What to show.
        remarks: About the files that were written.
    """
    rows = [(spaced(name), _cell(value)) for name, value in _told(report).items() if value not in (None, "", {}, [])]
    left_out = len(rows) > _MOST_ROWS or any(value.endswith("…") for _name, value in rows)
    return fill(
        '<section class="provenance-page"><h2>Provenance</h2>${t}${more}${remarks}</section>\n',
        t=table("provenance small", ("Item", "Value"), rows[:_MOST_ROWS]),
        more=fill('<p class="footnote">All of it stands in provenance.json.</p>') if left_out else NOTHING,
        remarks=joined(fill('<p class="footnote">${sentence}</p>', sentence=sentence) for sentence in remarks),
    )


def _told(report: Report) -> dict[str, Plain]:
    """Return what took part by name; what another table shows is left out."""
    segmentation = {key: value for key, value in _plain(report.segmentation).items() if key != "edits"}
    rest = dict(report.provenance)
    run = rest.pop("run", None)
    told = {
        "software": to_plain(report.software),
        "model": to_plain(report.model),
        **{key: to_plain(value) for key, value in rest.items()},
        "scan": to_plain(report.source),
        "segmentation": segmentation,
    }
    return told | (to_plain(dict(run)) if isinstance(run, Mapping) else {})


def _plain(value: object) -> Mapping[str, Any]:
    plain = to_plain(value)
    return plain if isinstance(plain, dict) else {}


def _cell(value: Plain) -> str:
    text = shown(_without_empty(value))
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"


def _without_empty(value: Plain) -> Plain:
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, "", {}, [])}
    return value

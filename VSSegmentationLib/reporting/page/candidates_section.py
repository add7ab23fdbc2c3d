"""The other regions that looked like tumor, as a table."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill
from VSSegmentationLib.reporting.page.tables_section import table
from VSSegmentationLib.reporting.report.no_tumor import uncertain
from VSSegmentationLib.reporting.report.report import Report
from VSSegmentationLib.reporting.report.words import number_with_unit, shown, spaced


class _Column(NamedTuple):
    head: str
    cell: Callable[[Any], str]


def _whole_mm(value: float) -> str:
    return f"{value:.0f} mm"


def _place(center: tuple[float, float, float]) -> str:
    return " ".join(f"{letter} {mm:.1f}" for letter, mm in zip("RAS", center, strict=True))


_COLUMNS: Mapping[str, _Column] = {
    "side": _Column("Side", shown),
    "volume_mm3": _Column("Volume", lambda mm3: number_with_unit(mm3 / 1000, "cm3")),
    "mean_probability": _Column("Mean probability", lambda p: f"{p:.2f}"),
    "porus_distance_mm": _Column("From the nearest porus", _whole_mm),
    "centroid_ras_mm": _Column("Middle, mm", _place),
    "reason": _Column("Why not", shown),
    "uncertain": _Column("What else is uncertain", shown),
    "mean_over_looks": _Column("Mean over turned looks", lambda p: f"{p:.2f}"),
}
_TOLD_BY_THE_REASON = {"plausible"}
_WHERE_TOLD = {"uncertain", "mean_over_looks"}
"""Columns that are left out where no region has anything in them."""


def candidates_table(report: Report) -> Html:
    """Return the other regions that were considered; nothing where there are none that page 1 does not tell."""
    told_before = () if report.headline.measurement_id else uncertain(report.candidates)
    if len(report.candidates) <= len(told_before):
        return NOTHING
    there = dict.fromkeys(
        key
        for candidate in report.candidates
        for key, value in candidate.items()
        if key not in _WHERE_TOLD or value not in (None, "")
    )
    columns = [key for key in _COLUMNS if key in there]
    columns += [key for key in there if key not in _COLUMNS and key not in _TOLD_BY_THE_REASON]
    heads = [_COLUMNS[key].head if key in _COLUMNS else spaced(key) for key in columns]
    rows = (
        (number, *(_cell(key, candidate.get(key)) for key in columns))
        for number, candidate in enumerate(report.candidates, start=1)
    )
    return fill(
        '<section><h2>Other regions considered</h2><p class="before-table">Regions that look like tumor to the model '
        "and were not taken for it; none is in the measurements. The mean probability is the model's own.</p>${t}"
        "</section>\n",
        t=table("candidates small", ("No.", *heads), rows),
    )


def _cell(key: str, value: object) -> str:
    if value is None:
        return "not known"
    known = _COLUMNS.get(key)
    try:
        return shown(value) if known is None else known.cell(value)
    except (TypeError, ValueError):  # of another program, which may mean something else by the key
        return shown(value)

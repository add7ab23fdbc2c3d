"""Bring docs/limits_of_measurements.md up to the limits on the cards of the embedded models.

Usage: python tools/limits_table.py
"""

import re
from collections.abc import Iterator
from pathlib import Path

from VSSegmentationLib.models import CheckedLimit, MeasuredLimit, MeasuredLimits, ModelCard, embedded_models
from VSSegmentationLib.tasks import Task, task_named

PAGE = Path(__file__).resolve().parents[1] / "docs" / "limits_of_measurements.md"
_PLACE = re.compile(r"(<!-- limits: begin.*? -->\n).*?(<!-- limits: end -->)", re.DOTALL)


def tables() -> str:
    """Return, for each model with measured limits, what they are and how they did on real scans, in Markdown."""
    cards = sorted((entry.card for entry in embedded_models()), key=lambda card: (card.modality != "T2", card.name))
    sections = [_section(card, card.limits_measured) for card in cards if card.limits_measured is not None]
    return "\n".join(["", *sections])


def with_tables(text: str, found: str) -> str:
    """Return the text of the page with the tables in their place."""
    return _PLACE.sub(lambda place: place[1] + found + place[2], text)


def _section(card: ModelCard, limits: MeasuredLimits) -> str:
    task = task_named(card.task)
    missed = f"no tumor was found on {limits.missed} of them, where no value is printed" if limits.missed else ""
    about = f"`{card.name}` version {card.version}: {limits.data}{'; ' if missed else ''}{missed}."
    return "\n".join(
        [
            f"### {card.modality}",
            "",
            about,
            "",
            *_limits_table(limits, task),
            "",
            *_checks(limits.checked, task),
            "",
        ]
    )


def _limits_table(limits: MeasuredLimits, task: Task) -> Iterator[str]:
    ends = sorted({(row.from_cm3, row.to_cm3) for row in limits.rows}, key=lambda each: each[0])
    names = [f"whole tumor {_size(low, high)}" for low, high in ends]
    yield f"| measure | {' | '.join(names)} |"
    yield "|---|" + "---|" * len(names)
    by_place = {(row.measure, row.from_cm3): row for row in limits.rows}
    for measure in task.definitions:
        if measure in task.same_by_definition or not any(key[0] == measure for key in by_place):
            continue
        cells = [_cell(by_place.get((measure, low))) for low, _high in ends]
        yield f"| {task.definitions[measure].name} `{measure}` | {' | '.join(cells)} |"


def _cell(row: MeasuredLimit | None) -> str:
    if row is None or row.half_width is None:
        return f"no limit known ({0 if row is None else row.n})"
    within = f"{100 * (row.coverage or 0):.0f} % of {row.n}"
    if row.unit == "%" and row.half_width >= 100:
        return f"not reliable ({within} within {row.half_width:g} %)"
    return f"± {row.half_width:g} {row.unit} ({within})"


def _size(low: float, high: float | None) -> str:
    if high is None:
        return f"from {low:g} cm³"
    return f"below {high:g} cm³" if low == 0 else f"{low:g} to {high:g} cm³"


def _checks(checked: tuple[CheckedLimit, ...], task: Task) -> Iterator[str]:
    if not checked:
        yield "It was checked on no real scan."
        return
    asked = [each.inside for each in checked if each.inside is not None]
    yield f"On real scans the reference lies within the printed limit for {sum(asked)} of {len(asked)} values:"
    yield ""
    yield "| scan | measure | value | printed | reference | within |"
    yield "|---|---|---|---|---|---|"
    for each in checked:
        printed = "no limit" if each.half_width is None else f"± {each.half_width:.3g} {each.unit}"
        within = {True: "yes", False: "**no**", None: "–"}[each.inside]
        unit = "cm³" if task.definitions[each.measure].unit == "cm3" else "mm"
        digits = 3 if unit == "cm³" else 1
        yield (
            f"| {each.data} | `{each.measure}` | {each.value:.{digits}f} {unit} | {printed} | "
            f"{each.reference:.{digits}f} {unit} | {within} |"
        )


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables()), encoding="utf-8")

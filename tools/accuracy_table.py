"""Bring the tables of measured accuracy up to what the cards of the embedded models say.

The short one stands in README.md (Dice and false tumors, one row a scan), the long one in docs/accuracy.md.

Usage: python tools/accuracy_table.py
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from VSSegmentationLib.models import Accuracy, ModelCard, embedded_models

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGE = ROOT / "docs" / "accuracy.md"

_OTHER = "another modality"
_HELD_OUT = "held out"
_NOT_CHOSEN_BY = "not used for choosing"
"""Of scans that took no part in choosing these weights, but in the making of earlier ones and of the rules."""
_PLACE = re.compile(r"(<!-- model-accuracy: begin.*? -->\n).*?(<!-- model-accuracy: end -->)", re.DOTALL)


def looked_at(row: Accuracy) -> str:
    """Return whether the data of a value were in view when weights were chosen.

    They were, unless the note on the card says otherwise: a value is an optimistic one until somebody vouches for it.
    """
    if _HELD_OUT in row.note:
        return "no: held out"
    return "not for this version: development" if _NOT_CHOSEN_BY in row.note else "yes: development"


def _values() -> Iterator[tuple[ModelCard, Accuracy]]:
    """Yield every value on a card for the modality that its model is for, T2 first."""
    cards = sorted((entry.card for entry in embedded_models()), key=lambda card: (card.modality != "T2", card.name))
    for card in cards:
        yield from ((card, row) for row in card.accuracy if _OTHER not in row.note)


def _words(row: Accuracy) -> str:
    """Return a value in the words of the short table."""
    if row.measure == "false tumor volume":
        return f"false tumor {row.value:.2f} cm³" if row.value else "no false tumor"
    return f"{row.measure.removesuffix(', mean')} {row.value:.2f}"


def short_table() -> str:
    """Return one Markdown row a scan and model: Dice, or the false tumor where there is none."""
    rows: dict[str, list[str]] = {}
    for card, row in _values():
        if "Dice" in row.measure or row.measure == "false tumor volume":
            note = f" ({row.note})" if row.note else ""
            scan = f"| {row.data}{note} | `{card.name}` {card.version} | {{}} | {looked_at(row)} |"
            rows.setdefault(scan, []).append(_words(row))
    lines = [scan.format(", ".join(words)) for scan, words in rows.items()]
    head = ["| scan | model | result | looked at when weights were chosen |", "|---|---|---|---|"]
    return "\n".join(["", *head, *lines, "", ""]) if lines else ""


def long_table() -> str:
    """Return one Markdown row for each value on a card."""
    rows = [
        f"| `{card.name}` {card.version} | {row.data} | {row.measure} | {row.value:g} {row.unit} | {row.note} "
        f"| {looked_at(row)} |"
        for card, row in _values()
    ]
    head = [
        "| model | data | measure | value | note | looked at when weights were chosen |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join(["", *head, *rows, "", ""]) if rows else ""


TABLES: dict[Path, Callable[[], str]] = {README: short_table, PAGE: long_table}


def with_table(text: str, table: str) -> str:
    """Return the text of a page with a table in its place."""
    return _PLACE.sub(lambda place: place[1] + table + place[2], text)


if __name__ == "__main__":
    for page, table in TABLES.items():
        page.write_text(with_table(page.read_text(encoding="utf-8"), table()), encoding="utf-8")

"""Bring the table of measured accuracy in README.md up to what the cards of the embedded models say.

Usage: python tools/accuracy_table.py
"""

import re
from pathlib import Path

from VSSegmentationLib.models import embedded_models

README = Path(__file__).resolve().parents[1] / "README.md"
_OTHER = "another modality"
_PLACE = re.compile(r"(<!-- model-accuracy: begin.*? -->\n).*?(<!-- model-accuracy: end -->)", re.DOTALL)


def accuracy_table() -> str:
    """Return one Markdown row for each value on a card, T2 first; nothing while no model is embedded.

    Scans of a modality that a model is not for are on its card, and in docs/experiments, alone.
    """
    cards = sorted((entry.card for entry in embedded_models()), key=lambda card: (card.modality != "T2", card.name))
    rows = [
        f"| `{card.name}` {card.version} | {each.data} | {each.measure} | {each.value:g} {each.unit} | {each.note} |"
        for card in cards
        for each in card.accuracy
        if _OTHER not in each.note
    ]
    head = ["| model | data | measure | value | note |", "|---|---|---|---|---|"]
    return "\n".join(["", *head, *rows, "", ""]) if rows else ""


def with_table(readme: str) -> str:
    """Return the text of the README with the table in its place."""
    return _PLACE.sub(lambda place: place[1] + accuracy_table() + place[2], readme)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")

"""Bring the table of measured accuracy in README.md up to what the cards of the embedded models say.

Usage: python docs/accuracy_table.py
"""

import re
from pathlib import Path

from VSSegmentationLib.models import embedded_models

README = Path(__file__).resolve().parents[1] / "README.md"
_PLACE = re.compile(r"(<!-- model-accuracy: begin.*? -->\n).*?(<!-- model-accuracy: end -->)", re.DOTALL)


def accuracy_table() -> str:
    """Return one Markdown row for each value on a card; nothing while no model is embedded."""
    rows = [
        f"| `{card.name}` {card.version} | {each.data} | {each.measure} | {each.value:g} {each.unit} | {each.note} |"
        for card in (entry.card for entry in embedded_models())
        for each in card.accuracy
    ]
    head = ["| model | data | measure | value | note |", "|---|---|---|---|---|"]
    return "\n".join(["", *head, *rows, "", ""]) if rows else ""


def with_table(readme: str) -> str:
    """Return the text of the README with the table in its place."""
    return _PLACE.sub(lambda place: place[1] + accuracy_table() + place[2], readme)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")

"""What the benchmark of interactions writes into the card of the model that corrects."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.interaction_curves import GROUPS
from benchmarks.interaction_page import FELL, sessions_of, share_of_gain, steps_of
from VSSegmentationLib.models import Accuracy, card_path, read_card, write_card

_USER = "sloppy"
_NOTE = "by a robot user as sloppy as readers are, merge and all"


def card_values(rows: Sequence[Mapping[str, Any]]) -> tuple[Accuracy, ...]:
    """Return two values for each group of scans that the network was tried on."""
    values = []
    for (kind, start), title in GROUPS.items():
        own = [row for row in rows if row["name"].startswith(kind) and row["start"] == start]
        sessions, share = sessions_of(own, _USER, "network"), share_of_gain(own, _USER, "network")
        steps = steps_of(sessions)
        if share is None or not steps:
            continue
        data, harmless = f"{title.lower()}: {len(sessions)} scans", fmean(step >= -FELL for step in steps)
        for measure, value in (
            ("gain by three clicks, of what is possible", share),
            ("clicks that do no harm", harmless),
        ):
            values.append(Accuracy(data=data, measure=measure, value=round(value, 4), note=_NOTE))
    return tuple(values)


def write_into_card(model_file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put the values in the place of those on the card."""
    path = card_path(model_file)
    write_card(path, replace(read_card(path), accuracy=card_values(rows)))

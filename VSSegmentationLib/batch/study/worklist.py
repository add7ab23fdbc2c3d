"""Which cases a person should look at first, and why: facts about each, never a judgment on the patient."""

from typing import NamedTuple

from VSSegmentationLib.batch.study.rows import StudyRow

_LARGE_CHANGE_PERCENT = 20.0
"""Of the volume: from here on a comparison flags it; see docs/user_guide/growth.md."""


class Look(NamedTuple):
    """Why a case is looked at."""

    weight: int
    """The higher, the earlier; 0 where there is no reason."""
    reasons: tuple[str, ...]


def look_at(row: StudyRow) -> Look:
    """Return why a case should be looked at before others."""
    found = [(weight, sentence) for weight, sentence in _reasons(row) if sentence]
    found.sort(key=lambda each: -each[0])
    return Look(found[0][0] + min(len(found) - 1, 9) if found else 0, tuple(sentence for _, sentence in found))


def _reasons(row: StudyRow) -> list[tuple[int, str]]:
    done = row.status == "done"
    differs = bool(row.side and row.stated_side and row.side != row.stated_side)
    change = row.change_percent
    return [
        (100, f"Set aside: {row.reason}" if row.status == "set aside" else ""),
        (90, f"Refused: {row.reason}" if row.status == "refused" else ""),
        (80, f"Cannot be relied on: {row.doubts[0]}" if row.doubts else ""),
        (70, f"Found on the {row.side}, the manifest says {row.stated_side}" if differs else ""),
        (65, f"Comparison: {row.comparison_warnings[0]}" if row.comparison_warnings else ""),
        (60, "No tumor was found" if done and not row.volume_cm3 else ""),
        (
            50,
            f"Volume changed by {change:+.0f} % since the examination before"
            if change is not None and abs(change) >= _LARGE_CHANGE_PERCENT
            else "",
        ),
        (40, "Side not determined" if done and row.volume_cm3 and not row.side else ""),
        (20, f"{len(row.warnings)} warnings" if len(row.warnings) > 1 else "1 warning" if row.warnings else ""),
    ]

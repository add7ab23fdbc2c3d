"""A grade, whatever the scale: what follows from measurements alone; what needs a reader's eye is left to one."""

from dataclasses import dataclass

NOT_GRADED = "not graded"


@dataclass(frozen=True, kw_only=True)
class Grade:
    """A grade and what it rests on."""

    name: str
    """Of the scale: `Kanzaki 2003`, `Koos`."""
    value: str
    """`0` to `5` for Kanzaki, `I` or `II or higher` for Koos, or `not graded`."""
    raw_mm: float | None
    """The diameter before rounding, where the grade rests on one."""
    reason: str
    meaning: str = ""
    """What the scale calls this grade: `medium`; empty where it has no name."""

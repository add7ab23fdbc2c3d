"""Changes that nothing can tell from the code as it is, with the reason of each: `equivalent.toml`."""

import tomllib
from pathlib import Path
from typing import NamedTuple

from tools.mutants.changes import Place


class Equivalent(NamedTuple):
    """A change that means nothing."""

    path: str
    """Of the module, from the root of the repository."""
    within: str
    """Name of the innermost function or class around it; empty at the top of the module."""
    change: str
    """Before and after, as `Place` has them."""
    reason: str


def equivalents() -> tuple[Equivalent, ...]:
    """Return all that are listed."""
    text = (Path(__file__).parent / "equivalent.toml").read_text(encoding="utf-8")
    return tuple(Equivalent(**entry) for entry in tomllib.loads(text).get("equivalent", ()))


def is_equivalent(place: Place, root: Path) -> bool:
    """Return whether a change is listed."""
    here = (place.path.relative_to(root).as_posix(), place.within, place.change)
    return any(each[:3] == here for each in equivalents())

"""Whether a scene that was asked for can be written here, asked before anything long is begun."""

from collections.abc import Iterable
from importlib.util import find_spec

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import OutputFormat

_MISSING = "a Slicer scene needs slicer-core, which is not installed here: pip install slicer-core==5.12.4.0"


def without_missing_scene(typed: Iterable[OutputFormat]) -> tuple[tuple[OutputFormat, ...], tuple[str, ...]]:
    """Return the formats that can be written, and a warning where the scene is not among them.

    Args:
        typed: Formats; only where they are all there are, the scene is left out with a warning.

    Raises:
        UsageError: If the scene was named and slicer-core is missing.
    """
    formats = tuple(typed)
    if OutputFormat.MRB not in formats or find_spec("slicer_core") is not None:
        return formats, ()
    if set(formats) != set(OutputFormat):
        raise UsageError(_MISSING)
    rest = tuple(each for each in formats if each is not OutputFormat.MRB)
    return rest, (f"No scene was written: {_MISSING}.",)

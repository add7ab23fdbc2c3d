"""Whether what a format needs is installed here, asked before anything long is begun."""

from collections.abc import Iterable
from importlib.util import find_spec

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import SURFACE_FORMATS, OutputFormat
from VSSegmentationLib.surfaces import check_vtk

_NO_SCENE = "a Slicer scene needs slicer-core, which is not installed here: pip install slicer-core==5.12.4.0"


def without_missing(typed: Iterable[OutputFormat]) -> tuple[tuple[OutputFormat, ...], tuple[str, ...]]:
    """Return the formats that can be written, and a warning for each kind that is not among them.

    Args:
        typed: Formats; only where they are all there are, those that cannot be written are left out with a warning.

    Raises:
        UsageError: If one was named and what it needs is missing.
    """
    formats = tuple(typed)
    needs = (("surface", SURFACE_FORMATS, _no_surface()), ("scene", (OutputFormat.MRB,), _no_scene()))
    missing = [(what, kinds, why) for what, kinds, why in needs if why and set(kinds) & set(formats)]
    if missing and set(formats) != set(OutputFormat):
        raise UsageError(missing[0][2])
    left_out = {each for _, kinds, _ in missing for each in kinds}
    rest = tuple(each for each in formats if each not in left_out)
    return rest, tuple(f"No {what} was written: {why}." for what, _, why in missing)


def _no_scene() -> str:
    return "" if find_spec("slicer_core") is not None else _NO_SCENE


def _no_surface() -> str:
    try:
        check_vtk()
    except UsageError as error:
        return str(error)
    return ""

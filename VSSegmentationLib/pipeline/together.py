"""The scans of one examination: whether they lie together, and moved so that they do if that was asked for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.preprocessing.lying_together import misfit_of, moved_onto_first


class Together(NamedTuple):
    """Scans that a model can be shown together."""

    scans: dict[str, Scan]
    """By the names of the inputs, in their order; the first as it was read."""
    facts: Mapping[str, Mapping[str, Any]]
    """Of each further scan, plain data: on which grid it lay, how far off, whether it was moved."""
    warnings: tuple[str, ...]


def brought_together(scans: Mapping[str, Scan], *, align: bool) -> Together:
    """Return the scans of one examination so that they lie together.

    Args:
        scans: By the names of a model's inputs; the others have to lie on the first.
        align: Move those that do not, by a rigid motion; else they are refused.

    Raises:
        InputRefusedError: If one lies off the first and is not to be moved, or is to be moved and cannot be.
    """
    (first_name, first), *others = scans.items()
    found, facts, warnings = {first_name: first}, {}, []
    for name, scan in others:
        one = _brought(name, scan, first_name, first, align=align)
        found[name], facts[name] = one.scan, one.facts
        warnings += one.warnings
    return Together(found, facts, tuple(warnings))


class _Brought(NamedTuple):
    scan: Scan
    facts: dict[str, Any]
    warnings: list[str]


def _brought(name: str, scan: Scan, first_name: str, first: Scan, *, align: bool) -> _Brought:
    own_grid = not scan.volume.same_grid(first.volume)
    facts: dict[str, Any] = {"resampled": own_grid, "moved": False}
    warnings = (
        [f"The scan '{name}' has another grid than '{first_name}' and was resampled onto it."] if own_grid else []
    )
    try:
        misfit = misfit_of(first.volume, scan.volume)
    except GeometryError as error:
        if align:
            msg = f"the scan '{name}' could not be aligned with '{first_name}': {error}"
            raise InputRefusedError(msg) from error
        warnings.append(f"Whether the scan '{name}' lies on '{first_name}' could not be checked: {error}.")
        return _Brought(scan, {**facts, "lies_together": None}, warnings)
    facts |= {"shift_mm": round(misfit.shift_mm, 2), "angle_deg": round(misfit.angle_deg, 2)}
    if misfit.lies_together:
        return _Brought(scan, {**facts, "lies_together": True}, warnings)
    if not align:
        msg = (
            f"the scan '{name}' does not lie on '{first_name}': its head lies off by {misfit} (up to "
            f"{misfit.allowed_mm:.1f} mm would do); give scans of one examination that lie together, or ask for them "
            "to be aligned"
        )
        raise InputRefusedError(msg)
    warnings.append(f"The scan '{name}' lay off '{first_name}' by {misfit}, and was moved onto it.")
    moved = replace(scan, volume=moved_onto_first(misfit, scan.volume))
    return _Brought(moved, {**facts, "lies_together": False, "moved": True, "resampled": True}, warnings)

"""From the positions of slices to the grid they lie on, found in the headers and never guessed.

ITK only warns of a missing slice and then writes a wrong spacing; here every distance is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.frames import dhw_to_ras_from_lps
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.imageio.checks import MAX_SHEAR_DEG
from VSSegmentationLib.imageio.declared import MAX_SPACING_MM
from VSSegmentationLib.imageio.dicom.slice_header import SliceHeader

SAME_PLACE_MM = 0.01
_STEP_TOLERANCE = 0.05
"""Share of the slice distance by which a slice may miss its place on the regular grid (a rounded position)."""


@dataclass(frozen=True, kw_only=True)
class StackLayout:
    """Slices in order along their normal, and where they lie."""

    headers: tuple[SliceHeader, ...]
    """Sorted so that rows, columns and slices form a right-handed system in LPS, as ITK sorts them."""
    distances_mm: NDArray[np.float64]
    """(D,) of each slice along the normal, from the first."""
    step_mm: float
    """Distance of the planes of the regular grid along the normal."""
    dhw_to_ras: Affine
    """Of the regular grid of the usual slice distance that begins at the first slice; sheared if the stack is."""
    irregular: str
    """Why the slices are not on that grid, in words that follow "the slices"; empty when they are."""

    @property
    def shape(self) -> Shape:
        """Number of slices, rows and columns."""
        return len(self.headers), self.headers[0].rows, self.headers[0].columns


def normal_distances_mm(headers: Sequence[SliceHeader]) -> NDArray[np.float64]:
    """Return the distance of each slice along the common normal; all must have a position and an orientation."""
    positions = np.array([h.position_lps_mm for h in headers], dtype=np.float64)
    rows, columns = _in_plane_axes(headers[0])
    distances: NDArray[np.float64] = positions @ np.cross(rows, columns)
    return distances


def lay_out(headers: Sequence[SliceHeader]) -> StackLayout:
    """Put the slices of one stack in order and find the grid they lie on.

    Args:
        headers: At least two, of one orientation, matrix and pixel spacing, in any order.

    Raises:
        InputRefusedError: If two slices share a place, are displaced sideways irregularly, or lie over 10 mm apart.
    """
    along = normal_distances_mm(headers)
    order = np.argsort(along, kind="stable")
    ordered = tuple(headers[i] for i in order)
    distances = along[order] - along[order[0]]
    steps = np.diff(distances)
    _check_repeated(ordered, distances)
    usual = float(np.median(steps))
    grid_step = distances[-1] / (len(ordered) - 1) if _regular(distances) else usual
    _check_wide(ordered, steps)
    slope_lps = _sideways_lps(ordered, distances)
    rows, columns = _in_plane_axes(ordered[0])
    normal = np.cross(rows, columns)
    row_spacing, column_spacing = ordered[0].pixel_spacing_mm or (0.0, 0.0)
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3, 0] = rows * column_spacing
    ijk_to_lps[:3, 1] = columns * row_spacing
    sheared = np.degrees(np.arctan(np.linalg.norm(slope_lps))) > MAX_SHEAR_DEG
    ijk_to_lps[:3, 2] = (normal + slope_lps * sheared) * grid_step
    ijk_to_lps[:3, 3] = ordered[0].position_lps_mm
    return StackLayout(
        headers=ordered,
        distances_mm=distances,
        step_mm=float(grid_step),
        dhw_to_ras=dhw_to_ras_from_lps(ijk_to_lps),
        irregular="" if _regular(distances) else _what_is_irregular(ordered, steps, usual),
    )


def _in_plane_axes(header: SliceHeader) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unit vectors along a row and along a column, at an exact right angle."""
    stated = np.array(header.orientation_lps, dtype=np.float64).reshape(2, 3)
    lengths = np.linalg.norm(stated, axis=1)
    if np.abs(lengths - 1).max() > 0.01 or abs(stated[0] @ stated[1]) > 0.01:
        msg = "The orientation that the slices state is no pair of perpendicular unit vectors; export the series again"
        raise InputRefusedError(msg)
    rows = stated[0] / lengths[0]
    columns = stated[1] - (stated[1] @ rows) * rows
    return rows, columns / np.linalg.norm(columns)


def _regular(distances: NDArray[np.float64]) -> bool:
    places = np.linspace(0, distances[-1], len(distances))
    step = distances[-1] / (len(distances) - 1)
    return bool(np.abs(distances - places).max() <= max(_STEP_TOLERANCE * step, SAME_PLACE_MM))


def _pair(headers: Sequence[SliceHeader], i: int) -> str:
    a, b = headers[i].instance_number, headers[i + 1].instance_number
    return f"slices {i + 1} and {i + 2} of {len(headers)} (instance numbers {a} and {b})"


def _check_repeated(headers: Sequence[SliceHeader], distances: NDArray[np.float64]) -> None:
    steps = np.diff(distances)
    if steps.min() > SAME_PLACE_MM:
        return
    groups = np.split(np.arange(len(headers)), np.flatnonzero(steps > SAME_PLACE_MM) + 1)
    counts = {len(group) for group in groups}
    if len(counts) == 1:
        msg = (
            f"The series is four-dimensional: it holds {counts.pop()} images at each of {len(groups)} slice positions "
            "(time points, echoes or directions), and one volume is needed; export a single volume of it"
        )
    else:
        first = next(group[0] for group in groups if len(group) > 1)
        msg = (
            f"The series has more than one image at the same place: {_pair(headers, int(first))} coincide; "
            "export it again with each slice once"
        )
    raise InputRefusedError(msg)


def _check_wide(headers: Sequence[SliceHeader], steps: NDArray[np.float64]) -> None:
    widest = int(np.argmax(steps))
    if steps[widest] > MAX_SPACING_MM:
        msg = (
            f"The {_pair(headers, widest)} lie {steps[widest]:.1f} mm apart, and at most {MAX_SPACING_MM:g} mm can "
            "be bridged; export the complete series"
        )
        raise InputRefusedError(msg)


def _sideways_lps(headers: Sequence[SliceHeader], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far the slices move sideways per mm along the normal (a gantry shear); 0 for an ordinary stack."""
    positions = np.array([h.position_lps_mm for h in headers], dtype=np.float64)
    rows, columns = _in_plane_axes(headers[0])
    normal = np.cross(rows, columns)
    sideways = positions - positions[0] - distances[:, None] * normal
    slope: NDArray[np.float64] = distances @ sideways / (distances @ distances)
    rest = np.linalg.norm(sideways - distances[:, None] * slope, axis=1)
    worst = int(np.argmax(rest))
    limit = 0.25 * min(headers[0].pixel_spacing_mm or (0.0,))
    if rest[worst] > max(limit, 10 * SAME_PLACE_MM):
        msg = (
            f"Slice {worst + 1} of {len(headers)} (instance number {headers[worst].instance_number}) is displaced "
            f"sideways by {rest[worst]:.1f} mm against the others; export the series again, not merged with another"
        )
        raise InputRefusedError(msg)
    return slope


def _what_is_irregular(headers: Sequence[SliceHeader], steps: NDArray[np.float64], usual: float) -> str:
    missing = np.flatnonzero(np.abs(steps / usual - np.maximum(np.round(steps / usual), 2)) <= 2 * _STEP_TOLERANCE)
    others_regular = np.abs(np.delete(steps, missing) / usual - 1).max(initial=0) <= 2 * _STEP_TOLERANCE
    if missing.size and others_regular:
        gaps = [f"{_pair(headers, int(i))}, {steps[i]:.2f} mm apart" for i in missing[:3]]
        more = f", and at {missing.size - 3} more places" if missing.size > 3 else ""
        count = int(np.round(steps[missing] / usual).sum()) - missing.size
        places = "; between ".join(gaps) + more
        return f"miss {count} of their number where {usual:.2f} mm is the usual distance: between {places}"
    worst = int(np.argmax(np.abs(steps - usual)))
    return (
        f"lie at unequal distances, {steps.min():.2f} to {steps.max():.2f} mm (usually {usual:.2f} mm): "
        f"{_pair(headers, worst)} are {steps[worst]:.2f} mm apart"
    )

"""Measures of lines in slices: a longest diameter, and the chord across it."""

import math

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.measurement import reasons
from VSSegmentationLib.measurement.chords import inside_fraction, longest_chord
from VSSegmentationLib.measurement.definitions import WHOLE, Definitions
from VSSegmentationLib.measurement.diameters import SliceDiameter
from VSSegmentationLib.measurement.in_plane_pieces import count_pieces, piece_with
from VSSegmentationLib.measurement.stack import Stack
from VSSegmentationLib.measurement.subvoxel import largest_width
from VSSegmentationLib.measurement.uncertainty import digitization
from VSSegmentationLib.measurement.value import Measurement

SLAB_MM = 1.5
"""How thick the slices of most scans are: so far round an axial plane voxels of a tilted scan count as in it."""
MIN_VOXELS = 10
"""Of a smaller region neither a short axis nor a 3D diameter is given."""


def small_reason(mask: NDArray[np.bool_]) -> str | None:
    """Return why a (slices, rows, columns) region is too small for a short axis or a 3D diameter, else None."""
    count = int(np.count_nonzero(mask))
    if count < MIN_VOXELS:
        return f"the region has {count} voxels; at least {MIN_VOXELS} are needed"
    if np.count_nonzero(mask.any(axis=(1, 2))) == 1:
        return "the region lies on one slice only"
    return None


def diameter(
    definitions: Definitions,
    measurement_id: str,
    stack: Stack,
    found: SliceDiameter | None,
    missing: str | None,
    *,
    ends_in: tuple[str, str] = (WHOLE, WHOLE),
) -> Measurement:
    """Return the measure of a longest line in a slice.

    Args:
        definitions: Of the kind of tumor.
        measurement_id: One of them.
        stack: What it was found in.
        found: The line; None where there is none.
        missing: Why there is none.
        ends_in: Regions of the stack that its two ends lie in; the same for a line through one.
    """
    if found is None:
        return definitions.unmeasured(measurement_id, missing or reasons.NO_TUMOR)
    extra = {
        "feret_slice_center_mm": found.centers_mm,
        "crack_slice_mm": found.cracks_mm,
        "tilt_deg": stack.tilt_deg,
    }
    if found.corrected_mm is None:
        return definitions.unmeasured(measurement_id, reasons.ONE_VOXEL, extra)
    whole = stack.regions[WHOLE]
    section = whole.mask[found.slice_index]
    return definitions.measured(
        measurement_id,
        diameter_mm(stack, found, ends_in) or found.corrected_mm,
        note="; ".join(filter(None, (stack.note, _apart_note(section), whole.note))),
        line=stack.line(found.slice_index, found.end_points),
        extra={**extra, "line_mm": found.line_mm, "inside_fraction": inside_fraction(section, found.end_points)},
        uncertainty=digitization(_direction(stack, found), stack.slices_to_ras, stack.tilt_deg),
    )


def diameter_mm(stack: Stack, found: SliceDiameter, ends_in: tuple[str, str]) -> float | None:
    """Return the length of a longest line in a slice; None for a region of one voxel.

    Between the stairs of a resliced mask a line is 0.1 to 0.8 mm too long. There it is the width of what lies within
    half a usual slice of the plane, from the centers of the voxels as they were acquired.
    """
    if stack.centers is None or found.corrected_mm is None:
        return found.corrected_mm
    ends = stack.line(found.slice_index, found.centers).end_points_ras_mm
    frame = np.linalg.qr(stack.pixel_vectors_mm.T)[0].T  # (2, 3), in the plane
    near = []
    for name in ends_in:
        centers = stack.centers[name]
        near.append(centers[np.abs((centers - ends[0]) @ stack.normal_ras) <= SLAB_MM / 2] @ frame.T)
    if min(map(len, near)) < MIN_VOXELS:
        return found.corrected_mm
    along = frame @ (np.array(ends[1]) - np.array(ends[0]))
    return largest_width(near[1], near[0], along, stack.voxel_mm3 / SLAB_MM, np.eye(len(frame))).width_mm


def short_axis(definitions: Definitions, measurement_id: str, stack: Stack, found: SliceDiameter | None) -> Measurement:
    """Return the measure of the longest chord at a right angle to the longest line of the whole tumor, in its slice."""
    whole = stack.regions[WHOLE]
    if found is None:
        return definitions.unmeasured(measurement_id, whole.missing or reasons.NO_TUMOR)
    reason = small_reason(whole.mask)
    if reason is None and found.corrected_mm is None:
        reason = reasons.ONE_VOXEL
    if reason is not None:
        return definitions.unmeasured(measurement_id, reason)
    across = np.cross(stack.normal_ras, _direction(stack, found))
    section = piece_with(whole.mask[found.slice_index], found.centers)
    chord = longest_chord(section, stack.pixel_vectors_mm, across)
    # A chord runs from edge to edge, the long axis by half a pixel less; of round shapes the short one would be longer.
    return definitions.measured(
        measurement_id,
        min(chord.length_mm, diameter_mm(stack, found, (WHOLE, WHOLE)) or math.inf),
        note="; ".join(filter(None, (stack.note, whole.note))),
        line=stack.line(found.slice_index, chord.end_points),
        extra={"line_mm": chord.length_mm, "tilt_deg": stack.tilt_deg},
        uncertainty=digitization(across, stack.slices_to_ras, stack.tilt_deg),
    )


def _apart_note(section: NDArray[np.bool_]) -> str:
    count = count_pieces(section)
    return "" if count < 2 else f"the slice shows {count} pieces, and the line stays in one of them"


def _direction(stack: Stack, found: SliceDiameter) -> NDArray[np.float64]:
    """Return the direction in RAS of the line between voxel centers that gives the diameter."""
    return np.asarray((found.centers[1] - found.centers[0]) @ stack.pixel_vectors_mm)

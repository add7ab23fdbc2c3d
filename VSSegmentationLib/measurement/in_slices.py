"""Measures of lines in slices: a longest diameter, and the chord across it."""

import math

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.measurement import reasons
from VSSegmentationLib.measurement.chords import inside_fraction, longest_chord
from VSSegmentationLib.measurement.definitions import WHOLE, Definitions
from VSSegmentationLib.measurement.diameters import SliceDiameter
from VSSegmentationLib.measurement.stack import Stack
from VSSegmentationLib.measurement.uncertainty import digitization
from VSSegmentationLib.measurement.value import Measurement

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
    definitions: Definitions, measurement_id: str, stack: Stack, found: SliceDiameter | None, missing: str | None
) -> Measurement:
    """Return the measure of a longest line in a slice.

    Args:
        definitions: Of the kind of tumor.
        measurement_id: One of them.
        stack: What it was found in.
        found: The line; None where there is none.
        missing: Why there is none.
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
    section = stack.regions[WHOLE].mask[found.slice_index]
    return definitions.measured(
        measurement_id,
        found.corrected_mm,
        note=stack.note,
        line=stack.line(found.slice_index, found.end_points),
        extra={**extra, "line_mm": found.line_mm, "inside_fraction": inside_fraction(section, found.end_points)},
        uncertainty=digitization(_direction(stack, found), stack.slices_to_ras, stack.tilt_deg),
    )


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
    chord = longest_chord(whole.mask[found.slice_index], stack.pixel_vectors_mm, across)
    # A chord runs from edge to edge, the long axis by half a pixel less; of round shapes the short one would be longer.
    return definitions.measured(
        measurement_id,
        min(chord.length_mm, found.corrected_mm or math.inf),
        note=stack.note,
        line=stack.line(found.slice_index, chord.end_points),
        extra={"line_mm": chord.length_mm, "tilt_deg": stack.tilt_deg},
        uncertainty=digitization(across, stack.slices_to_ras, stack.tilt_deg),
    )


def _direction(stack: Stack, found: SliceDiameter) -> NDArray[np.float64]:
    """Return the direction in RAS of the line between voxel centers that gives the diameter."""
    return np.asarray((found.centers[1] - found.centers[0]) @ stack.pixel_vectors_mm)

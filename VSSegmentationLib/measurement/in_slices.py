"""Diameters on axial slices: largest of the whole, largest extrameatal, across both parts, and the two axes."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.measurement import reasons
from VSSegmentationLib.measurement.chords import inside_fraction, longest_chord
from VSSegmentationLib.measurement.definitions import DEFINITIONS, EXTRAMEATAL, INTRAMEATAL, WHOLE, measured, unmeasured
from VSSegmentationLib.measurement.diameters import SliceDiameter, longest_between, longest_in_slices
from VSSegmentationLib.measurement.subject import Stack
from VSSegmentationLib.measurement.uncertainty import digitization
from VSSegmentationLib.measurement.value import Measurement

MIN_VOXELS = 10
"""Of a smaller region neither a short axis nor a 3D diameter is given."""


class SliceMeasures(NamedTuple):
    """The longest lines that other measures start from; None where there are none."""

    whole: SliceDiameter | None
    extrameatal: SliceDiameter | None
    across: SliceDiameter | None


def find_diameters(stack: Stack) -> SliceMeasures:
    """Find the longest lines of the whole tumor, of the extrameatal part, and from part to part."""
    pixels = stack.pixel_vectors_mm
    whole, extrameatal, intrameatal = (stack.regions[name] for name in (WHOLE, EXTRAMEATAL, INTRAMEATAL))
    shared = (extrameatal.mask.any(axis=(1, 2)) & intrameatal.mask.any(axis=(1, 2))).any()
    return SliceMeasures(
        whole=None if whole.missing else longest_in_slices(whole.mask, pixels),
        extrameatal=None if extrameatal.missing else longest_in_slices(extrameatal.mask, pixels),
        across=longest_between(intrameatal.mask, extrameatal.mask, pixels) if shared else None,
    )


def slice_measures(stack: Stack, found: SliceMeasures) -> Iterator[Measurement]:
    """Yield `whole_max_axial`, `em_max_axial`, `iac_max_axial`, `whole_long`, `whole_short`."""
    whole, extrameatal, intrameatal = (stack.regions[name] for name in (WHOLE, EXTRAMEATAL, INTRAMEATAL))
    longest = _diameter("whole_max_axial", stack, found.whole, whole.missing)
    yield longest
    yield _diameter("em_max_axial", stack, found.extrameatal, extrameatal.missing)
    apart = "no slice holds both parts of the tumor"
    yield _diameter("iac_max_axial", stack, found.across, extrameatal.missing or intrameatal.missing or apart)
    yield replace(longest, id="whole_long", name=DEFINITIONS["whole_long"].name)  # the same line by another name
    yield _short_axis(stack, found.whole)


def small_reason(mask: NDArray[np.bool_]) -> str | None:
    """Return why a (slices, rows, columns) region is too small for a short axis or a 3D diameter, else None."""
    count = int(np.count_nonzero(mask))
    if count < MIN_VOXELS:
        return f"the region has {count} voxels; at least {MIN_VOXELS} are needed"
    if np.count_nonzero(mask.any(axis=(1, 2))) == 1:
        return "the region lies on one slice only"
    return None


def _diameter(measurement_id: str, stack: Stack, found: SliceDiameter | None, missing: str | None) -> Measurement:
    if found is None:
        return unmeasured(measurement_id, missing or reasons.NO_TUMOR)
    extra = {
        "feret_slice_center_mm": found.centers_mm,
        "crack_slice_mm": found.cracks_mm,
        "tilt_deg": stack.tilt_deg,
    }
    if found.corrected_mm is None:
        return unmeasured(measurement_id, reasons.ONE_VOXEL, extra)
    section = stack.regions[WHOLE].mask[found.slice_index]
    return measured(
        measurement_id,
        found.corrected_mm,
        note=stack.note,
        line=stack.line(found.slice_index, found.end_points),
        extra={**extra, "line_mm": found.line_mm, "inside_fraction": inside_fraction(section, found.end_points)},
        uncertainty=digitization(_direction(stack, found), stack.slices_to_ras, stack.tilt_deg),
    )


def _short_axis(stack: Stack, found: SliceDiameter | None) -> Measurement:
    whole = stack.regions[WHOLE]
    if found is None:
        return unmeasured("whole_short", whole.missing or reasons.NO_TUMOR)
    reason = small_reason(whole.mask)
    if reason is None and found.corrected_mm is None:
        reason = reasons.ONE_VOXEL
    if reason is not None:
        return unmeasured("whole_short", reason)
    across = np.cross(stack.normal_ras, _direction(stack, found))
    chord = longest_chord(whole.mask[found.slice_index], stack.pixel_vectors_mm, across)
    # A chord runs from edge to edge, the long axis by half a pixel less; of round shapes the short one would be longer.
    return measured(
        "whole_short",
        min(chord.length_mm, found.corrected_mm or math.inf),
        note=stack.note,
        line=stack.line(found.slice_index, chord.end_points),
        extra={"line_mm": chord.length_mm, "tilt_deg": stack.tilt_deg},
        uncertainty=digitization(across, stack.slices_to_ras, stack.tilt_deg),
    )


def _direction(stack: Stack, found: SliceDiameter) -> NDArray[np.float64]:
    """Return the direction in RAS of the line between voxel centers that gives the diameter."""
    return np.asarray((found.centers[1] - found.centers[0]) @ stack.pixel_vectors_mm)

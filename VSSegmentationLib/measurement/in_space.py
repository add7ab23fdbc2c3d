"""Measures in three dimensions: largest diameter, height, and the ellipsoid formula."""

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.measurement.definitions import WHOLE, Definitions, Line
from VSSegmentationLib.measurement.extent import longest_in_space
from VSSegmentationLib.measurement.extremes import true_indices
from VSSegmentationLib.measurement.in_slices import small_reason
from VSSegmentationLib.measurement.stack import Region, Stack, triplets
from VSSegmentationLib.measurement.uncertainty import digitization, no_limit
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.volumes import ellipsoid_cm3

FOR_OLD_REPORTS = "no limit of its own: only to compare with old reports; the volume by voxels is the one that counts"


def largest_in_space(definitions: Definitions, measurement_id: str, region: Region, dhw_to_ras: Affine) -> Measurement:
    """Return the measure of the longest line through a region.

    Args:
        definitions: Of the kind of tumor.
        measurement_id: One of them.
        region: Its mask is (D, H, W).
        dhw_to_ras: Grid of the mask.
    """
    # Along any axis, so that the answer does not depend on how the patient lies in the scanner.
    reasons_by_axis = [small_reason(np.moveaxis(region.mask, axis, 0)) for axis in range(3)]
    reason = region.missing or next((each for each in reasons_by_axis if each is not None), None)
    if reason is not None:
        return definitions.unmeasured(measurement_id, reason)
    found = longest_in_space(region.mask, dhw_to_ras)
    return definitions.measured(
        measurement_id,
        found.width_mm,
        note=region.note,
        line=Line(triplets(found.end_points_ras_mm)),
        extra={"feret_center_mm": found.centers_mm, "crack_mm": found.cracks_mm, "line_mm": found.width_mm},
        uncertainty=digitization(found.end_points_ras_mm[1] - found.end_points_ras_mm[0], dhw_to_ras),
    )


def ellipsoid(
    definitions: Definitions, measurement_id: str, long: Measurement, short: Measurement, height: Measurement
) -> Measurement:
    """Return the volume of an ellipsoid from the measurements of its three axes."""
    if long.value is None or short.value is None or height.value is None:
        return definitions.unmeasured(measurement_id, str(short.reason or long.reason or height.reason))
    value = ellipsoid_cm3(long.value, short.value, height.value)
    return definitions.measured(measurement_id, value, uncertainty=no_limit("%", FOR_OLD_REPORTS))


def height(definitions: Definitions, measurement_id: str, stack: Stack) -> Measurement:
    """Return the measure from the lowest to the highest slice that holds tumor."""
    whole = stack.regions[WHOLE]
    if whole.missing is not None:
        return definitions.unmeasured(measurement_id, whole.missing)
    filled = np.flatnonzero(whole.mask.any(axis=(1, 2)))
    low, high = filled[0] - 0.5, filled[-1] + 0.5
    value = float(high - low) * stack.slice_distance_mm
    center = geometry.transform_points(stack.slices_to_ras, true_indices(whole.mask).mean(axis=0))
    # Drawn through the center of the tumor, at a right angle to the slices.
    bottom = geometry.transform_points(stack.slices_to_ras, np.array((low, 0.0, 0.0)))
    start = center + ((bottom - center) @ stack.normal_ras) * stack.normal_ras
    return definitions.measured(
        measurement_id,
        value,
        note="; ".join(filter(None, (stack.note, whole.note))),
        line=Line(triplets(np.stack((start, start + value * stack.normal_ras)))),
        extra={"slices": len(filled), "line_mm": value, "tilt_deg": stack.tilt_deg},
        uncertainty=digitization(stack.normal_ras, stack.slices_to_ras, stack.tilt_deg),
    )

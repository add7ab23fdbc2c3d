"""Volumes by counting voxels; never from a smoothed surface, which loses a tenth and more of a small tumor."""

import math
from collections.abc import Iterator

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement.definitions import VOLUMES, measured, unmeasured
from VSSegmentationLib.measurement.regions import Tumor
from VSSegmentationLib.measurement.subject import undivided_reason
from VSSegmentationLib.measurement.uncertainty import volume_uncertainty
from VSSegmentationLib.measurement.value import Measurement


def volumes(tumor: Tumor | None) -> Iterator[Measurement]:
    """Yield `vol_total`, `vol_em`, `vol_im`; 0 for no tumor."""
    if tumor is None:
        for measurement_id in VOLUMES:
            yield measured(measurement_id, 0.0)
        return
    array = tumor.labelmap.array
    voxel_mm3 = geometry.voxel_volume_mm3(tumor.labelmap.dhw_to_ras)
    counts = {label: int(np.count_nonzero(array == label)) for label in Label}
    cm3 = {label: count * voxel_mm3 / 1000 for label, count in counts.items()}
    # Whole = the sum of its parts, not count x voxel, so that the printed parts add up to the last bit.
    total = cm3[Label.EXTRAMEATAL] + cm3[Label.INTRAMEATAL] + cm3[Label.UNDIVIDED_TUMOR]
    others = tumor.components[1:]
    extra = {
        "voxel_count": tumor.components[0].voxel_count,
        "volume_mm3": total * 1000,
        "other_components": len(others),
        "other_components_cm3": sum(c.volume_cm3 for c in others),
    }
    yield measured("vol_total", total, extra=extra, uncertainty=volume_uncertainty(total))
    undivided = undivided_reason(array)
    for measurement_id, label in VOLUMES.items():
        if label is None:
            continue
        if undivided is not None:
            yield unmeasured(measurement_id, undivided)
            continue
        extra = {"voxel_count": counts[label], "volume_mm3": cm3[label] * 1000}
        yield measured(measurement_id, cm3[label], extra=extra, uncertainty=volume_uncertainty(cm3[label]))


def ellipsoid_cm3(long_mm: float, short_mm: float, height_mm: float) -> float:
    """Return the volume of an ellipsoid with these full axes."""
    return math.pi / 6 * long_mm * short_mm * height_mm / 1000

"""Volumes by counting voxels; never from a smoothed surface, which loses a tenth and more of a small tumor."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.measurement.definitions import Definitions
from VSSegmentationLib.measurement.regions import Tumor
from VSSegmentationLib.measurement.uncertainty import volume_uncertainty
from VSSegmentationLib.measurement.value import Measurement, Uncertainty
from VSSegmentationLib.volume import Volume


class TumorVolumes:
    """The volume of every part of a tumor, of regions made of parts, and of the whole."""

    def __init__(
        self,
        tumor: Tumor,
        label_set: LabelSet,
        *,
        limit: Callable[[float], Uncertainty | None] = volume_uncertainty,
    ) -> None:
        """Count the voxels of every part.

        Args:
            tumor: As `find_tumor` returns it.
            label_set: What its values mean.
            limit: Of a volume in cm3, of human readers of this kind of tumor; those of schwannomas by default.
        """
        self._tumor, self._limit = tumor, limit
        voxel_mm3 = geometry.voxel_volume_mm3(tumor.labelmap.dhw_to_ras)
        self._counts = {value: int(np.count_nonzero(tumor.labelmap.array == value)) for value in label_set.tumor_values}
        self._cm3 = {value: count * voxel_mm3 / 1000 for value, count in self._counts.items()}

    def whole(self, definitions: Definitions, measurement_id: str) -> Measurement:
        """Return the volume of the whole tumor; other components are listed beside it, never added."""
        # The sum of its parts, not count x voxel, so that the printed parts add up to the last bit.
        total = sum(self._cm3.values())
        others = self._tumor.components[1:]
        extra = {
            "voxel_count": self._tumor.components[0].voxel_count,
            "volume_mm3": total * 1000,
            "other_components": len(others),
            "other_components_cm3": sum(c.volume_cm3 for c in others),
        }
        return self._volume(definitions, measurement_id, total, extra)

    def region(self, definitions: Definitions, measurement_id: str, values: tuple[int, ...]) -> Measurement:
        """Return the volume of the voxels that hold one of some values."""
        cm3 = sum(self._cm3[value] for value in values)
        extra = {"voxel_count": sum(self._counts[value] for value in values), "volume_mm3": cm3 * 1000}
        return self._volume(definitions, measurement_id, cm3, extra)

    def _volume(
        self, definitions: Definitions, measurement_id: str, cm3: float, extra: Mapping[str, float]
    ) -> Measurement:
        return definitions.measured(measurement_id, cm3, extra=extra, uncertainty=self._limit(cm3))


def all_tumor_cm3(labelmap: Volume, label_set: LabelSet) -> float:
    """Return the volume of all tumor voxels of a labelmap, whether they hang together or not."""
    voxels = int(np.count_nonzero(label_set.tumor_mask(labelmap.array)))
    return voxels * geometry.voxel_volume_mm3(labelmap.dhw_to_ras) / 1000


def ellipsoid_cm3(long_mm: float, short_mm: float, height_mm: float) -> float:
    """Return the volume of an ellipsoid with these full axes."""
    return math.pi / 6 * long_mm * short_mm * height_mm / 1000

"""Volumes of a vestibular schwannoma: whole, extrameatal, intrameatal."""

from collections.abc import Iterator

from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement.regions import Tumor
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS, measured, unmeasured
from VSSegmentationLib.measurement.vestibular_schwannoma.subject import undivided_reason
from VSSegmentationLib.measurement.volumes import TumorVolumes


def volumes(tumor: Tumor | None) -> Iterator[Measurement]:
    """Yield `vol_total`, `vol_em`, `vol_im`; 0 for no tumor."""
    if tumor is None:
        for measurement_id in ("vol_total", "vol_em", "vol_im"):
            yield measured(measurement_id, 0.0)
        return
    found = TumorVolumes(tumor, VESTIBULAR_SCHWANNOMA_LABELS)
    yield found.whole(DEFINITIONS, "vol_total")
    undivided = undivided_reason(tumor.labelmap.array)
    for measurement_id, label in (("vol_em", Label.EXTRAMEATAL), ("vol_im", Label.INTRAMEATAL)):
        if undivided is not None:
            yield unmeasured(measurement_id, undivided)
        else:
            yield found.region(DEFINITIONS, measurement_id, (label,))

"""What a run of the models knows beside the mask: landmarks that measures end at, and which organs it looks for."""

from collections.abc import Sequence
from dataclasses import replace

from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.reporting.report.provenance import Provenance
from VSSegmentationLib.tasks import Task


def landmarks_of(provenance: Provenance, task: Task) -> dict[str, Triplet]:
    """Return the points of a task that a run of the models found, RAS in mm; none where none ran.

    Raises:
        InputRefusedError: If the provenance holds something else in their place.
    """
    told = provenance.run.get("landmarks") or {}
    return {
        name: from_plain(Triplet, to_plain(told[name]), f"landmarks.{name}")  # type: ignore[arg-type]
        for name in task.landmarks
        if told.get(name) is not None
    }


def organs_of_model(measurements: Sequence[Measurement], provenance: Provenance, task: Task) -> tuple[Measurement, ...]:
    """Return measurements that say of an organ that the model does not give that it is not in this model.

    Args:
        measurements: Of a mask.
        provenance: Of the mask; where no model made it, nothing is changed.
        task: What kind of tumor was measured.
    """
    given = provenance.run.get("organs")
    if given is None:
        return tuple(measurements)
    missing = {
        measure: task.label_set.of_key(key).name.lower()
        for measure, key in task.measures_of_organs.items()
        if key not in given
    }
    return tuple(
        replace(each, reason=f"the {missing[each.id]} is not in this model")
        if each.value is None and each.id in missing
        else each
        for each in measurements
    )

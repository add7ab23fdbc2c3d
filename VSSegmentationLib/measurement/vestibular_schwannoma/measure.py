"""From a labelmap to its measurements."""

from collections.abc import Sequence

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.measurement.in_space import ellipsoid
from VSSegmentationLib.measurement.plane import MeatalPlane
from VSSegmentationLib.measurement.reasons import NO_TUMOR
from VSSegmentationLib.measurement.regions import crop_to_labels, find_tumor
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma.cochlea import cochlea_measures
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS, unmeasured
from VSSegmentationLib.measurement.vestibular_schwannoma.in_porus import (
    Fundus,
    depth_measures,
    policy_measures,
    size_measures,
)
from VSSegmentationLib.measurement.vestibular_schwannoma.in_slices import find_diameters, slice_measures
from VSSegmentationLib.measurement.vestibular_schwannoma.in_space import space_measures
from VSSegmentationLib.measurement.vestibular_schwannoma.subject import subject_of
from VSSegmentationLib.measurement.vestibular_schwannoma.volumes import volumes
from VSSegmentationLib.volume import Volume


def measure(
    labelmap: Volume,
    *,
    plane: MeatalPlane | None = None,
    fundus_ras_mm: Triplet | None = None,
    fundi_found_ras_mm: Sequence[Triplet] = (),
) -> tuple[Measurement, ...]:
    """Measure the largest connected tumor of a labelmap.

    Always the ids of `DEFINITIONS`, in that order. What cannot be measured has a reason in place of a value. Further
    components are listed by `components`, never added; a part in several pieces is measured along its largest one.

    Args:
        labelmap: (D, H, W) of `Label` values, on any grid: oblique, left-handed, sagittal.
        plane: The meatal plane if a person set it; None fits it to the interface of the parts. It gives directions and
            depths and does not divide: `split_by_plane` does.
        fundus_ras_mm: The tip of the fundus, if a person set it.
        fundi_found_ras_mm: Where a model found the tips of the fundi of both ears; the one of the tumor's ear counts
            where no person set one.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of `Label`.
    """
    around = crop_to_labels(labelmap, VESTIBULAR_SCHWANNOMA_LABELS)
    tumor = find_tumor(around.volume, VESTIBULAR_SCHWANNOMA_LABELS, around.start_dhw)
    if tumor is None:
        found = list(volumes(None))
    else:
        subject = subject_of(tumor, labelmap.dhw_to_ras, plane)
        lines = find_diameters(subject.stack)
        found = [
            *volumes(tumor),
            *slice_measures(subject.stack, lines),
            *size_measures(subject, lines),
            *space_measures(subject),
            *depth_measures(subject, Fundus(fundus_ras_mm, tuple(fundi_found_ras_mm))),
            *policy_measures(subject, lines),
        ]
    found += cochlea_measures(around.volume, tumor)
    by_id = {m.id: m for m in found}
    if tumor is not None:
        by_id["vol_ellipsoid"] = ellipsoid(
            DEFINITIONS, "vol_ellipsoid", by_id["whole_long"], by_id["whole_short"], by_id["whole_height"]
        )
    return tuple(by_id.get(name) or unmeasured(name, NO_TUMOR) for name in DEFINITIONS)

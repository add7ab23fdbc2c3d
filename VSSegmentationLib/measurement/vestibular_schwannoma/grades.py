"""Size grades that follow from measurements alone; what needs a radiologist's eye is left to one."""

import math
from collections.abc import Iterable

from VSSegmentationLib.measurement.grades import NOT_GRADED, Grade
from VSSegmentationLib.measurement.reasons import NO_TUMOR, ONE_VOXEL
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons

_KANZAKI = ((10, "1", "small"), (20, "2", "medium"), (30, "3", "moderately large"), (40, "4", "large"))
_GIANT = ("5", "giant")


def kanzaki_grade(em_max_axial: Measurement) -> Grade:
    """Return the size grade 0 to 5 of the largest extrameatal diameter, rounded half up to whole millimeters.

    An extrameatal part whose diameter rounds to 0 mm is grade 1, since grade 0 is for tumors without one.

    Args:
        em_max_axial: The measurement of that id.

    Source: Kanzaki et al., Otol Neurotol 2003;24:642-649, table as quoted in secondary literature.
    """
    if em_max_axial.reason == reasons.NO_EXTRAMEATAL:
        return _kanzaki("0", "intrameatal", None, "the tumor has no extrameatal part")
    if em_max_axial.reason == ONE_VOXEL:
        return _kanzaki("1", "small", 0.0, "the extrameatal part is at most one voxel in every slice")
    if em_max_axial.value is None:
        return _kanzaki(NOT_GRADED, "", None, f"no extrameatal diameter: {em_max_axial.reason}")
    raw = em_max_axial.value
    # Half up: Python's round() goes to the even number. 1e-9 undoes the noise of an oblique affine at the very border.
    rounded = math.floor(raw + 0.5 + 1e-9)
    value, meaning = next(((v, m) for limit, v, m in _KANZAKI if rounded <= limit), _GIANT)
    return _kanzaki(value, meaning, raw, f"largest extrameatal diameter {raw:.2f} mm, rounded to {rounded} mm")


def koos_prefill(measurements: Iterable[Measurement]) -> Grade:
    """Return `I` for a tumor without an extrameatal part, `II or higher` for any other; II to IV need a person.

    Args:
        measurements: As `measure` returns them; the volumes are used.

    Source: Koos et al., J Neurosurg 1998;88:506-512: grades II to IV differ by contact with and shift of the brainstem,
    which no mask of the tumor shows.
    """
    volumes = {m.id: m for m in measurements if m.id in ("vol_total", "vol_em")}
    total, extrameatal = volumes["vol_total"], volumes["vol_em"]
    if not total.value:
        return Grade(name="Koos", value=NOT_GRADED, raw_mm=None, reason=total.reason or NO_TUMOR)
    if extrameatal.value is None:
        return Grade(name="Koos", value=NOT_GRADED, raw_mm=None, reason=str(extrameatal.reason))
    if extrameatal.value == 0:
        return Grade(name="Koos", value="I", raw_mm=None, reason="the whole tumor is marked as intrameatal")
    return Grade(
        name="Koos",
        value="II or higher",
        raw_mm=None,
        reason="part of the tumor is extrameatal; II, III and IV depend on the brainstem and are entered by a person",
    )


def _kanzaki(value: str, meaning: str, raw_mm: float | None, reason: str) -> Grade:
    return Grade(name="Kanzaki 2003", value=value, raw_mm=raw_mm, reason=reason, meaning=meaning)

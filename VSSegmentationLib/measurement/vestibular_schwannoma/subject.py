"""What there is to measure: the tumor, its parts, the slices to measure in and the meatal plane, worked out once."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.connected import largest_piece
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement.chords import Chord
from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.plane import MeatalPlane, NoPlane
from VSSegmentationLib.measurement.regions import Tumor
from VSSegmentationLib.measurement.stack import Region, Stack, stack_of
from VSSegmentationLib.measurement.strands import thin_strands
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import EXTRAMEATAL, INTRAMEATAL
from VSSegmentationLib.measurement.vestibular_schwannoma.plane import plane_between


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """Everything that the measures of one tumor share."""

    tumor: Tumor
    regions: dict[str, Region]
    """Masks are (D, H, W) on the grid of `tumor.labelmap`."""
    stack: Stack
    plane: MeatalPlane | NoPlane
    chords: dict[tuple[str, int, bool], Chord] = field(default_factory=dict)
    """Region, slice, parallel to the plane or not: chords found so far, since two measures may ask for the same one."""

    @property
    def dhw_to_ras(self) -> Affine:
        """Grid of the regions."""
        return self.tumor.labelmap.dhw_to_ras


def subject_of(tumor: Tumor, scan_to_ras: Affine, plane: MeatalPlane | None) -> Subject:
    """Work out parts, slices and plane of a tumor.

    Args:
        tumor: As `find_tumor` returns it.
        scan_to_ras: `dhw_to_ras` of the whole labelmap.
        plane: The meatal plane if a person set it; None fits it to the parts.
    """
    array = tumor.labelmap.array
    undivided = undivided_reason(array)
    # Of `find_tumor`, so nothing but tumor is left. What is in the canal is no vessel, however thin.
    strands = thin_strands(array > 0, tumor.labelmap.dhw_to_ras, keep=array == Label.INTRAMEATAL)
    regions = {WHOLE: Region((array > 0) & ~strands.mask, None, strands.note)}
    for name, label, absent in (
        (EXTRAMEATAL, Label.EXTRAMEATAL, reasons.NO_EXTRAMEATAL),
        (INTRAMEATAL, Label.INTRAMEATAL, reasons.NO_INTRAMEATAL),
    ):
        mask = (array == label) & ~strands.mask
        missing = undivided or (None if mask.any() else absent)
        note = strands.note if label == Label.EXTRAMEATAL else ""
        regions[name] = Region(largest_piece(mask) if missing is None else np.zeros_like(mask), missing, note)
    return Subject(
        tumor=tumor,
        regions=regions,
        stack=stack_of(tumor, regions, scan_to_ras),
        plane=plane or plane_between(tumor.labelmap),
    )


def undivided_reason(array: NDArray[np.uint8]) -> str | None:
    """Return why the parts of a tumor can't be measured when some of it is not divided, else None."""
    if not (array == Label.UNDIVIDED_TUMOR).any():
        return None
    divided = np.isin(array, (Label.EXTRAMEATAL, Label.INTRAMEATAL)).any()
    return reasons.PARTLY_DIVIDED if divided else reasons.NOT_DIVIDED

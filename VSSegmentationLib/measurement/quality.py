"""What a reader of the measurements has to know about the mask they were taken from."""

from collections.abc import Iterator

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import number_pieces
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import axial
from VSSegmentationLib.measurement.plane import MeatalPlane, plane_between
from VSSegmentationLib.measurement.regions import Tumor, crop_to_labels, find_tumor
from VSSegmentationLib.volume import Volume

MAX_SPACING_MM = 3.0
MAX_RMS_MM = 1.0
_PLAUSIBLE_CM3 = (0.01, 60.0)


def labelmap_warnings(labelmap: Volume) -> tuple[str, ...]:
    """Return what a reader of the measurements has to know about the mask, as full sentences; empty if all is usual.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of `Label`.
    """
    tumor = find_tumor(*crop_to_labels(labelmap))
    if tumor is None:
        return ()
    return (*_about_components(tumor), *_about_parts(tumor), *_about_place(tumor, labelmap), *_about_grid(labelmap))


def _about_components(tumor: Tumor) -> Iterator[str]:
    first, *others = tumor.components
    if others:
        left_out = sum(c.volume_cm3 for c in others)
        word = "component" if len(others) == 1 else "components"
        yield (
            f"The mask has {len(others)} further {word} ({left_out:.3f} cm3 in total): "
            "only the largest one was measured."
        )
    low, high = _PLAUSIBLE_CM3
    opposite = [c for c in others if c.center_ras_mm[0] * first.center_ras_mm[0] < 0 and c.volume_cm3 >= low]
    if opposite:
        yield "Tumor is marked on both sides of the patient: each side needs measurements of its own."
    if not low <= first.volume_cm3 <= high:
        yield (
            f"The tumor volume of {first.volume_cm3:.3f} cm3 lies outside the usual {low} to {high:g} cm3: "
            "check the mask."
        )


def _about_parts(tumor: Tumor) -> Iterator[str]:
    array = tumor.labelmap.array
    for word, label in (("extrameatal", Label.EXTRAMEATAL), ("intrameatal", Label.INTRAMEATAL)):
        pieces = len(number_pieces(array == label).voxel_counts)
        if pieces > 1:
            yield f"The {word} part is in {pieces} pieces: its lengths were measured on the largest one."
    plane = plane_between(tumor.labelmap)
    if isinstance(plane, MeatalPlane) and plane.rms_mm > MAX_RMS_MM:
        yield (
            f"The boundary between both parts is not flat (RMS {plane.rms_mm:.1f} mm from its plane): dividing the "
            "tumor anew by a plane would change it."
        )


def _about_place(tumor: Tumor, labelmap: Volume) -> Iterator[str]:
    last = np.array(tumor.start_dhw) + tumor.labelmap.shape  # the tumor's grid is cropped to it
    if min(tumor.start_dhw) == 0 or (last == labelmap.shape).any():
        yield "The tumor touches the border of the image: part of it may be missing from every value."


def _about_grid(labelmap: Volume) -> Iterator[str]:
    largest = max(labelmap.spacing_dhw_mm)
    if largest > MAX_SPACING_MM:
        yield f"The voxels are {largest:.1f} mm long, more than {MAX_SPACING_MM:g}: small tumors are measured poorly."
    if axial.is_too_tilted(labelmap.dhw_to_ras):
        tilt = geometry.tilt_from_axial_deg(labelmap.dhw_to_ras)
        yield (
            f"The slices are tilted by {tilt:.0f} degrees from axial, more than {axial.MAX_TILT_DEG:.0f}: axial "
            "lengths were measured on a resliced mask."
        )

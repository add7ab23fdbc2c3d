"""What a reader of any measurements has to know about the mask they were taken from, as full sentences."""

from collections.abc import Iterator

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.measurement import axial
from VSSegmentationLib.measurement.regions import Tumor
from VSSegmentationLib.volume import Volume

MAX_SPACING_MM = 3.0


def about_components(tumor: Tumor) -> Iterator[str]:
    """Tell of components that were left out."""
    others = tumor.components[1:]
    if others:
        left_out = sum(c.volume_cm3 for c in others)
        word = "component" if len(others) == 1 else "components"
        yield (
            f"The mask has {len(others)} further {word} ({left_out:.3f} cm3 in total): "
            "only the largest one was measured."
        )


def about_volume(tumor: Tumor, usual_cm3: tuple[float, float]) -> Iterator[str]:
    """Tell of a volume outside a usual range."""
    low, high = usual_cm3
    volume_cm3 = tumor.components[0].volume_cm3
    if not low <= volume_cm3 <= high:
        yield (
            f"The tumor volume of {volume_cm3:.3f} cm3 lies outside the usual {low} to {high:g} cm3: check the mask."
        )


def about_place(tumor: Tumor, labelmap: Volume) -> Iterator[str]:
    """Tell of a tumor that may be cut off."""
    last = np.array(tumor.start_dhw) + tumor.labelmap.shape  # the tumor's grid is cropped to it
    if min(tumor.start_dhw) == 0 or (last == labelmap.shape).any():
        yield "The tumor touches the border of the image: part of it may be missing from every value."


def about_grid(labelmap: Volume) -> Iterator[str]:
    """Tell of voxels and slices that measure poorly."""
    largest = max(labelmap.spacing_dhw_mm)
    if largest > MAX_SPACING_MM:
        yield f"The voxels are {largest:.1f} mm long, more than {MAX_SPACING_MM:g}: small tumors are measured poorly."
    if axial.is_too_tilted(labelmap.dhw_to_ras):
        tilt = geometry.tilt_from_axial_deg(labelmap.dhw_to_ras)
        yield (
            f"The slices are tilted by {tilt:.0f} degrees from axial, more than {axial.MAX_TILT_DEG:.0f}: axial "
            "lengths were measured on a resliced mask."
        )

"""Where a point lies, as a person finds it again in a viewer: by the number of the slice, and in mm."""

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.measurement.axial import is_too_tilted
from VSSegmentationLib.volume import Volume


def place_words(grid: Volume, point_ras_mm: Triplet) -> str:
    """Return `slice 24 of 40 (the first is the lowest), R 12.3 A -4.5 S 10.2 mm`.

    Slices are counted from 1 in the order of the file; which end that begins at is told, since viewers differ in it.
    Coordinates are those that 3D Slicer shows. On a tilted scan no slice holds an axial plane, and only they are told.
    """
    right, anterior, superior = point_ras_mm
    place = f"R {right:.1f} A {anterior:.1f} S {superior:.1f} mm"
    if is_too_tilted(grid.dhw_to_ras):
        return place
    axis = geometry.axial_axis(grid.dhw_to_ras)
    index = geometry.transform_points(geometry.as_affine(np.linalg.inv(grid.dhw_to_ras)), np.array(point_ras_mm))[axis]
    number = int(np.clip(round(float(index)), 0, grid.shape[axis] - 1)) + 1
    first = "lowest" if grid.dhw_to_ras[2, axis] > 0 else "highest"
    return f"slice {number} of {grid.shape[axis]} (the first is the {first}), {place}"

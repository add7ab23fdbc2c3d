import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, oblique, sagittal
from VSSegmentationLib.reporting.report.place import place_words
from VSSegmentationLib.volume import Volume

GRID = Volume(np.zeros((40, 30, 20), np.uint8), axial_affine((1.5, 1.0, 1.0), (-10.0, -15.0, -30.0)))


@pytest.mark.parametrize(("superior_mm", "number"), [(-30.0, 1), (-29.3, 1), (4.5, 24), (28.5, 40), (99.0, 40)])
def test_slices_are_counted_from_1_in_the_order_of_the_file(superior_mm, number):
    told = place_words(GRID, (1.25, -4.5, superior_mm))
    assert told == f"slice {number} of 40 (the first is the lowest), R 1.2 A -4.5 S {superior_mm:.1f} mm"


def test_stack_that_runs_downward_begins_at_the_highest_slice():
    affine = GRID.dhw_to_ras.copy()
    affine[2, 0], affine[2, 3] = -1.5, 28.5
    told = place_words(Volume(GRID.array, affine), (0.0, 0.0, 4.5))
    assert told.startswith("slice 17 of 40 (the first is the highest)")


def test_scan_of_other_slices_is_counted_along_its_axial_planes_and_a_tilted_one_is_not_counted():
    assert place_words(sagittal(GRID), (0.0, 0.0, 4.5)).startswith("slice 24 of 40")
    assert place_words(oblique(GRID, 40.0), (0.0, 0.0, 4.5)) == "R 0.0 A 0.0 S 4.5 mm"

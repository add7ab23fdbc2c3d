"""Warnings of a usable scan, on a head made of shells: skin, dark bone, brain with brighter fluid around it, air."""

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from VSSegmentationLib.imageio.suspicions import intensity_warnings, left_right_extent_mm

SHAPE = (40, 60, 50)
RADIUS = np.linalg.norm(np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in SHAPE], indexing="ij")), axis=0)


def head(*, bone=40.0, outside=15.0):
    """Air and noise outside, skin fading into it, a dark skull, and tissue of 200 to 400 within."""
    rng = np.random.default_rng(0)
    inside = np.select(
        [RADIUS < 0.5, RADIUS < 0.6, RADIUS < 0.7, RADIUS < 0.8, RADIUS < 0.83, RADIUS < 0.86],
        [250.0, 400.0, bone, 350.0, 150.0, 60.0],
        outside,
    )
    return np.abs(inside + rng.normal(0, 10, SHAPE)).astype(np.float32)


def told(array, word):
    return any(word in warning for warning in intensity_warnings(array))


def test_a_whole_head_is_not_suspected():
    assert intensity_warnings(head()) == ()


def test_a_head_in_air_set_to_zero_is_not_taken_for_skull_stripped():
    assert not told(np.where(RADIUS < 0.86, head(), np.float32(0)), "skull-stripped")


@pytest.mark.parametrize("background", [0.0, -1.0])
def test_a_brain_cut_out_of_its_skull_is_suspected(background):
    assert told(np.where(RADIUS < 0.6, head(), np.float32(background)), "skull-stripped")


def test_a_normalized_brain_on_a_background_in_the_midst_of_its_values_is_suspected():
    brain = RADIUS < 0.6
    values = (head() - head()[brain].mean()) / head()[brain].std()
    assert told(np.where(brain, values, np.float32(0)).astype(np.float32), "skull-stripped")


def test_a_block_in_a_constant_frame_is_suspected_to_be_a_crop():
    framed = np.zeros(SHAPE, np.float32)
    framed[10:30, 15:45, 10:40] = head()[10:30, 15:45, 10:40]
    assert told(framed, "frame of one constant value")


def test_intensities_cut_off_at_the_top_are_suspected():
    assert told(np.minimum(head(), 330), "share the highest value")


def test_a_few_saturated_voxels_are_not():
    array = head()
    array[20, 30, 20:26] = 4095
    assert intensity_warnings(array) == ()


def test_left_right_extent_is_found_on_an_oblique_grid():
    assert left_right_extent_mm(turned_affine((5, -5, 10), (1.5, 0.5, 0.7)), (40, 300, 160)) == pytest.approx(112)


@pytest.mark.parametrize(("share", "suspected"), [(0.004, False), (0.006, True)])
def test_from_half_a_percent_at_the_highest_value_on_intensities_look_cut_off(share, suspected):
    array = head()
    array.flat[np.random.default_rng(1).choice(array.size, round(share * array.size), replace=False)] = 4095
    assert told(array, "share the highest value") is suspected

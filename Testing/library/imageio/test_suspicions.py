"""Warnings of a usable scan, on a head made of shells: skin, dark bone, brain with brighter fluid around it, air."""

from dataclasses import replace

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE
from VSSegmentationLib.imageio.suspicions import (
    _sharp_edge,
    intensity_warnings,
    left_right_extent_mm,
    scan_warnings,
)
from VSSegmentationLib.volume import Volume

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


def different_values(*shape: int) -> np.ndarray:
    """No two voxels alike, in no order."""
    size = int(np.prod(shape))
    return np.random.default_rng(0).permutation(np.arange(1, size + 1)).astype(np.float32).reshape(shape)


def scanned(*, columns: int) -> Volume:
    """Slices 3 mm apart, and columns of 2 mm from left to right."""
    return Volume(different_values(9, 45, columns), geometry.axial_stack_affine((3.0, 2.0, 2.0)))


def test_slices_of_3_mm_and_90_mm_from_left_to_right_are_enough():
    assert scan_warnings(scanned(columns=45), 3.0, CEREBELLOPONTINE_ANGLE) == ()
    (narrow,) = scan_warnings(scanned(columns=44), 3.0, CEREBELLOPONTINE_ANGLE)
    assert "only 88 mm from left to right" in narrow
    (thick,) = scan_warnings(scanned(columns=45), 3.1, CEREBELLOPONTINE_ANGLE)
    assert "3.1 mm thick or apart, more than 3 mm" in thick


def test_where_sides_mean_nothing_no_scan_is_too_narrow():
    assert scan_warnings(scanned(columns=20), 3.0, replace(CEREBELLOPONTINE_ANGLE, both_sides_mm=None)) == ()


def in_frame(*, of_frame: int, holes: int = 0) -> np.ndarray:
    """2000 voxels in slices of 250, so many of them zeros at one end, and holes in what is left."""
    array = different_values(8, 10, 25)
    array.flat[:of_frame] = 0
    places = np.arange(of_frame + 5, 2000, 13)[:holes]
    array.flat[places] = 0
    return array


def test_a_frame_counts_from_a_quarter_of_the_image_on():
    (warning,) = intensity_warnings(in_frame(of_frame=500))
    assert "looks cropped: 25% of it is a frame" in warning
    assert intensity_warnings(in_frame(of_frame=499)) == ()


@pytest.mark.parametrize(("holes", "is_block"), [(49, True), (51, False)])
def test_a_block_in_a_frame_may_have_a_twentieth_of_holes(holes, is_block):
    assert told(in_frame(of_frame=1000, holes=holes), "frame of one constant value") is is_block


def test_a_missing_skull_is_not_told_where_it_is_usual():
    brain = np.where(RADIUS < 0.6, head(), np.float32(0))
    assert told(brain, "skull-stripped")
    assert intensity_warnings(brain, with_skull=False) == ()


@pytest.mark.parametrize(("clipped", "suspected"), [(5, True), (4, False)])
def test_half_a_percent_of_what_is_no_background_looks_cut_off(clipped, suspected):
    array = different_values(8, 8, 16)
    array.flat[:24] = 0  # which leaves 1000
    array.flat[-clipped:] = 5000
    assert told(array, "share the highest value") is suspected


def row(edge: float, **counts: int) -> np.ndarray:
    """A background of 0, one voxel of tissue that touches it, and more behind: `v14` is 14, `n14` is -14."""
    values = {float(name.replace("v", "").replace("n", "-")): count for name, count in counts.items()}
    return np.array([[[0, edge, *np.repeat(list(values), list(values.values()))]]], np.float32)


@pytest.mark.parametrize(
    ("array", "is_sharp"),
    [
        # Four fifths of the usual brightness at the edge: there the brain ends. Fainter, it is the rim of the skin.
        (row(80, v100=399, v14=100), True),
        (row(79, v100=399, v14=100), False),
        # Half of it will do where no more than a fiftieth is dark.
        (row(50, v100=489, v14=10), True),
        (row(50, v100=488, v14=11), False),
        (row(49, v100=499), False),
        # Dark is below 15 % of the brightest tenth.
        (row(30, v60=399, v9=100), True),
        (row(30, v60=399, v8=100), False),
        (row(50, v100=350, v20=100, v200=50), True),
        (row(50, v100=349, v20=100, v200=51), False),
        # A background above all tissue is as good as one below.
        (row(-80, n100=399, n14=100), True),
        (row(-79, n100=399, n14=100), False),
        # In the midst of tissue it was put there; but not where a hundredth, or an interpolated one, lies beyond.
        (row(49, v100=490, n100=9), True),
        (row(49, v100=495, n100=4), False),
        (row(-49, n100=495, v100=4), False),
        (row(49, v100=49, n49=1), False),
    ],
)
@pytest.mark.parametrize("background", [0.0, 1000.0])
def test_tissue_ends_sharply_where_it_is_bright_at_the_background_and_nowhere_dark(array, is_sharp, background):
    assert _sharp_edge(array + np.float32(background), np.float32(background)) is is_sharp

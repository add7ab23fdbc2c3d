import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, labeled
from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import soft_volume
from VSSegmentationLib.volume import Volume

SPACING = (1.5, 0.4, 0.4)


def fractions(axes_mm, offset_mm, fine: int = 9) -> Volume:
    """How much of each voxel lies inside an ellipsoid, by a finer grid."""
    counts = [2 * (int(np.ceil(a / 2 / s)) + 3) + 1 for a, s in zip(axes_mm, SPACING, strict=True)]
    coordinates = [
        ((np.arange(n * fine) + 0.5) / fine - n / 2) * s - o for n, s, o in zip(counts, SPACING, offset_mm, strict=True)
    ]
    z, y, x = np.meshgrid(*coordinates, indexing="ij", sparse=True)
    inside = (z / (axes_mm[0] / 2)) ** 2 + (y / (axes_mm[1] / 2)) ** 2 + (x / (axes_mm[2] / 2)) ** 2 <= 1
    blocks = inside.reshape(counts[0], fine, counts[1], fine, counts[2], fine)
    return Volume(blocks.mean(axis=(1, 3, 5)), axial_affine(SPACING))


def mask_of(probability: Volume) -> Volume:
    return labeled(probability.array >= 0.5, SPACING, Label.UNDIVIDED_TUMOR)


@pytest.mark.parametrize("offset", [(0.0, 0.0, 0.0), (0.4, 0.1, 0.15), (0.7, 0.2, 0.05)])
def test_voxel_fractions_of_a_small_tumor_add_up_to_its_volume_within_1_percent(offset):
    axes = (4.0, 3.0, 2.6)
    probability = fractions(axes, offset)
    found = soft_volume(probability, mask_of(probability))
    assert found.value * 1000 == pytest.approx(np.pi / 6 * np.prod(axes), rel=0.01)
    assert (found.id, found.region, found.unit) == ("vol_soft", "whole", "cm3")


def test_probability_far_from_the_mask_does_not_count():
    probability = fractions((4.0, 3.0, 2.6), (0.0, 0.0, 0.0))
    alone = soft_volume(probability, mask_of(probability)).value
    padded = np.pad(probability.array, 10)
    mask = np.pad(mask_of(probability).array, 10)
    padded[0, 0, 0] = padded[-1, -1, -1] = 0.4
    there = soft_volume(Volume(padded, axial_affine(SPACING)), Volume(mask, axial_affine(SPACING)))
    assert there.value == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize("start", [0, 6])
def test_probability_counts_up_to_two_voxels_round_the_largest_tumor_and_not_round_another(start):
    """64 voxels of certain tumor, an eighth of one just within reach, and others just beyond it, in each direction."""
    probability, mask = np.zeros((20, 20, 20)), np.zeros((20, 20, 20), np.uint8)
    largest = slice(start, start + 4)
    mask[largest, largest, largest] = mask[15:17, 15:17, 15:17] = Label.UNDIVIDED_TUMOR
    probability[mask > 0] = 1.0
    inside = start + 1
    probability[start + 5, inside, inside] = 0.125
    probability[start + 6, inside, inside] = probability[inside, start + 6, inside] = 0.25
    probability[inside, inside, start + 6] = probability[start + 6, start + 6, start + 6] = 0.25
    found = soft_volume(Volume(probability, axial_affine(SPACING)), Volume(mask, axial_affine(SPACING)))
    assert found.value * 1000 == pytest.approx(64.125 * np.prod(SPACING), rel=1e-9)


def test_edited_labelmap_has_no_soft_volume():
    probability = fractions((4.0, 3.0, 2.6), (0.0, 0.0, 0.0))
    found = soft_volume(probability, mask_of(probability), edited=True)
    assert found.value is None
    assert "edited" in found.reason


def test_no_tumor_has_no_soft_volume():
    empty = Volume(np.zeros((3, 4, 5), np.uint8), np.eye(4))
    assert soft_volume(Volume(np.full((3, 4, 5), 0.1), np.eye(4)), empty).reason == "no tumor is segmented"


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan])
def test_values_that_are_no_probabilities_are_refused(wrong):
    labelmap = Volume(np.ones((3, 4, 5), np.uint8), np.eye(4))
    with pytest.raises(InputRefusedError, match="probabilities must lie within 0 to 1"):
        soft_volume(Volume(np.full((3, 4, 5), wrong), np.eye(4)), labelmap)


def test_probability_on_another_grid_is_refused():
    labelmap = Volume(np.ones((3, 4, 5), np.uint8), np.eye(4))
    with pytest.raises(GeometryError, match="must share one grid"):
        soft_volume(Volume(np.ones((3, 4, 5)), axial_affine((1, 1, 1))), labelmap)

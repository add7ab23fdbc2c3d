import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ice_cream, left_handed, oblique, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.regions import find_tumor
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import EXTRAMEATAL, INTRAMEATAL
from VSSegmentationLib.measurement.vestibular_schwannoma.subject import subject_of, undivided_reason
from VSSegmentationLib.volume import Volume

GRIDS = [lambda v: v, sagittal, left_handed, oblique, lambda v: oblique(left_handed(sagittal(v)), 25.0)]


@pytest.mark.parametrize("grid", GRIDS)
def test_stack_leads_every_voxel_of_a_slice_to_where_the_labelmap_has_it(grid):
    labelmap = grid(ice_cream((1.5, 0.4, 0.4)))
    stack = subject_of(find_tumor(labelmap, VESTIBULAR_SCHWANNOMA_LABELS), labelmap.dhw_to_ras, None).stack
    assert stack.slices_to_ras.shape == (4, 4)
    index = np.argwhere(stack.regions[EXTRAMEATAL].mask)
    points = geometry.transform_points(stack.slices_to_ras, index)
    there = np.round(geometry.transform_points(np.linalg.inv(labelmap.dhw_to_ras), points)).astype(int)
    assert (labelmap.array[tuple(there.T)] == 1).all()
    assert (there[:, stack.axis] == index[:, 0] + stack.first_slice).all()


@pytest.mark.parametrize("grid", GRIDS)
def test_slice_normal_and_distance_are_those_of_axial_slices_of_1_5_mm(grid):
    labelmap = grid(ice_cream((1.5, 0.4, 0.4)))
    stack = subject_of(find_tumor(labelmap, VESTIBULAR_SCHWANNOMA_LABELS), labelmap.dhw_to_ras, None).stack
    assert stack.slice_distance_mm == pytest.approx(1.5)
    assert stack.normal_ras @ stack.pixel_vectors_mm.T == pytest.approx([0, 0], abs=1e-12)
    assert np.linalg.norm(stack.normal_ras) == pytest.approx(1)


def test_regions_of_a_resliced_stack_share_one_grid_and_keep_their_volume():
    labelmap = oblique(ice_cream((0.5, 0.5, 0.5)), 45.0, (0.0, 1.0, 0.0))
    stack = subject_of(find_tumor(labelmap, VESTIBULAR_SCHWANNOMA_LABELS), labelmap.dhw_to_ras, None).stack
    assert stack.axis is None
    voxel_mm3 = geometry.voxel_volume_mm3(stack.slices_to_ras)
    for name, volume_mm3 in ((WHOLE, 2242.125), (EXTRAMEATAL, 2065.5), (INTRAMEATAL, 176.625)):
        mask = stack.regions[name].mask
        assert mask.shape == stack.regions[WHOLE].mask.shape
        assert mask.sum() * voxel_mm3 == pytest.approx(volume_mm3, rel=0.05)


def test_parts_are_their_largest_pieces():
    array = np.zeros((6, 20, 20), np.uint8)
    array[1:5, 5:15, 5:15] = 2
    array[1:5, 5:15, 2:5] = array[1:3, 5:8, 15:17] = 1
    labelmap = Volume(array, axial_affine((1.0, 1.0, 1.0)))
    subject = subject_of(find_tumor(labelmap, VESTIBULAR_SCHWANNOMA_LABELS), labelmap.dhw_to_ras, None)
    assert subject.regions[EXTRAMEATAL].mask.sum() == 120
    assert subject.regions[WHOLE].mask.sum() == 400 + 120 + 12


def test_tumor_is_undivided_in_whole_or_in_part():
    assert undivided_reason(np.array([[[0, 4, 4]]], np.uint8)) == "the tumor is not divided"
    assert undivided_reason(np.array([[[1, 4, 0]]], np.uint8)) == "part of the tumor is not divided"
    assert undivided_reason(np.array([[[1, 2, 3]]], np.uint8)) is None


def test_a_strand_is_noted_beside_the_whole_and_the_extrameatal_part_which_are_measured_without_it():
    array = np.zeros((9, 9, 30), np.uint8)
    array[1:8, 1:8, 4:8], array[1:8, 1:8, 1:4] = Label.EXTRAMEATAL, Label.INTRAMEATAL
    array[4, 4, 8:19] = Label.EXTRAMEATAL
    labelmap = Volume(array, axial_affine((1.0, 1.0, 1.0)))
    tumor = find_tumor(labelmap, VESTIBULAR_SCHWANNOMA_LABELS)
    regions = subject_of(tumor, labelmap.dhw_to_ras, None).regions
    assert {name: bool(region.note) for name, region in regions.items()} == {
        "whole": True, "extrameatal": True, "intrameatal": False,
    }  # fmt: skip
    assert int(regions["whole"].mask.sum()) == 7 * 7 * 7 + 2

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ice_cream, oblique
from VSSegmentationLib import geometry
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement import components
from VSSegmentationLib.measurement.regions import boundary_points, find_tumor, is_same_tumor, nearest_piece
from VSSegmentationLib.volume import Volume


def three_boxes() -> Volume:
    array = np.zeros((12, 30, 40), np.uint8)
    array[1:3, 2:4, 2:5] = Label.INTRAMEATAL  # 12
    array[4:8, 10:20, 10:20] = Label.EXTRAMEATAL  # 400
    array[5:7, 25:28, 30:34] = Label.UNDIVIDED_TUMOR  # 24
    array[9:11, 2:9, 2:9] = Label.COCHLEA
    return Volume(array, axial_affine((1.0, 0.5, 0.5), (-7.0, 3.0, 11.0)))


def test_components_are_listed_from_the_largest_with_their_volume_and_place():
    found = components(three_boxes())
    assert [c.voxel_count for c in found] == [400, 24, 12]
    assert [c.volume_cm3 for c in found] == pytest.approx([0.1, 0.006, 0.003])
    # mean index (5.5, 14.5, 14.5) on a grid that begins at (-7, 3, 11)
    assert found[0].center_ras_mm == pytest.approx((-7 + 7.25, 3 + 7.25, 11 + 5.5))


def test_component_centers_turn_with_the_patient():
    turned = oblique(three_boxes())
    expected = geometry.transform_points(turned.dhw_to_ras, np.array((5.5, 14.5, 14.5)))
    assert components(turned)[0].center_ras_mm == pytest.approx(tuple(expected))


def test_voxels_that_meet_at_a_corner_are_one_component():
    array = np.zeros((2, 2, 2), np.uint8)
    array[0, 0, 0] = array[1, 1, 1] = Label.EXTRAMEATAL
    assert len(components(Volume(array, np.eye(4)))) == 1


def test_both_parts_of_one_tumor_are_one_component():
    assert len(components(ice_cream((1.5, 0.4, 0.4)))) == 1


def test_nothing_has_no_components():
    assert components(Volume(np.zeros((3, 4, 5), np.uint8), np.eye(4))) == ()


def test_tumor_is_cropped_to_itself_and_remembers_where_it_was():
    labelmap = three_boxes()
    tumor = find_tumor(labelmap, VESTIBULAR_SCHWANNOMA_LABELS)
    assert (tumor.labelmap.shape, tumor.start_dhw) == ((4, 10, 10), (4, 10, 10))
    corner = geometry.transform_points(labelmap.dhw_to_ras, np.array((4, 10, 10)))
    assert tumor.labelmap.dhw_to_ras[:3, 3] == pytest.approx(corner)


def test_piece_nearest_to_a_point_is_found_however_small_it_is():
    labelmap = three_boxes()
    near_small = geometry.transform_points(labelmap.dhw_to_ras, np.array((0, 0, 0))).tolist()
    assert len(nearest_piece(labelmap, VESTIBULAR_SCHWANNOMA_LABELS, tuple(near_small))) == 12
    assert (
        labelmap.array[tuple(nearest_piece(labelmap, VESTIBULAR_SCHWANNOMA_LABELS, tuple(near_small)).T)]
        == Label.INTRAMEATAL
    ).all()


def test_boundary_points_lie_on_the_faces_of_the_cochlea():
    points = boundary_points(three_boxes(), (Label.COCHLEA,))
    index = geometry.transform_points(np.linalg.inv(three_boxes().dhw_to_ras), points)
    assert index.min(axis=0) == pytest.approx((8.5, 1.5, 1.5))
    assert index.max(axis=0) == pytest.approx((10.5, 8.5, 8.5))
    assert boundary_points(ice_cream((1.5, 0.4, 0.4)), (Label.COCHLEA,)).shape == (0, 3)


@pytest.mark.parametrize(
    ("center", "voxels"), [((5.5, 14.5, 14.5), 400), ((5.5, 26.0, 31.5), 24), ((1.5, 2.5, 3.0), 12)]
)
@pytest.mark.parametrize("turned", [False, True])
def test_the_piece_round_a_point_is_the_nearest_to_it_wherever_the_scan_lies(center, voxels, turned):
    labelmap = oblique(three_boxes()) if turned else three_boxes()
    point = geometry.transform_points(labelmap.dhw_to_ras, np.array(center)).tolist()
    assert len(nearest_piece(labelmap, VESTIBULAR_SCHWANNOMA_LABELS, tuple(point))) == voxels


def test_of_nothing_no_piece_is_the_nearest():
    empty = Volume(np.zeros((3, 4, 5), np.uint8), np.eye(4))
    assert nearest_piece(empty, VESTIBULAR_SCHWANNOMA_LABELS, (0.0, 0.0, 0.0)).shape == (0, 3)


def tumor_at(*boxes: tuple[slice, slice, slice]) -> Volume:
    array = np.zeros((9, 9, 9), np.uint8)
    for where in boxes:
        array[where] = Label.EXTRAMEATAL
    return Volume(array, np.eye(4))


CORNER = (slice(5), slice(5), slice(5))
EDGES = ((slice(1), slice(9), slice(9)), (slice(9), slice(1), slice(9)))
"""Two plates that meet at an edge; their box is the whole grid."""
INSIDE = (slice(3, 8), slice(3, 8), slice(3, 8))


@pytest.mark.parametrize(
    ("before", "after", "are_one"),
    [
        (tumor_at(CORNER), tumor_at((slice(4, 9), slice(4, 9), slice(4, 9))), True),  # a voxel in common
        (tumor_at(CORNER), tumor_at((slice(5, 9), slice(4, 9), slice(4, 9))), False),
        (tumor_at(*EDGES), tumor_at(INSIDE), False),  # in its box, and none of its voxels
        (tumor_at(INSIDE), tumor_at(*EDGES), False),
        (tumor_at(INSIDE), tumor_at((slice(7, 9), slice(7, 9), slice(7, 9))), True),
        (tumor_at(INSIDE), tumor_at(INSIDE, (slice(1), slice(1), slice(1))), True),
        (tumor_at(CORNER), tumor_at(), False),
        (tumor_at(), tumor_at(CORNER), False),
        (tumor_at(), tumor_at(), True),
    ],
)
def test_tumors_are_the_same_where_they_share_a_voxel(before, after, are_one):
    assert is_same_tumor(before, after, VESTIBULAR_SCHWANNOMA_LABELS) is are_one

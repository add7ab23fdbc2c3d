import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, box, ice_cream, labeled, oblique
from VSSegmentationLib import geometry
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import components, labelmap_warnings
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


def test_nothing_has_no_components_and_no_warnings():
    empty = Volume(np.zeros((3, 4, 5), np.uint8), np.eye(4))
    assert components(empty) == ()
    assert labelmap_warnings(empty) == ()


def test_usual_mask_has_no_warnings():
    assert labelmap_warnings(ice_cream((1.5, 0.4, 0.4))) == ()


def test_further_components_are_warned_of_with_their_number_and_volume():
    assert any("2 further components (0.009 cm3 in total)" in w for w in labelmap_warnings(three_boxes()))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, 1])
def test_tumor_at_any_border_of_the_image_is_warned_of(axis, end):
    margins = [(2, 2)] * 3
    margins[axis] = (2, 0) if end else (0, 2)
    inside = labeled(np.pad(np.ones((3, 4, 5), dtype=bool), 2), (1, 1, 1))
    at_border = labeled(np.pad(np.ones((3, 4, 5), dtype=bool), margins), (1, 1, 1))
    assert not any("touches the border" in w for w in labelmap_warnings(inside))
    assert any("touches the border" in w for w in labelmap_warnings(at_border))


@pytest.mark.parametrize("side", [1, 100])
def test_volume_of_no_usual_tumor_is_warned_of(side):
    warnings = labelmap_warnings(labeled(box((side, side, side)), (1, 1, 1)))
    assert len(warnings) == 1
    assert "outside the usual 0.01 to 60 cm3" in warnings[0]

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, oblique
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import MeatalPlane, labelmap_warnings, measure, measure_sides
from VSSegmentationLib.volume import Volume


def both_ears(small_right: int = 8) -> Volume:
    """W runs to the patient's right; R = 0 is the middle. The tumor on the left is the larger one."""
    array = np.zeros((12, 30, 100), np.uint8)
    array[3:9, 8:20, 10:20] = Label.INTRAMEATAL
    array[3:9, 8:20, 20:32] = Label.EXTRAMEATAL
    array[4:8, 10:18, 75 : 75 + small_right] = Label.INTRAMEATAL
    return Volume(array, axial_affine((1.5, 0.5, 0.5), (-24.75, -7.0, -9.0)))


def test_each_side_is_measured_on_its_own_the_right_one_first():
    right, left = measure_sides(both_ears())
    assert (right.side, left.side) == ("right", "left")
    assert right.measurements[0].value == pytest.approx(4 * 8 * 8 * 0.375 / 1000)
    assert left.measurements[0].value == pytest.approx(6 * 12 * 22 * 0.375 / 1000)
    assert right.measurements[0].extra["other_components"] == left.measurements[0].extra["other_components"] == 0


def test_labelmap_of_a_side_holds_nothing_of_the_other():
    right, left = measure_sides(both_ears())
    assert not right.labelmap.array[:, :, :50].any()
    assert not left.labelmap.array[:, :, 50:].any()
    assert measure(left.labelmap) == left.measurements


def test_sides_turn_with_the_patient():
    turned = measure_sides(oblique(both_ears(), 12.0))
    straight = measure_sides(both_ears())
    assert [s.side for s in turned] == [s.side for s in straight]
    for here, there in zip(straight, turned, strict=True):
        assert there.measurements[0].value == pytest.approx(here.measurements[0].value, abs=1e-12)


def test_one_sided_patient_has_one_side_and_an_empty_labelmap_none():
    left = measure_sides(both_ears())[1].labelmap
    assert [s.side for s in measure_sides(left)] == ["left"]
    assert measure_sides(left.with_array(np.zeros_like(left.array))) == ()


def test_midline_can_be_moved():
    assert [s.side for s in measure_sides(both_ears(), midline_r_mm=-20.0)] == ["right"]
    assert [s.side for s in measure_sides(both_ears(), midline_r_mm=20.0)] == ["left"]


def test_plane_and_fundus_belong_to_a_side():
    plane = MeatalPlane(origin_ras_mm=(-15.0, 0.0, 0.0), normal_ras=(1.0, 0.0, 0.0), rms_mm=0.0, source="user")
    # The canal begins 0.25 mm left of the first voxel center: -24.75 + 10 * 0.5 - 0.25 = -20.0.
    measured = {
        s.side: {m.id: m for m in s.measurements}
        for s in measure_sides(both_ears(), planes={"left": plane}, fundi_ras_mm={"left": (-22.0, 0.0, 0.0)})
    }
    assert measured["left"]["im_length"].value == pytest.approx(5.0)
    assert measured["left"]["fundus_gap"].value == pytest.approx(2.0)
    assert measured["right"]["im_length"].value is None


def test_bilateral_mask_is_warned_of_and_a_speck_on_the_other_side_is_not_called_bilateral():
    assert any("on both sides" in w for w in labelmap_warnings(both_ears()))
    speck = labelmap_warnings(both_ears(small_right=0).with_array(_with_speck(both_ears(small_right=0).array)))
    assert any("1 further component" in w for w in speck)
    assert not any("on both sides" in w for w in speck)


def _with_speck(array):
    array = array.copy()
    array[5, 15, 90] = Label.EXTRAMEATAL
    return array


def test_a_tumor_right_on_the_midline_is_measured_once():
    labels = np.zeros((9, 9, 9), np.uint8)
    labels[3:6, 3:6, 3:6] = 1
    centered = Volume(labels, np.array([[0, 0, 1.0, -4.0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]))
    assert [each.side for each in measure_sides(centered)] == ["left"]
    assert [each.side for each in measure_sides(centered, midline_r_mm=-1e-6)] == ["right"]
